"""loong's warm worker: imports once, then forks a child for each program.

It was confined before it began (see interpreter/confine.rs), and gives up the rest in the child before a line of the
program runs. It speaks with loong in frames on the stdin and stdout that it was started with: four bytes of length,
little-endian, then JSON. Programs see neither.

First frame in:  {"imports", "scratch", "filter" (BPF, base64), "pid_sentinel"}
First frame out: {"ready", "python", "isolation"}
Then in:         {"code", "wall", "memory", "output", "file_size"}
Then out:        {"stdout", "stderr" (base64), "stdout_bytes", "end", "status", "wall", "cpu", "memory"}
"""
import atexit
import base64
import builtins
import ctypes
import errno
import gc
import importlib
import json
import linecache
import math
import mmap
import os
import random
import resource
import select
import shutil
import signal
import struct
import sys
import threading
import time
import traceback
import types

PR_SET_PDEATHSIG, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 1, 22, 2
STDERR_KEPT = 64 << 10
MEMORY = b"M"  # what the child says on its status pipe when it ran out of memory
FILE_NAME = "main.py"


class Program(ctypes.Structure):
    """struct sock_fprog of <linux/filter.h>."""

    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


class Control:
    """The frames to and from loong."""

    def __init__(self):
        self.fd_in, self.fd_out = os.dup(0), os.dup(1)
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)
        os.close(null)

    def _read(self, size):
        parts = []
        while size:
            part = os.read(self.fd_in, min(size, 1 << 20))
            if not part:
                os._exit(0)  # loong is gone
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def read(self):
        (size,) = struct.unpack("<I", self._read(4))
        return json.loads(self._read(size))

    def write(self, message):
        data = json.dumps(message).encode()
        data = struct.pack("<I", len(data)) + data
        while data:
            data = data[os.write(self.fd_out, data):]


def warm(names):
    """Imports what programs will ask for, once. A name that is not there is the program's own business."""
    for name in names:
        try:
            importlib.import_module(name)
        except Exception:  # noqa: BLE001 - a package may fail in any way at import
            pass
    if "sympy" in sys.modules:
        sympy = sys.modules["sympy"]
        x = sympy.Symbol("x")
        # Fills the caches and the lazy imports that nearly every program would pay for.
        sympy.solve(x**2 - 2, x), sympy.simplify(sympy.sin(x) ** 2 + sympy.cos(x) ** 2), sympy.latex(x), str(sympy.Rational(1, 3))


def address_space():
    """Bytes of address space in use, found by bisection: /proc is out of reach here."""
    page = mmap.PAGESIZE
    low, high = 0, 1 << 46
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    try:
        while high - low > 1 << 20:
            middle = (low + high) // 2
            resource.setrlimit(resource.RLIMIT_AS, (middle, hard))
            try:
                mmap.mmap(-1, page).close()
                high = middle
            except OSError:
                low = middle
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    return high


