"""The extension inside DuckDB from PyPI: every step asserts, and prints a line when it holds.

Reads from the environment: EXTENSION (the file), HONGYAN_GATEWAY and HONGYAN_KEY (a gateway with a sandbox behind it),
and SMTP_HOST, SMTP_PORT, SMTP_CA, SMTP_USER, SMTP_PASSWORD (the sandbox's mail server).
"""

import collections
import http.server
import json
import os
import signal
import sys
import threading
import time

import duckdb

FILE = os.environ["EXTENSION"]
COUNTS, LOCK = collections.Counter(), threading.Lock()
ORDER = []


class Server(http.server.BaseHTTPRequestHandler):
    """Answers with what it was asked; counts every request by its path."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def answer(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        path = self.path.split("?")[0]
        with LOCK:
            COUNTS[path] += 1
            if path == "/order":
                ORDER.append(body.decode())
        if path == "/slow":
            time.sleep(2)
        said = body or self.path.encode()
        if path == "/header":
            said = json.dumps(dict(self.headers)).encode()
        self.send_response(404 if path == "/missing" else 200)
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def log_message(self, *_):
        pass


class Listener(http.server.ThreadingHTTPServer):
    request_queue_size = 128


server = Listener(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
BASE = f"http://127.0.0.1:{server.server_address[1]}"


def connect():
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    connection.execute(f"LOAD '{FILE}'")
    return connection


def fails(connection, query, *words):
    try:
        rows = connection.execute(query).fetchall()
    except duckdb.Error as error:
        assert all(word in str(error) for word in words), (query, str(error))
        return str(error)
    raise AssertionError((query, rows))


def one(connection, query, *parameters):
    return connection.execute(query, parameters).fetchone()[0]


def held(what):
    print(what, flush=True)


db = connect()
names = {row[0] for row in db.execute(
    "SELECT function_name FROM duckdb_functions() WHERE regexp_matches(function_name, "
    "'^(try_)?(http_(get|post|put|delete)|send_email|email_smtp_config|hongyan_.*)$')").fetchall()}
acting = {"http_get", "http_post", "http_put", "http_delete", "send_email", "hongyan_post", "hongyan_status"}
assert names == acting | {f"try_{name}" for name in acting} | {
    "email_smtp_config", "hongyan_config", "hongyan_version", "hongyan_ledger"}, names
assert one(db, "SELECT hongyan_version()").count(".") == 2
db.execute(f"LOAD '{FILE}'")
assert connect().execute("SELECT hongyan_version()").fetchone() == db.execute("SELECT hongyan_version()").fetchone()
held("it loads, twice and into a second database")

fails(db, f"SELECT http_get('{BASE}/private')", "dangerous_private_addresses")
refused = json.loads(one(db, f"SELECT try_http_get('{BASE}/private')"))
assert refused["kind"] == "forbidden" and "dangerous_private_addresses" in refused["error"], refused
assert COUNTS["/private"] == 0
assert one(db, "SELECT hongyan_config('dangerous_private_addresses')") == "off"
assert one(db, "SELECT hongyan_config('dangerous_private_addresses', 'on')") == "on"
fails(db, "SELECT hongyan_config('key', 'x')", "HONGYAN_KEY")
fails(db, "SELECT hongyan_config('nonsense', 'x')", "dangerous_private_addresses")
held("private addresses are refused until they are allowed")

db.execute(f"CREATE TABLE urls AS SELECT i, '{BASE}/n/' || i AS url FROM range(10000) r(i)")
begun = time.monotonic()
wrong = one(db, "SELECT count(*) FROM (SELECT i, http_get(url) AS r FROM urls) "
                "WHERE (r->>'text') != '/n/' || i OR (r->>'responseCode')::INT != 200 OR (r->>'headers') NOT LIKE 'HTTP/1.1 200%'")
assert wrong == 0, wrong
assert all(COUNTS[f"/n/{i}"] == 1 for i in range(10000)), "not every address once"
print(f"10,000 addresses in {time.monotonic() - begun:.1f} s", file=sys.stderr)
held("ten thousand addresses, each called once")

db.execute(f"SELECT http_get('{BASE}/same') FROM range(3000)").fetchall()
assert COUNTS["/same"] == 3000, COUNTS["/same"]
db.execute(f"EXPLAIN SELECT http_get('{BASE}/explained')").fetchall()
db.execute(f"PREPARE later AS SELECT http_get('{BASE}/prepared')")
assert COUNTS["/explained"] == COUNTS["/prepared"] == 0
for _ in range(2):
    db.execute("EXECUTE later").fetchall()
assert COUNTS["/prepared"] == 2
db.execute(f"SELECT count(*) FROM range(10) WHERE (http_get('{BASE}/filter')->>'text') = '/filter'").fetchall()
assert COUNTS["/filter"] == 10
held("a constant call is made for every row, and none is made to explain or prepare")

get = json.loads(one(db, "SELECT http_get(?, ?, 5000)", f"{BASE}/q", '{"q": "鸿 雁", "n": 1}'))
assert get["text"] == "/q?q=%E9%B8%BF%20%E9%9B%81&n=1", get
assert one(db, f"SELECT http_get('{BASE}/q', {{'a': 1, 'b': 'x y'}}::JSON)->>'text'") == "/q?a=1&b=x%20y"
assert one(db, f"SELECT http_get('{BASE}/q', 'a,b,123', NULL, NULL, NULL)->>'text'") == "/q?a,b,123"
for method in ["post", "put"]:
    body = '{"text": "鸿雁 🪿"}'
    assert one(db, f"SELECT http_{method}(?, ?)->>'text'", f"{BASE}/echo", body) == body
assert one(db, f"SELECT http_post('{BASE}/echo', '{{\"a\": \"x y\"}}', 1000, NULL, '{{\"form\": true}}')->>'text'") == "a=x%20y"
assert one(db, f"SELECT http_delete('{BASE}/echo')->>'responseCode'") == "200"
headers = json.loads(one(db, f"SELECT http_get('{BASE}/header', NULL, 0, '{{\"X-One\": \"1\", \"X-Two\": \"zwei\"}}')->>'text'"))
assert {k.lower(): v for k, v in headers.items()}["x-two"] == "zwei", headers
assert "seen" in one(db, f"SELECT http_get('{BASE}/header', '', 0, 'X-Line:seen')->>'text'")
assert one(db, f"SELECT (http_get('{BASE}/missing')->>'responseCode')::INT") == 404
held("params, headers and bodies arrive as they were given; a 404 is a result")

# Texts of up to 12 bytes stand in DuckDB's vectors, longer ones elsewhere; results may be long, too.
texts = ["x" * n for n in range(1, 40)] + ["雁" * n for n in range(1, 20)] + ["long " * 100_000, "a\x01b\n\"\\"]
db.execute("CREATE TABLE texts (n INT, body VARCHAR)")
db.executemany("INSERT INTO texts VALUES (?, ?)", list(enumerate(texts)))
back = dict(db.execute(f"SELECT n, http_post('{BASE}/echo', body)->>'text' FROM texts").fetchall())
assert back == dict(enumerate(texts))
held("texts of every length pass in and out")

db.execute(f"SELECT http_post('{BASE}/order', i::VARCHAR) FROM range(500) r(i)").fetchall()
assert ORDER == [str(i) for i in range(500)], ORDER[:20]
held("what acts goes in the order of the rows")

begun = time.monotonic()
fails(db, f"SELECT http_get('{BASE}/slow', NULL, 200)", "200 ms")
assert time.monotonic() - begun < 1.5
slow = json.loads(one(db, f"SELECT try_http_get('{BASE}/slow', NULL, 200)"))
assert slow["kind"] == "no_answer", slow
gone = json.loads(one(db, "SELECT try_http_get('http://127.0.0.1:9/')"))
assert gone["kind"] == "unreachable", gone
kinds = dict(db.execute(
    f"SELECT coalesce(r->>'kind', r->>'responseCode'), count(*) FROM (SELECT try_http_get(CASE WHEN i % 3 = 0 "
    f"THEN 'http://127.0.0.1:9/' ELSE '{BASE}/mixed' END) AS r FROM range(30) t(i)) GROUP BY 1").fetchall())
assert kinds == {"unreachable": 10, "200": 20}, kinds
fails(db, f"SELECT http_get('{BASE}/q', '{{broken')", "params", "JSON")
fails(db, f"SELECT http_get('{BASE}/q', NULL, -1)", "imeout")
fails(db, f"SELECT http_get('{BASE}/q', NULL, 0, E'a:b\\r\\nc:d')")
fails(db, "SELECT http_get('not an address')")
fails(db, "SELECT http_get()", "http_get")
fails(db, "SELECT http_get(1, 2, 3, 4, 5, 6)", "http_get")
fails(db, f"SELECT TRY(http_get('{BASE}/q'))")
assert one(db, "SELECT 1") == 1
held("a fault ends the query in a sentence, or is a row's result")

assert db.execute(f"SELECT http_get(NULL), http_post(NULL::VARCHAR, 'x'), hongyan_post(NULL), hongyan_status(NULL), "
                  f"try_http_get(NULL), send_email(NULL, 'p', 'b@example.com', 's', 'b')").fetchone() == (None,) * 6
assert db.execute("SELECT count(*), count(r) FROM (SELECT http_get(CASE WHEN i % 2 = 0 THEN url END) AS r FROM urls "
                  "WHERE i < 5000)").fetchone() == (5000, 2500)
assert db.execute("SELECT * FROM hongyan_ledger(NULL)").fetchall() == []
fails(db, "SELECT hongyan_post('{\"to\": [{\"userid\": \"x\"}], \"content\": {\"text\": \"x\"}}', NULL)", "key is NULL")
held("a NULL where something is needed is a NULL result, and sends nothing")

db.execute("SET threads = 4")
assert one(db, "SELECT count(DISTINCT hongyan_version()) + count(hongyan_version()) FROM range(500000)") == 500001
db.execute("CREATE TABLE wide AS SELECT i FROM range(500000) r(i)")
assert one(db, f"SELECT count(http_get('{BASE}/wide')) FROM wide WHERE i % 500 = 0") == 1000
assert COUNTS["/wide"] == 1000, COUNTS["/wide"]
failures = []


def ask(at):
    try:
        cursor = db.cursor()
        rows = cursor.execute(
            f"SELECT i, http_post('{BASE}/echo', '{at}-' || i)->>'text', http_get('{BASE}/t/{at}')->>'text' "
            "FROM range(300) r(i)").fetchall()
        assert all(row == (i, f"{at}-{i}", f"/t/{at}") for i, row in enumerate(rows)), rows[:3]
    except BaseException as error:
        failures.append(error)


threads = [threading.Thread(target=ask, args=(at,)) for at in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not failures, failures
assert all(COUNTS[f"/t/{at}"] == 300 for at in range(8))
held("DuckDB's threads and Python's call it at once")

# Into the gateway, with a key for each row: a repeat of the statement sends nothing twice.
db.execute("""CREATE TABLE notices AS SELECT i, 'load-' || i AS key, json_object('to', json_array(json_object('userid',
    CASE WHEN i = 3 THEN 'nobody99' ELSE 'zhangsan' END)), 'via', json_array('ding'),
    'content', json_object('text', '第 ' || i || ' 批已入库')) AS message FROM range(20) r(i)""")
POST = "SELECT i, hongyan_post(message, key)->>'id' FROM notices ORDER BY i"
first, second = db.execute(POST).fetchall(), db.execute(POST).fetchall()
assert first == second and len({row[1] for row in first}) == 20, (first, second)
db.execute("CREATE TABLE sent AS SELECT i, key, hongyan_post(message, key)->>'id' AS id FROM notices")
deadline = time.monotonic() + 30
while True:
    states = dict(db.execute("SELECT i, hongyan_status(id)->>'state' FROM sent").fetchall())
    if "pending" not in states.values():
        break
    assert time.monotonic() < deadline, states
    time.sleep(0.1)
assert states[3] in ("refused", "failed") and {s for i, s in states.items() if i != 3} == {"sent"}, states
held("a table of messages goes to the gateway once, however often the statement runs")

ids = dict(first)
rows = db.execute(f"SELECT * FROM hongyan_ledger('{ids[0]}')")
columns = [column[0] for column in rows.description]
assert columns == ["recipient", "kind", "account", "state", "code", "message", "reason", "advice", "resolved", "since",
                   "delivery", "message_id"], columns
row = dict(zip(columns, rows.fetchone()))
assert row["recipient"] == "zhangsan" and row["account"] == "ding" and row["message_id"] == ids[0], row
assert row["state"] in ("sent", "unread", "read") and row["code"] is None, row
assert one(db, f"SELECT since::TIMESTAMPTZ > now() - INTERVAL 1 HOUR FROM hongyan_ledger('{ids[0]}')")
code, advice = db.execute("SELECT code, advice FROM hongyan_ledger(?)", [ids[3]]).fetchone()
assert code and advice and " · " in advice, (code, advice)
many = json.dumps({"to": [{"userid": f"nobody{i:05}"} for i in range(5000)], "via": ["ding"], "content": {"text": "x"}})
id = one(db, "SELECT hongyan_post(?, 'many')->>'id'", many)
counted = db.execute(f"SELECT count(*), count(DISTINCT recipient), min(recipient), max(recipient) FROM hongyan_ledger('{id}')")
assert counted.fetchone() == (5000, 5000, "nobody00000", "nobody04999")
assert len(db.execute(f"SELECT recipient FROM hongyan_ledger('{id}') LIMIT 3").fetchall()) == 3
db.execute(f"PREPARE again AS SELECT count(*) FROM hongyan_ledger('{id}')")
assert [db.execute("EXECUTE again").fetchone()[0] for _ in range(2)] == [5000, 5000]
held("the ledger is a table, of any length")

assert db.execute("SELECT * FROM hongyan_ledger('m-none')").fetchall() == []
fails(db, "SELECT hongyan_status('m-none')", "404")
fails(db, "SELECT hongyan_post('{')", "JSON")
fails(db, "SELECT hongyan_post('{\"to\": [], \"content\": {\"text\": \"x\"}}')", "to")
conflict = json.loads(one(db, "SELECT try_hongyan_post(?, 'load-0')", many))
assert conflict["kind"] == "refused", conflict
other = connect()
other.execute("SELECT hongyan_config('gateway', 'http://127.0.0.1:9')")
lost = json.loads(one(other, "SELECT try_hongyan_post(?, 'k')", many))
assert lost["kind"] == "unreachable" and "hongyan serve" in lost["error"], lost
assert one(db, "SELECT hongyan_config('gateway')") == os.environ["HONGYAN_GATEWAY"]
wrong = connect()
with open(os.path.join(os.path.dirname(FILE), "wrong-key"), "w") as file:
    file.write("hy_wrong")
wrong.execute("SELECT hongyan_config('key_file', ?)", [file.name])
said = fails(wrong, "SELECT hongyan_status('x')", "401")
assert os.environ["HONGYAN_KEY"] not in said and "hy_wrong" not in said
held("the gateway's refusals say what to do; settings belong to a database")

user = os.environ["SMTP_USER"]
db.execute("SELECT hongyan_config('ca_file', ?)", [os.environ["SMTP_CA"]])
db.execute("SELECT email_smtp_config(?, ?, ?)", [user.split("@")[1], os.environ["SMTP_HOST"], int(os.environ["SMTP_PORT"])])
people = ["li@example.com", "wang@example.com"]
for recipient in [people[0], people, json.dumps(people)]:
    mail = json.loads(one(db, "SELECT send_email(?, ?, ?, '日报', '<p>入库 10,000 行</p>')", user,
                          os.environ["SMTP_PASSWORD"], recipient))
    assert mail["responseCode"] == 250 and mail["userId"] == user, mail
    assert mail["recipient"] == (people[0] if recipient == people[0] else " ".join(people)), mail
assert one(db, "SELECT send_email('a@example.com', 'p', ['b@example.com', NULL], 's', 'b')") is None
denied = json.loads(one(db, "SELECT try_send_email(?, 'not-it', 'b@example.com', 's', 'b')", user))
assert denied["kind"] == "refused" and "not-it" not in denied["error"], denied
held("mail goes to one, to a list and to a JSON array")

# A child after fork has none of the threads that made the calls so far.
child = os.fork()
if child == 0:
    signal.alarm(30)
    young = connect()
    young.execute("SELECT hongyan_config('dangerous_private_addresses', 'on')")
    os._exit(0 if one(young, f"SELECT http_get('{BASE}/child')->>'text'") == "/child" else 1)
assert os.waitpid(child, 0)[1] == 0
assert COUNTS["/child"] == 1
assert one(db, f"SELECT http_get('{BASE}/parent')->>'text'") == "/parent"
held("a child after fork makes calls of its own")
