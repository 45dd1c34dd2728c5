"""The warm worker: imports the packages of one venv once, then forks a child for every program.

It speaks over descriptor 0 (a socket): a frame is four bytes of length, big-endian, and so much JSON; a reply is followed
by the raw bytes that its header announces (`out`, then `err`). The first frame configures; every further one is a job,
followed by the program's text. The launcher has confined this process before its first line; a child gives up what the worker still may, and only then
runs the program. Whatever a program does to Python dies with its child.
"""

import sys

# The folder of this script is no place to import from, and nothing of whoever started this stays open.
del sys.path[0]

import os

os.closerange(3, 1 << 20 if sys.platform == "linux" else 4096)

import atexit
import builtins
import ctypes
import errno
import fcntl
import gc
import importlib
import json
import linecache
import mmap
import random
import re
import resource
import select
import signal
import site
import struct
import threading
import time
import traceback
import types

CONTROL = 0
MEMORY_SIGNAL = signal.SIGRTMIN + 13 if hasattr(signal, "SIGRTMIN") else signal.SIGUSR2  # "I ran out of memory"
PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 1, 22, 38, 2
PAGE = resource.getpagesize()
LINUX = sys.platform == "linux"
LIBC = ctypes.CDLL(None, use_errno=True) if LINUX else None

# Import names that the metadata of a distribution does not tell, or submodules that programs nearly always use.
ALSO = {
    "scipy": ["scipy.optimize", "scipy.integrate", "scipy.linalg", "scipy.stats", "scipy.special"],
    "matplotlib": ["matplotlib.pyplot"],
    "scikit-learn": ["sklearn.linear_model"],
    "statsmodels": ["statsmodels.api"],
}


class Fprog(ctypes.Structure):
    """The kernel's `struct sock_fprog`."""

    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


class Fault(Exception):
    """The worker can't go on; nothing is said about a program."""


def read_exactly(count):
    parts = []
    while count:
        part = os.read(CONTROL, min(count, 1 << 20))
        if not part:
            os._exit(0)  # whoever asked is gone
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def receive():
    (length,) = struct.unpack(">I", read_exactly(4))
    return read_exactly(length)


def write_all(fd, view):
    while view:
        view = view[os.write(fd, view) :]


def send(header, *raw):
    body = json.dumps(header).encode()
    write_all(CONTROL, memoryview(struct.pack(">I", len(body)) + body))
    for view in raw:
        write_all(CONTROL, view)


# --- start ---


def import_names(requirement):
    """Top-level packages of a requirement's distribution, by its metadata."""
    from importlib import metadata

    name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
    names = ALSO.get(re.sub(r"[-_.]+", "-", name).lower(), [])
    try:
        dist = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return names
    top = (dist.read_text("top_level.txt") or "").split()
    if not top:
        files = [file.parts for file in dist.files or () if file.parts[0] != ".."]
        top = sorted({parts[0] for parts in files if len(parts) == 2 and parts[1] == "__init__.py"})
        top += sorted({parts[0][:-3] for parts in files if len(parts) == 1 and parts[0].endswith(".py")})
    return [name for name in top if name.isidentifier() and not name.startswith("_")] + names


# What is used for the first time costs a program more than what is used again.
FIRST_TIME = """
import math
class A:
    def f(self, *a, **k): return [x + 1 for x in a]
with open("/dev/null", "w") as null:
    print(f"{A().f(1)} {math.pi:.2f} {2 ** 100}", file=null)
"""


def warm(requirements):
    """Imports what programs will import. A package that can't be imported here fails again, visibly, in the program."""
    failed = []
    for requirement in requirements:
        try:
            names = import_names(requirement)
        except Exception as error:
            failed.append(f"{requirement}: {error}")
            continue
        for name in names:
            try:
                importlib.import_module(name)
            except BaseException as error:
                failed.append(f"{name}: {error}")
    exec(compile(FIRST_TIME, "main.py", "exec"), {"__name__": "warm"})
    try:
        raise ValueError
    except ValueError:
        traceback.format_exc()
    return failed


def fill_caches():
    """Uses what remembers what it did: each program would begin without that memory."""
    if "sympy" in sys.modules:
        try:
            import sympy

            x = sympy.Symbol("x")
            sympy.simplify(sympy.integrate(sympy.sin(x) ** 2 + sympy.sqrt(x), x))
            sympy.solve(x**2 - 2, x)
            str(sympy.Matrix([[1, x], [2, 3]]).det())
        except Exception:
            pass  # a program that needs it will say so


