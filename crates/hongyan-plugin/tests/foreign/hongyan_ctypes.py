"""libhongyan from Python's ctypes: what a binding of somebody's own would do, threads and forks included."""

import ctypes
import json
import os
import sys
import threading

library, base = sys.argv[1:3]
lib = ctypes.CDLL(library)
P, S = ctypes.c_void_p, ctypes.c_char_p
for name, result, arguments in [
    ("abi_version", ctypes.c_uint32, []),
    ("open", P, [S, ctypes.POINTER(P)]),
    ("close", ctypes.c_int, [P]),
    ("http_get", P, [P, S, S, ctypes.c_int64, S, S, ctypes.POINTER(P)]),
    ("http_post", P, [P, S, S, ctypes.c_int64, S, S, ctypes.POINTER(P)]),
    ("enqueue", P, [P, S, S, S, ctypes.POINTER(P)]),
    ("result_text", P, [P]),
    ("result_text_len", ctypes.c_size_t, [P]),
    ("result_json", S, [P]),
    ("result_code", ctypes.c_int, [P]),
    ("free_result", None, [P]),
    ("error_code", ctypes.c_int, [P]),
    ("error_message", S, [P]),
    ("free_error", None, [P]),
]:
    function = getattr(lib, "hongyan_" + name)
    function.restype, function.argtypes = result, arguments


class Refused(Exception):
    pass


def take(function, *arguments):
    error = P()
    result = function(*arguments, ctypes.byref(error))
    if error.value:
        message = lib.hongyan_error_message(error).decode()
        lib.hongyan_free_error(error)
        raise Refused(message)
    return result


def get(handle, path):
    result = take(lib.hongyan_http_get, handle, (base + path).encode(), None, 10000, None, None)
    text = ctypes.string_at(lib.hongyan_result_text(result), lib.hongyan_result_text_len(result))
    whole = json.loads(lib.hongyan_result_json(result).decode())
    assert whole["responseCode"] == lib.hongyan_result_code(result)
    lib.hongyan_free_result(result)
    return text


assert lib.hongyan_abi_version() == 1
handle = take(lib.hongyan_open, b'{"dangerous_private_addresses": true}')
assert json.loads(get(handle, "/x"))["target"] == "/x"
assert get(handle, "/bytes") == b"a\x00\xffb"
try:
    take(lib.hongyan_http_get, handle, b"http://\xff/", None, 0, None, None)
    raise SystemExit("no error")
except Refused as error:
    assert "UTF-8" in str(error)

threads = [threading.Thread(target=lambda: [get(handle, "/t") for _ in range(20)]) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]

# A child made by fork uses its parent's handle, and neither disturbs the other.
children = []
for _ in range(3):
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if json.loads(get(handle, "/child"))["target"] == "/child" else 2
        finally:
            os._exit(status)
    children.append(child)
assert all(os.waitpid(child, 0)[1] == 0 for child in children)
assert json.loads(get(handle, "/parent"))["target"] == "/parent"

assert lib.hongyan_close(handle) == 0
assert lib.hongyan_close(handle) == 7
try:
    get(handle, "/x")
    raise SystemExit("no error")
except Refused as error:
    assert "closed" in str(error)
print("well")
