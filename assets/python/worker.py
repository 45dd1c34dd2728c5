"""The warm worker: imports once what its programs import, and forks a child for every program.

Descriptor 0 is a socket to whoever asked. A message to it begins with one byte that names it: `r` (ready) and `f` (a fault)
are followed by a frame, four bytes of length, big-endian, and so much JSON; `d` (done) by the numbers of `DONE`. What
comes from it is one frame that configures, and then, for every program, one byte with three descriptors: a socket for the
orders, and two pipes for what the program prints. All of that goes on between the program's process and whoever asked:
this process neither sees a program nor what it prints, so that nothing of one can reach the next.

The launcher has confined this process before its first line; a child gives up what the worker still may, and only then
runs the program. Whatever a program does to Python dies with its child.
"""

import sys

# The folder of this script is no place to import from, and nothing of whoever started this stays open.
del sys.path[0]

import os

os.closerange(3, 1 << 20 if sys.platform == "linux" else 4096)

import _socket
import atexit
import builtins
import ctypes
import errno
import gc
import importlib
import json
import linecache
import mmap
import random  # seeds itself anew after a fork
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

DESCRIPTORS = struct.Struct("3i")  # orders, stdout, stderr
ORDER = struct.Struct("<6Q")  # bytes of the program, which follow; then its limits: CPU, memory, threads, files, size
DONE = struct.Struct("<ciQQ")  # the kind, the status that wait gives, microseconds of CPU, bytes of memory

# Submodules that programs nearly always use.
ALSO = {
    "scipy": ["scipy.optimize", "scipy.integrate", "scipy.linalg", "scipy.stats", "scipy.special"],
    "matplotlib": ["matplotlib.pyplot"],
    "sklearn": ["sklearn.linear_model"],
    "statsmodels": ["statsmodels.api"],
}


class Fprog(ctypes.Structure):
    """The kernel's `struct sock_fprog`."""

    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


class Fault(Exception):
    """The worker can't go on; nothing is said about a program."""


def read_exactly(fd, count):
    parts = []
    while count:
        part = os.read(fd, min(count, 1 << 20))
        if not part:
            os._exit(0)  # whoever asked is gone
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def receive():
    (length,) = struct.unpack(">I", read_exactly(CONTROL, 4))
    return json.loads(read_exactly(CONTROL, length))


def send(kind, body):
    view = memoryview(kind + struct.pack(">I", len(body)) + body)
    while view:
        view = view[os.write(CONTROL, view) :]


# --- start ---


# What is used for the first time costs a program more than what is used again.
FIRST_TIME = """
import math
class A:
    def f(self, *a, **k): return [x + 1 for x in a]
with open("/dev/null", "w") as null:
    print(f"{A().f(1)} {math.pi:.2f} {2 ** 100}", file=null)
"""


def warm(names):
    """Imports what programs will import. A package that can't be imported here fails again, visibly, in the program."""
    failed = []
    for name in [module for name in names for module in (name, *ALSO.get(name, ()))]:
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


def fill_caches(names):
    """Uses what remembers what it did: each program would begin without that memory."""
    if "sympy" in names:
        try:
            import sympy

            x = sympy.Symbol("x")
            sympy.simplify(sympy.integrate(sympy.sin(x) ** 2 + sympy.sqrt(x), x))
            sympy.solve(x**2 - 2, x)
            str(sympy.Matrix([[1, x], [2, 3]]).det())
        except Exception:
            pass  # a program that needs it will say so
    if "networkx" in names and "networkx" in sys.modules:
        compile_wrappers(vars(sys.modules["networkx"]).values())


def compile_wrappers(functions):
    """networkx writes and compiles the code around a decorated function when that is first called, with `inspect`: each
    program would do it again, in three hundred pages of its own."""
    for function in list(functions):
        while isinstance(function, types.FunctionType):
            argmap = function.__dict__.get("__argmap__")
            try:
                if argmap is not None:
                    argmap._lazy_compile(function)
            except Exception:
                pass  # it is around another one, which has its own; or this version of networkx does it differently
            inner = function.__dict__.get("__wrapped__")
            function = inner if inner is not function else None


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