def address_space():
    """Bytes of address space this process has, to a mebibyte: found by trying limits, since /proc is not there."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    low, high = 0, 1 << 47 if hard == resource.RLIM_INFINITY else hard
    while high - low > 1 << 20:
        middle = (low + high) // 2
        resource.setrlimit(resource.RLIMIT_AS, (middle, hard))
        try:
            mmap.mmap(-1, PAGE).close()
            high = middle
        except (OSError, MemoryError):
            low = middle
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    return high


# --- one program ---


def give_up(config):
    """A program's process gives up what the worker has and a program must not."""
    if LINUX:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if not config["confined"]:
        os.setsid()  # so that one kill reaches the children that nothing forbids here
    program = config["filter"]
    if not program:
        return
    own = struct.pack("<I", os.getpid())
    sentinel = struct.pack("<I", config["sentinel"])
    # An instruction is (code u16, jt u8, jf u8, k u32); only the constant k may be the sentinel.
    patched = b"".join(
        program[i : i + 4] + (own if program[i + 4 : i + 8] == sentinel else program[i + 4 : i + 8])
        for i in range(0, len(program), 8)
    )
    code = ctypes.create_string_buffer(patched, len(patched))
    fprog = Fprog(len(patched) // 8, ctypes.addressof(code))
    if LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or LIBC.prctl(
        PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(fprog), 0, 0
    ):
        raise Fault("the system-call filter was refused: " + os.strerror(ctypes.get_errno()))


def limit(config, job, base):
    """Sets the limits of a job."""
    limits = [
        (resource.RLIMIT_CPU, job["cpu"]),
        (resource.RLIMIT_FSIZE, min(job["file"], job["scratch"])),
        (resource.RLIMIT_NOFILE, max(job["open_files"], 3)),
    ]
    if base:
        limits.append((resource.RLIMIT_AS, base + job["memory"]))
    if config["no_fork_limit"]:
        limits.append((resource.RLIMIT_NPROC, 1))
    elif config["beside"]:
        limits.append((resource.RLIMIT_NPROC, config["beside"] + job["threads"]))
    for which, value in limits:
        _, hard = resource.getrlimit(which)
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(which, (value, value))


def reseed():
    """A forked program must not repeat the worker's randomness: it is as random as if it had been started alone."""
    random.seed()
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()
    sympy_random = sys.modules.get("sympy.core.random")
    if sympy_random is not None:
        sympy_random.seed()


def exit_status(error):
    """The status that SystemExit asks for, as Python's own."""
    code = error.code
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)
    return 1


def is_memory(error):
    return isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM)


def out_of_memory():
    signal.signal(MEMORY_SIGNAL, signal.SIG_DFL)
    os.kill(os.getpid(), MEMORY_SIGNAL)


def execute(code):
    """Runs `code` as `__main__` and returns the exit status."""
    main = types.ModuleType("__main__")
    main.__dict__.update(__builtins__=builtins, __file__="main.py", __cached__=None)
    sys.modules["__main__"] = main
    sys.argv[:] = ["main.py"]
    sys.path.insert(0, os.getcwd())
    linecache.cache["main.py"] = (len(code), None, [line + "\n" for line in code.split("\n")], "main.py")
    status = 0
    try:
        exec(compile(code, "main.py", "exec", dont_inherit=True), main.__dict__)
    except SystemExit as error:
        status = exit_status(error)
    except BaseException as error:
        if is_memory(error):
            out_of_memory()
        status = 1
        own = error.__traceback__.tb_next  # the first frame is this one
        if sys.excepthook is not sys.__excepthook__:
            sys.excepthook(type(error), error, own)
        else:
            traceback.print_exception(type(error), error, own)
    try:
        threading._shutdown()
        atexit._run_exitfuncs()
    except BaseException as error:
        if is_memory(error):
            out_of_memory()
        traceback.print_exc()
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except BaseException as error:
            if is_memory(error):
                out_of_memory()
            status = status or 120  # as Python's own when stdout can't be flushed
    return status


def child(config, base, orders, out, err, ok):
    """The whole life of a program's process: it gives up what it can, waits for its job, runs it. Never returns."""
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        null = os.open("/dev/null", os.O_RDONLY)
        # Above what they are moved to, so that no move closes one that is still to be moved.
        ends = [fcntl.fcntl(fd, fcntl.F_DUPFD, 16) for fd in (null, out, err, ok, orders)]
        for target, source in enumerate(ends):
            os.dup2(source, target)
        os.closerange(len(ends), 256)
        reseed()
        give_up(config)
        parts = []
        while part := os.read(4, 1 << 16):
            parts.append(part)
        if not parts:
            os._exit(0)  # there is no job any more
        frame = b"".join(parts)
        (length,) = struct.unpack_from(">I", frame)
        job = json.loads(frame[4 : 4 + length])
        code = frame[4 + length :].decode()
        del frame, parts[:], part
        os.close(4)
        limit(config, job, base)
        os.write(3, b"1")
        os.close(3)
        gc.enable()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    status = 1
    try:
        status = execute(code)
    except BaseException as error:
        if is_memory(error):
            out_of_memory()
    finally:
        os._exit(status)