class Worker:
    def __init__(self, control, hello):
        self.control = control
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        self.scratch = hello["scratch"]
        self.filter = base64.b64decode(hello["filter"])
        self.sentinel = struct.pack("<I", hello["pid_sentinel"])
        self.alone = os.getpid() == 1  # the first process of its own namespace: nobody else is there
        self.baseline = address_space()
        self.jobs = 0
        self.dirty = False  # something of a program could not be removed

    # ---- in the zygote ----

    def run(self, job):
        self.jobs += 1
        home = os.path.join(self.scratch, "%d" % self.jobs)
        os.mkdir(home, 0o700)
        out_r, out_w = os.pipe()
        err_r, err_w = os.pipe()
        say_r, say_w = os.pipe()
        begun = time.monotonic()
        pid = os.fork()
        if pid == 0:
            try:
                self.child(job, home, out_w, err_w, say_w)
            finally:
                os._exit(70)
        for fd in (out_w, err_w, say_w):
            os.close(fd)
        try:
            reply = self.watch(job, pid, begun, out_r, err_r, say_r)
        finally:
            for fd in (out_r, err_r, say_r):
                os.close(fd)
            self.wipe(home)
        return reply

    def watch(self, job, pid, begun, out_r, err_r, say_r):
        deadline = begun + job["wall"]
        child = os.pidfd_open(pid)
        poll = select.poll()
        for fd in (out_r, err_r):
            os.set_blocking(fd, False)
            poll.register(fd, select.POLLIN)
        poll.register(child, select.POLLIN)
        poll.register(self.control.fd_in, 0)  # only its end is of interest
        out, err, seen, why = bytearray(), bytearray(), 0, None
        done = False
        while not done and why is None:
            left = deadline - time.monotonic()
            if left <= 0:
                why = "timeout"
                break
            for fd, _ in poll.poll(math.ceil(left * 1000)):
                if fd == child:
                    done = True
                elif fd == self.control.fd_in:
                    os._exit(0)
                else:
                    seen, why = self.take(fd, fd == out_r, out, err, seen, job["output"], poll, why)
        wall = time.monotonic() - begun
        self.kill(pid)
        _, status, usage = os.wait4(pid, 0)
        os.close(child)
        self.reap()
        # What was still in the pipes: written before the end, or by nobody any more.
        for fd in (out_r, err_r):
            while why != "output":
                before = seen + len(err)
                seen, why = self.take(fd, fd == out_r, out, err, seen, job["output"], None, why)
                if seen + len(err) == before:
                    break
        os.set_blocking(say_r, False)
        try:
            said = os.read(say_r, 1)
        except BlockingIOError:
            said = b""
        return {**self.verdict(status, why, said, bytes(err)), "stdout": base64.b64encode(out).decode(),
                "stderr": base64.b64encode(err).decode(), "stdout_bytes": seen, "wall": wall,
                "cpu": usage.ru_utime + usage.ru_stime, "memory": usage.ru_maxrss * 1024}

    @staticmethod
    def take(fd, is_out, out, err, seen, most, poll, why):
        try:
            data = os.read(fd, 1 << 16)
        except BlockingIOError:
            return seen, why
        if not data and poll is not None:
            poll.unregister(fd)
        if is_out:
            seen += len(data)
            out += data[: max(0, most - len(out))]
            if seen > most:
                why = why or "output"
        else:
            err += data
            if len(err) > 2 * STDERR_KEPT:
                del err[:-STDERR_KEPT]
        return seen, why

    @staticmethod
    def verdict(status, why, said, err):
        if why:
            return {"end": why, "status": 0}
        if said == MEMORY:
            return {"end": "memory", "status": 0}
        if os.WIFEXITED(status):
            return {"end": "exit", "status": os.WEXITSTATUS(status)}
        number = os.WTERMSIG(status)
        if number == signal.SIGXCPU:
            return {"end": "timeout", "status": 0}
        # A C++ library that cannot allocate aborts, and a kernel short of memory kills.
        if number == signal.SIGKILL or (number == signal.SIGABRT and b"bad_alloc" in err):
            return {"end": "memory", "status": 0}
        return {"end": "signal", "status": number}

    def kill(self, pid):
        for target in ((-1,) if self.alone else ()) + (pid,):
            try:
                os.kill(target, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass

    @staticmethod
    def reap():
        while True:
            try:
                if os.waitpid(-1, os.WNOHANG) == (0, 0):
                    return
            except ChildProcessError:
                return

    def wipe(self, home):
        # A program may have made folders that nobody may enter. It is dead, so nothing moves under this.
        try:
            os.chmod(home, 0o700)
            for folder, names, _ in os.walk(home):
                for name in names:
                    path = os.path.join(folder, name)
                    if not os.path.islink(path):
                        os.chmod(path, 0o700)
        except OSError:
            pass
        shutil.rmtree(home, ignore_errors=True)
        self.dirty = os.path.lexists(home)

    # ---- in the child ----

    def child(self, job, home, out_w, err_w, say_w):
        os.setsid()
        self.libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        null = os.open(os.devnull, os.O_RDONLY)
        for fd, place in ((null, 0), (out_w, 1), (err_w, 2)):
            os.dup2(fd, place)
        say = os.dup2(say_w, 3)
        os.closerange(4, 1 << 16)
        os.chdir(home)
        os.environ["HOME"] = os.environ["TMPDIR"] = home
        self.limit(job)
        self.confine()
        sys.stdin = open(0, encoding="utf-8", closefd=False)
        sys.stdout = open(1, "w", encoding="utf-8", errors="backslashreplace", closefd=False)
        sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False, buffering=1)
        sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr
        sys.argv = [FILE_NAME]
        random.seed()
        if "numpy.random" in sys.modules:
            sys.modules["numpy.random"].seed()
        os._exit(self.execute(job["code"], say))

    def limit(self, job):
        seconds = math.ceil(job["wall"]) + 1
        for what, most in (
            (resource.RLIMIT_CPU, seconds),
            (resource.RLIMIT_AS, self.baseline + job["memory"]),
            (resource.RLIMIT_FSIZE, job["file_size"]),
            (resource.RLIMIT_NOFILE, 64),
            (resource.RLIMIT_CORE, 0),
        ):
            resource.setrlimit(what, (most, most))
        # A file over its limit is an error to the program, not a signal.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    def confine(self):
        if not self.filter:
            return
        code = self.filter.replace(self.sentinel, struct.pack("<I", os.getpid()))
        buffer = ctypes.create_string_buffer(code, len(code))
        program = Program(len(code) // 8, ctypes.addressof(buffer))
        if self.libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "seccomp")

    @staticmethod
    def execute(code, say):
        module = types.ModuleType("__main__")
        module.__dict__.update(__builtins__=builtins, __file__=FILE_NAME)
        sys.modules["__main__"] = module
        linecache.cache[FILE_NAME] = (len(code), None, code.splitlines(True), FILE_NAME)
        status = 0
        try:
            exec(compile(code, FILE_NAME, "exec", dont_inherit=True), module.__dict__)
        except SystemExit as end:
            status = end.code
            if status is None:
                status = 0
            elif not isinstance(status, int):
                print(status, file=sys.stderr)
                status = 1
        except MemoryError:
            os.write(say, MEMORY)
            status = 1
            Worker.report()
        except BaseException:  # noqa: BLE001 - a program may raise anything
            status = 1
            Worker.report()
        for last in (threading._shutdown, atexit._run_exitfuncs):
            try:
                last()
            except BaseException:  # noqa: BLE001 - as Python itself, which only prints them
                pass
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except MemoryError:
                os.write(say, MEMORY)
            except Exception:  # noqa: BLE001 - the program may have closed or replaced it
                status = status or 120
        return status & 0xFF

    @staticmethod
    def report():
        try:
            kind, value, trace = sys.exc_info()
            if kind is not None and not issubclass(kind, SyntaxError):
                trace = trace.tb_next  # the frame of execute()
            traceback.print_exception(kind, value, trace if trace is None or trace.tb_frame else None)
        except BaseException:  # noqa: BLE001 - no memory or no stderr left
            pass


def main():
    control = Control()
    sys.path[:] = [p for p in sys.path if p != os.path.dirname(os.path.abspath(__file__))]
    os.umask(0o077)
    hello = control.read()
    isolation = os.environ.pop("LOONG_ISOLATION")
    warm(hello["imports"])
    worker = Worker(control, hello)
    gc.collect()
    gc.freeze()
    control.write({"ready": True, "python": "%d.%d.%d" % sys.version_info[:3], "isolation": isolation})
    while True:
        control.write(worker.run(control.read()))
        if worker.dirty:
            os._exit(0)  # loong starts another worker, with a scratch folder of its own


if __name__ == "__main__":
    main()
