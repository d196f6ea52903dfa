"""A session of Python's sqlite3 with the extension: one JSON array [sql, parameters] per line in, one answer out."""

import json
import sqlite3
import sys

library, path = sys.argv[1:3]
db = sqlite3.connect(path, isolation_level=None, timeout=10)
db.enable_load_extension(True)
db.load_extension(library)
db.enable_load_extension(False)
print(json.dumps({"rows": [[sqlite3.sqlite_version]]}), flush=True)
for line in sys.stdin:
    sql, parameters = json.loads(line)
    # A blob has no JSON: {"hex": "00ff"} stands for one.
    parameters = [bytes.fromhex(p["hex"]) if isinstance(p, dict) else p for p in parameters]
    try:
        rows = [list(row) for row in db.execute(sql, parameters).fetchall()]
        answer = {"rows": rows}
    except sqlite3.Error as error:
        answer = {"error": str(error), "class": type(error).__name__}
    print(json.dumps(answer), flush=True)
