"""A foreign HTTP server for the tests of scripts: enough of WeCom and DingTalk for the recipes, by Python's own library.

It knows nothing of hongyan's declarations: it looks at bytes. Prints one JSON object per line: first {"port": N}, then
one per request. Ends when its standard input does. Every token serves two messages, then it is refused.
"""

import json
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def say(value):
    print(json.dumps(value), flush=True)


class State:
    lock = threading.Lock()
    tokens = 0
    served = 0


def give_token():
    State.tokens += 1
    State.served = 0
    return {"errcode": 0, "errmsg": "ok", "access_token": f"foreign{State.tokens}", "expires_in": 7200}


def spend(query, stale):
    """None while the token is good, else the refusal."""
    if query.get("access_token") != f"foreign{State.tokens}" or State.served >= 2:
        return stale
    State.served += 1
    return None


WECOM_STALE = {"errcode": 42001, "errmsg": "access_token expired"}
DINGTALK_STALE = {"errcode": 88, "errmsg": "ding talk error", "sub_code": "40014", "sub_msg": "invalid token"}
DEPARTMENTS = [{"id": 7, "name": "甲组", "parentid": 1}, {"id": 8, "name": "平台组", "parentid": 7}]


def answer(method, path, query, body, headers):
    if method == "GET" and path == "/cgi-bin/gettoken":
        return give_token() if query.get("corpsecret") else {"errcode": 40001, "errmsg": "invalid credential"}
    if method == "GET" and path == "/gettoken":
        return give_token() if query.get("appsecret") else {"errcode": 40089, "errmsg": "invalid"}
    if path.startswith("/cgi-bin/"):
        return spend(query, WECOM_STALE) or {
            "/cgi-bin/message/send": {"errcode": 0, "errmsg": "ok", "msgid": "m1"},
            "/cgi-bin/appchat/create": {"errcode": 0, "errmsg": "ok", "chatid": "foreignchat"},
            "/cgi-bin/appchat/send": {"errcode": 0, "errmsg": "ok"},
        }.get(path, {"errcode": 404, "errmsg": "no such path"})
    if method == "POST" and headers.get("Content-Type", "").split(";")[0] != "application/json":
        return {"errcode": 43004, "errmsg": "JSON is wanted"}
    if path == "/department/list":
        listed = DEPARTMENTS if query.get("fetch_child") == "true" else DEPARTMENTS[:1]
        return {"errcode": 0, "errmsg": "ok", "department": listed}
    if path == "/user/getDeptMember":
        return {"errcode": 0, "errmsg": "ok", "userIds": ["li", "wang"] if query.get("deptId") == "8" else []}
    return spend(query, DINGTALK_STALE) or {
        "/chat/create": {"errcode": 0, "errmsg": "ok", "chatid": "chatforeign", "conversationTag": 2},
        "/chat/send": {"errcode": 0, "errmsg": "ok", "messageId": "abc"},
    }.get(path, {"errcode": 404, "errmsg": "no such path"})


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def serve(self, method):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        target = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(target.query))
        with State.lock:
            reply = answer(method, target.path, query, body, self.headers)
        try:
            said = json.loads(body) if body else None
        except ValueError:
            said = body
        say({"method": method, "path": target.path, "query": query, "body": said, "errcode": reply["errcode"]})
        raw = json.dumps(reply).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def do_GET(self):
        self.serve("GET")

    def do_POST(self):
        self.serve("POST")


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
say({"port": server.server_address[1]})
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