# --- around one program ---


PART = 1 << 16


class Held:
    """What a program prints, in pages that are given back with it: freed memory of this process would be copied into the
    next program's, which can read all of its own. Keeps the first bytes, or the last ones."""

    def __init__(self, limit, last):
        self.limit, self.last, self.total, self.end = limit, last, 0, 0
        self.pages = mmap.mmap(-1, (2 * limit if last else limit) + PART, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self.view = memoryview(self.pages)

    def read(self, fd):
        """Reads what is there; how much, or None where nothing is yet."""
        try:
            count = os.readv(fd, [self.view[self.end : self.end + PART]])
        except BlockingIOError:
            return None
        self.total += count
        self.end += count
        if self.last and self.end > 2 * self.limit:
            self.view[: self.limit] = self.view[self.end - self.limit : self.end]
            self.end = self.limit
        elif not self.last:
            self.end = min(self.end, self.limit)
        return count

    def add(self, text):
        self.end = min(self.end, len(self.view) - len(text))
        self.view[self.end : self.end + len(text)] = text
        self.end += len(text)

    def says(self, text):
        """Whether it ends with about this; looked for in place."""
        return self.pages.find(text, max(0, self.end - 200), self.end) >= 0

    def kept(self):
        return self.view[max(0, self.end - self.limit) : self.end]

    def close(self):
        self.view.release()
        self.pages.close()


def kill(config, pid):
    """Kills the program and whatever it left, also what daemonised."""
    if config["alone"] and os.getpid() == 1:
        # Process 1 of its own pid namespace: everything else in it belongs to the program.
        target, send_signal = -1, os.kill
    elif not config["confined"]:
        target, send_signal = pid, os.killpg
    else:
        target, send_signal = pid, os.kill
    try:
        send_signal(target, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


ENTRIES = 16384
FOLDERS = 1 << 16  # bytes that folders take, which a program of few files should not have to know of


def over(folder, limit):
    """Whether a folder holds more bytes than it may, or more entries, for where no file system enforces that. So does one
    that can't be looked into."""
    total, count, todo = 0, 0, [folder]
    while todo:
        try:
            with os.scandir(todo.pop()) as entries:
                for entry in entries:
                    count += 1
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        todo.append(entry.path)
                    if total > limit + FOLDERS or count > ENTRIES:
                        return True
        except (FileNotFoundError, NotADirectoryError):
            continue  # removed meanwhile
        except OSError:
            return True
    return False


class Standby:
    """A process that has given up everything and waits for its job, so that a job need not wait for a fork."""

    def __init__(self, config, base):
        self.work = os.path.join(config["scratch"], "work")
        os.mkdir(self.work, 0o700)
        os.chdir(self.work)
        orders, self.orders = os.pipe()
        self.out, out = os.pipe()
        self.err, err = os.pipe()
        self.ok, ok = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            child(config, base, orders, out, err, ok)
        os.chdir("/")
        for fd in (orders, out, err, ok):
            os.close(fd)
        for fd in (self.out, self.err):
            os.set_blocking(fd, False)


def hand_over(header, length, orders):
    """Passes a job on to the process that stands by: its program goes through pages that are given back."""
    write_all(orders, memoryview(struct.pack(">I", len(header)) + header))
    with mmap.mmap(-1, PART, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as pages, memoryview(pages) as view:
        while length:
            with view[: min(length, PART)] as part:
                count = os.readv(CONTROL, [part])
            if not count:
                os._exit(0)  # whoever asked is gone
            length -= count
            with view[:count] as part:
                write_all(orders, part)
    os.close(orders)


def run(config, header, standby, wakeup):
    """Gives a job to the process that stands by, watches it to its end, and returns the header and the outputs."""
    job = json.loads(header)
    pid, out_r, err_r, ok_r = standby.pid, standby.out, standby.err, standby.ok
    started = time.monotonic()
    hand_over(header, job["code"], standby.orders)

    cap = job["output"]
    out, err = Held(cap, last=False), Held(cap, last=True)
    end, ended = None, None
    deadline = started + job["wall"]
    poll = select.poll()
    for fd in (out_r, err_r, wakeup, CONTROL):
        poll.register(fd, select.POLLIN)
    watch_folder = not config["quota"]

    def drain(fd):
        """Reads what is there; 0 at the end of the stream, None where nothing is yet."""
        nonlocal end
        if fd == err_r:
            return err.read(fd)
        count = out.read(fd)
        if out.total > cap and end is None:
            end = "output"
            kill(config, pid)
        return count

    while ended is None:
        left = deadline - time.monotonic()
        if left <= 0 and end is None:
            end = "timeout"
            kill(config, pid)
        wait = max(left, 0) * 1000 + 1 if end is None else 1000
        if watch_folder and end is None:
            wait = min(wait, 50)
        events = poll.poll(wait)
        for fd, _ in events:
            if fd == CONTROL:
                kill(config, pid)
                os._exit(0)  # nobody speaks during a job: whoever asked is gone
            elif fd == wakeup:
                try:
                    os.read(wakeup, 512)
                except BlockingIOError:
                    pass
            elif drain(fd) == 0:
                poll.unregister(fd)
        if watch_folder and end is None and over(config["scratch"], job["scratch"]):
            err.add(b"loong: killed, because the scratch folder is over its limit\n")
            end = "scratch"
            kill(config, pid)
        done, status, usage = os.wait4(pid, os.WNOHANG)
        if done:
            ended = time.monotonic()

    # The program's process is gone; what it printed is still in the pipes, and nothing else may keep them open.
    if config["alone"] or not config["confined"]:
        kill(config, pid)
    for fd in (out_r, err_r):
        while drain(fd):
            pass
    setup = os.read(ok_r, 1)
    for fd in (out_r, err_r, ok_r):
        os.close(fd)
    if not setup and end is None:
        raise Fault("a program could not be started: " + bytes(err.kept()).decode(errors="replace"))

    cpu = usage.ru_utime + usage.ru_stime
    number = 0
    if end is None and os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == MEMORY_SIGNAL or (number == signal.SIGABRT and err.says(b"std::bad_alloc")):
            end = "memory"
        elif number in (signal.SIGXCPU, signal.SIGKILL) and cpu >= job["cpu"] - 0.1:
            end = "timeout"
        else:
            end = "signal"
    elif end == "scratch":
        end, number = "signal", int(signal.SIGKILL)
    elif end is None:
        end, number = "exit", os.WEXITSTATUS(status)
    reply = {
        "end": end,
        "number": number,
        "wall": ended - started,
        "cpu": cpu,
        "memory": usage.ru_maxrss * (1024 if LINUX else 1),
        "total": out.total,
        "out": len(out.kept()),
        "err": len(err.kept()),
    }
    return reply, out, err


def wipe(folder):
    """Empties a folder without recursion: a program may nest folders deeper than any stack or path is long."""

    def folders():
        """Unlinks the files here; the folders that are left."""
        with os.scandir(".") as entries:
            found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
        for name, is_folder in found:
            if not is_folder:
                os.unlink(name)
        return [name for name, is_folder in found if is_folder]

    os.chdir(folder)
    os.chmod(".", 0o700)
    left, above = [folders()], []
    while left:
        if left[-1]:
            above.append(left[-1].pop())
            os.chmod(above[-1], 0o700)
            os.chdir(above[-1])
            left.append(folders())
        else:
            left.pop()
            if above:
                os.chdir("..")
                os.rmdir(above.pop())
    os.chdir("/")


def reap():
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                return
        except ChildProcessError:
            return


def serve(config, base, wakeup):
    """One job. What is known of it lives in this call alone: the next program's process is forked when it is over, and
    a program can look at every frame below its own."""
    standby = Standby(config, base)
    reply, out, err = run(config, receive(), standby, wakeup)
    send(reply, out.kept(), err.kept())
    out.close()
    err.close()
    # Should one of these fail, this worker ends, and the next program gets a fresh one with a fresh folder.
    reap()
    wipe(config["scratch"])


def main():
    config = json.loads(receive())
    config["filter"] = bytes.fromhex(config["filter"])
    if LINUX:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    # Without site there is no `exit` and no `quit`, which programs use.
    site.setquit()
    site.sethelper()
    failed = warm(config["requirements"])
    null = os.open("/dev/null", os.O_WRONLY)
    read, write = os.pipe()
    os.set_blocking(read, False)
    os.set_blocking(write, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    send({"ready": ".".join(map(str, sys.version_info[:3])), "failed": failed, "out": 0, "err": 0})
    os.dup2(null, 2)
    os.close(null)
    fill_caches()
    linecache.clearcache()
    gc.collect()
    gc.disable()
    gc.freeze()
    base = address_space() if LINUX else 0
    while True:
        serve(config, base, read)


try:
    main()
except BaseException:
    send({"fault": traceback.format_exc()[-4000:], "out": 0, "err": 0})
    os._exit(1)
