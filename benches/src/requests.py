"""One session of Python's requests for so many seconds: prints calls, nanoseconds and the median of a call.

Usage: requests.py URL METHOD SECONDS kept BODY
"""

import sys
import time

# This file bears the library's name, and its folder comes first.
sys.path.pop(0)

import requests  # noqa: E402

url, method, seconds, _, body = sys.argv[1:]
session = requests.Session()
session.trust_env = False
spans = []
begun = at = time.perf_counter_ns()
end = begun + int(float(seconds) * 1e9)
while at < end:
    answer = session.get(url) if method == "get" else session.post(url, data=body)
    text, headers, code = answer.content, answer.headers, answer.status_code
    then = time.perf_counter_ns()
    spans.append(then - at)
    at = then
spans.sort()
print(len(spans), at - begun, spans[len(spans) // 2])
