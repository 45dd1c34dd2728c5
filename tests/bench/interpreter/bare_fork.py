"""The floor: imports once, then forks a child for every program and sends back what it printed. Nothing is confined,
limited, killed or cleaned up.

The first frame on stdin (four bytes of length, big-endian, then text) is run in this process; one empty frame answers
it. Every further one is run in a child, and answered with what that printed.
"""

import gc
import os
import struct
import sys


def read(count):
    data = b""
    while len(data) < count:
        part = os.read(0, count - len(data))
        if not part:
            os._exit(0)
        data += part
    return data


def receive():
    return read(*struct.unpack(">I", read(4))).decode()


def send(data):
    data = struct.pack(">I", len(data)) + data
    while data:
        data = data[os.write(3, data) :]


os.dup2(1, 3)
exec(compile(receive(), "warm.py", "exec"), {"__name__": "warm"})
gc.collect()
gc.freeze()
send(b"")
while True:
    code = receive()
    out, into = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.dup2(into, 1)
        os.closerange(3, 16)
        status = 1
        try:
            exec(compile(code, "main.py", "exec"), {"__name__": "__main__"})
            status = 0
        except SystemExit:
            status = 0
        finally:
            sys.stdout.flush()
            os._exit(status)
    os.close(into)
    parts = []
    while part := os.read(out, 65536):
        parts.append(part)
    os.close(out)
    os.waitpid(pid, 0)
    send(b"".join(parts))