MADV_COLLAPSE, HUGE = 25, 21


def gather():
    """Moves what programs will share into huge pages: a fork copies one entry for 512 pages, and there is less to look up.
    Known to Linux from 6.1 on; elsewhere nothing happens."""
    LIBC.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    for number in {id(thing) >> HUGE for thing in gc.get_objects()}:
        LIBC.madvise(number << HUGE, 1 << HUGE, MADV_COLLAPSE)  # one that is not wholly memory is refused


NUMPY_STATE = 624 * 4  # bytes of a Mersenne Twister; its place in them follows


def numpy_state():
    """Address of the state of NumPy's global generator; None where it is not what it was in every version so far."""
    module = sys.modules.get("numpy.random")
    if module is None:
        return None
    try:
        generator = module.mtrand._rand._bit_generator
        name, key, place, *_ = module.get_state()
        address = generator.ctypes.state_address
        held = ctypes.string_at(address, NUMPY_STATE + 4)
        if name == "MT19937" and held == key.tobytes() + struct.pack("=i", place):
            return address
    except Exception:
        pass
    return None


# --- one program ---


def give_up(config):
    """A program's process gives up what the worker has and a program must not."""
    if LINUX:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if not config["confined"] and os.getsid(0) != os.getpid():
        os.setsid()  # so that one kill reaches the children that nothing forbids here
    buffer, places = config["filter"]
    if not places:
        return
    own = os.getpid()
    for place in places:
        struct.pack_into("<I", buffer, place, own)
    fprog = Fprog(len(buffer) // 8, ctypes.addressof(buffer))
    if LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or LIBC.prctl(
        PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(fprog), 0, 0
    ):
        raise Fault("the system-call filter was refused: " + os.strerror(ctypes.get_errno()))


def prepare(program, sentinel):
    """A filter in memory of its own, and the places in it where a program's process id belongs."""
    program = bytes.fromhex(program)
    # An instruction is (code u16, jt u8, jf u8, k u32); only the constant k may be the sentinel.
    sentinel = struct.pack("<I", sentinel)
    places = [i + 4 for i in range(0, len(program), 8) if program[i + 4 : i + 8] == sentinel]
    return ctypes.create_string_buffer(program, len(program)) if program else b"", places


def limit(config, cpu, memory, threads, files, size):
    """Sets the limits of a program."""
    limits = [
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_FSIZE, size),
        (resource.RLIMIT_NOFILE, max(files, 3)),
    ]
    if config["base"]:
        limits.append((resource.RLIMIT_AS, config["base"] + memory))
    if config["no_fork_limit"]:
        limits.append((resource.RLIMIT_NPROC, 1))
    elif config["beside"]:
        limits.append((resource.RLIMIT_NPROC, config["beside"] + threads))
    for which, value in limits:
        _, hard = resource.getrlimit(which)
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(which, (value, value))


def reseed(config):
    """A forked program must not repeat the worker's randomness: it is as random as if it had been started alone."""
    if config["numpy"]:
        # What its own function does touches a hundred pages.
        ctypes.memmove(config["numpy"], os.urandom(NUMPY_STATE) + struct.pack("=i", 624), NUMPY_STATE + 4)
    elif "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()
    if "sympy.core.random" in sys.modules:
        sys.modules["sympy.core.random"].seed()


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


def child(config, orders, out, err, obeyed):
    """The whole life of a program's process: it gives up what it can, waits for its orders, obeys. Never returns."""
    leave = os._exit  # before the program can put something else there
    try:
        # Opened anew: flags and locks of what is open are shared by all who inherit it.
        null = os.open("/dev/null", os.O_RDONLY)
        # None of the three that are overwritten is one of those that are copied: all three are open in the worker.
        for target, source in enumerate((null, out, err, orders)):
            os.dup2(source, target)
        os.closerange(4, 256)
        work = os.path.join(config["scratch"], "work")
        os.mkdir(work, 0o700)
        os.chdir(work)
        reseed(config)
        give_up(config)
        os.write(3, b"h")  # which tells who this is, too
        length, *limits = ORDER.unpack(read_exactly(3, ORDER.size))
        code = read_exactly(3, length).decode()
        limit(config, *limits)
        os.write(3, obeyed)
        os.close(3)
        gc.enable()
    except BaseException:
        try:
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            leave(1)  # also where nobody listens any more
    status = 1
    try:
        status = execute(code)
    except BaseException as error:
        if is_memory(error):
            out_of_memory()
    finally:
        leave(status)


