"""Commits and rolls back until it is killed. What was promised goes into the log: C committed, R rolled back."""

import os
import random
import sqlite3
import sys

library, path, log_path, round_number = sys.argv[1:5]
log = os.open(log_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
db = sqlite3.connect(path, isolation_level=None, timeout=10)
db.enable_load_extension(True)
db.load_extension(library)
print("ready", flush=True)
chance = random.Random(int(round_number))
number = 0
while True:
    number += 1
    key = f"order-{round_number}-{number}"
    message = '{"to":[{"userid":"%s"}],"content":{"text":"%s."}}' % (sys.argv[5], key)
    try:
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO orders (key) VALUES (?)", (key,))
        if chance.random() < 0.5:
            db.execute("SELECT hongyan_send(?, ?)", (message, key)).fetchall()
        else:
            # As a trigger of the user's own does.
            db.execute("INSERT INTO wishes (message, key) VALUES (?, ?)", (message, key))
        # Twice is once.
        db.execute("SELECT hongyan_send(?, ?)", (message, key)).fetchall()
        if chance.random() < 0.35:
            db.execute("ROLLBACK")
            os.write(log, f"R {key}\n".encode())
        else:
            db.execute("COMMIT")
            os.write(log, f"C {key}\n".encode())
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            raise
        if db.in_transaction:
            db.execute("ROLLBACK")
        os.write(log, f"R {key}\n".encode())