# --- around one program ---


def wait(pid):
    """Waits for a program's end. Where nothing kills this process together with whoever asked, it looks after them."""
    while not LINUX:
        done, status, usage = os.wait4(pid, os.WNOHANG)
        if done:
            return status, usage
        if select.select([CONTROL], [], [], 0.01)[0]:
            os.killpg(pid, signal.SIGKILL)
            os._exit(0)  # nobody speaks during a program: whoever asked is gone
    return os.wait4(pid, 0)[1:]


def kill(config, pid):
    """Kills whatever a program left, also what daemonised."""
    try:
        if config["alone"] and os.getpid() == 1:
            # Process 1 of its own pid namespace: everything else in it belongs to the program.
            os.kill(-1, signal.SIGKILL)
        elif not config["confined"]:
            os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


WIPE = 1.0  # seconds


def wipe(folder):
    """Empties a folder without recursion: a program may nest folders deeper than any stack or path is long. Where that
    takes long the worker ends, and the folder with it: a program must not make the next one wait."""
    os.chmod(folder, 0o700)
    os.utime(folder, (0, 0))
    try:
        os.rmdir(os.path.join(folder, "work"))
        if not os.listdir(folder):
            return  # as nearly always
    except OSError:
        pass
    deadline = time.monotonic() + WIPE

    def folders():
        """Unlinks the files here; the folders that are left."""
        with os.scandir(".") as entries:
            found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
        for name, is_folder in found:
            if not is_folder:
                os.unlink(name)
        if time.monotonic() > deadline:
            os._exit(0)
        return [name for name, is_folder in found if is_folder]

    os.chdir(folder)
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


def serve(config, control):
    """Programs, one after another. As little as possible happens here: each page that this process touches while a child
    waits is copied."""
    space = _socket.CMSG_SPACE(DESCRIPTORS.size)
    while True:
        message, ancillary, _, _ = control.recvmsg(1, space)
        if not message:
            os._exit(0)  # whoever asked is gone
        descriptors = DESCRIPTORS.unpack(ancillary[0][2])
        try:
            pid = os.fork()
        except OSError:
            # Where forking is impossible, this very process runs one program, and tells its end by its own.
            child(config, *descriptors, b"o")
        if pid == 0:
            child(config, *descriptors, b"k")
        for descriptor in descriptors:
            os.close(descriptor)
        status, usage = wait(pid)
        kill(config, pid)
        cpu = int((usage.ru_utime + usage.ru_stime) * 1e6)
        control.send(DONE.pack(b"d", status, cpu, usage.ru_maxrss * (1024 if LINUX else 1)))
        # Should one of these fail, this worker ends, and the next program gets a fresh one with a fresh folder.
        reap()
        wipe(config["scratch"])


def main():
    config = receive()
    config["filter"] = prepare(config["filter"], config["sentinel"])
    if LINUX:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    # Without site there is no `exit` and no `quit`, which programs use.
    site.setquit()
    site.sethelper()
    names = config["imports"]
    failed = warm(names)
    control = _socket.socket(fileno=CONTROL)
    send(b"r", json.dumps({"python": ".".join(map(str, sys.version_info[:3])), "failed": failed}).encode())
    null = os.open("/dev/null", os.O_WRONLY)
    os.dup2(null, 2)
    os.close(null)
    fill_caches(names)
    linecache.clearcache()
    config["numpy"] = numpy_state()
    gc.collect()
    gc.disable()
    if LINUX:
        gather()
    gc.freeze()
    config["base"] = address_space() if LINUX else 0
    serve(config, control)


try:
    main()
except BaseException:
    send(b"f", json.dumps(traceback.format_exc()[-4000:]).encode())
    os._exit(1)
