//! Programs that try to get out, to stay, or to spoil things for others.

use std::time::Duration;

use loong::interpreter::{End, Execution, Limits};

use crate::setup::Bench;

/// One worker, on which every program follows the one before.
pub(crate) fn bench() -> Bench {
    Bench::new()
}

pub(crate) fn limits() -> Limits {
    Limits { wall: Duration::from_secs(2), memory: 256 << 20, output: 64 << 10, scratch: 16 << 20, ..Limits::default() }
}

pub(crate) async fn run(python: &Bench, code: &str) -> Execution {
    python.run_with(code, limits()).await
}

/// The worker answers as if nothing had happened.
pub(crate) async fn is_well(python: &Bench) {
    let execution = run(python, "import os\nprint(6 * 7, os.listdir('.'))").await;
    assert_eq!(execution.stdout, "42 []\n", "{}", execution.stderr);
}

/// Programs that print `REACHED` when they got what they must not get.
const ATTEMPTS: &[(&str, &str)] = &[
    ("tcp", "import socket\nsocket.create_connection(('127.0.0.1', 22), 1)\nprint('REACHED')"),
    ("tcp socket at all", "import socket\nsocket.socket()\nprint('REACHED')"),
    (
        "udp",
        "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 53))\nprint('REACHED')",
    ),
    ("ipv6", "import socket\nsocket.socket(socket.AF_INET6)\nprint('REACHED')"),
    ("netlink", "import socket\nsocket.socket(socket.AF_NETLINK, socket.SOCK_RAW)\nprint('REACHED')"),
    ("packet", "import socket\nsocket.socket(17, socket.SOCK_RAW)\nprint('REACHED')"),
    ("dns", "import socket\nsocket.getaddrinfo('example.com', 80)\nprint('REACHED')"),
    ("unix socket", "import socket\nsocket.socket(socket.AF_UNIX).connect('/var/run/docker.sock')\nprint('REACHED')"),
    (
        "abstract socket by datagram",
        "import socket\na, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)\na.sendto(b'x', '\\0loong')\nprint('REACHED')",
    ),
    ("urllib", "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:1/', timeout=1)\nprint('REACHED')"),
    ("passwd", "print(open('/etc/passwd').read())\nprint('REACHED')"),
    ("shadow by listing", "import os\nos.listdir('/etc')\nprint('REACHED')"),
    ("home", "import os\nos.listdir(os.path.expanduser('~root'))\nprint('REACHED')"),
    ("keys", "print(open('/root/.ssh/id_rsa').read())\nprint('REACHED')"),
    ("proc environ", "print(open('/proc/1/environ').read())\nprint('REACHED')"),
    ("proc mem", "open('/proc/self/mem', 'rb')\nprint('REACHED')"),
    ("proc listing", "import os\nos.listdir('/proc')\nprint('REACHED')"),
    ("tmp", "import os\nos.listdir('/tmp')\nprint('REACHED')"),
    ("dev", "import os\nos.listdir('/dev')\nprint('REACHED')"),
    ("write tmp", "open('/tmp/loong-hostile', 'w').write('x')\nprint('REACHED')"),
    ("write python", "import os\nopen(os.path.join(os.path.dirname(os.__file__), 'x.py'), 'w')\nprint('REACHED')"),
    ("write to the worker", "import sys\nopen(sys.modules['threading'].__file__, 'a')\nprint('REACHED')"),
    ("symlink out", "import os\nos.symlink('/etc/passwd', 'p')\nopen('p').read()\nprint('REACHED')"),
    ("hardlink in", "import os\nos.link('/etc/passwd', 'p')\nopen('p').read()\nprint('REACHED')"),
    ("rename out", "import os\nopen('a', 'w').close()\nos.rename('a', '/tmp/loong-renamed')\nprint('REACHED')"),
    ("device node", "import os, stat\nos.mknod('d', 0o600 | stat.S_IFCHR, os.makedev(1, 1))\nprint('REACHED')"),
    ("mode of a file of ours", "import os\nos.chmod(os.__file__, 0o644)\nprint('REACHED')"),
    ("mode by descriptor", "import os\nos.fchmod(os.open(os.__file__, os.O_RDONLY), 0o644)\nprint('REACHED')"),
    ("times of a file", "import os\nos.utime(os.__file__)\nprint('REACHED')"),
    ("attributes of a file", "import os\nos.setxattr(os.__file__, 'user.x', b'1')\nprint('REACHED')"),
    ("chroot", "import os\nos.chroot('.')\nprint('REACHED')"),
    ("fork", "import os\nos.fork()\nprint('REACHED')"),
    ("vfork by ctypes", "import ctypes\nif ctypes.CDLL(None).vfork() == -1: raise OSError\nprint('REACHED')"),
    ("subprocess", "import subprocess\nsubprocess.run(['/bin/echo', 'REACHED'])"),
    ("shell", "import os\nif os.system('echo REACHED') != 0: raise OSError"),
    ("exec", "import os\nos.execv('/bin/echo', ['echo', 'REACHED'])"),
    ("other interpreter", "import os, sys\nos.execv(sys.executable, [sys.executable, '-c', 'print(\"REACHED\")'])"),
    ("multiprocessing", "import multiprocessing\nmultiprocessing.Process(target=print, args=('REACHED',)).start()"),
    ("kill the parent", "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nprint('REACHED')"),
    ("kill all", "import os, signal\nos.kill(-1, signal.SIGKILL)\nprint('REACHED')"),
    ("kill the group", "import os, signal\nos.killpg(0, signal.SIGKILL)\nprint('REACHED')"),
    ("stop the parent", "import os, signal\nos.kill(1, signal.SIGSTOP)\nprint('REACHED')"),
    ("setsid", "import os\nos.setsid()\nprint('REACHED')"),
    ("ptrace", "import ctypes\nif ctypes.CDLL(None).ptrace(0, 0, 0, 0) != 0: raise OSError\nprint('REACHED')"),
    (
        "raw socket call",
        "import ctypes, platform\nl = ctypes.CDLL(None)\nif l.socket(2, 1, 0) < 0: raise OSError\nprint('REACHED')",
    ),
    ("unshare", "import ctypes\nif ctypes.CDLL(None).unshare(0x10000000) != 0: raise OSError\nprint('REACHED')"),
    ("setns", "import ctypes\nif ctypes.CDLL(None).setns(0, 0) != 0: raise OSError\nprint('REACHED')"),
    (
        "mount",
        "import ctypes\nif ctypes.CDLL(None).mount(b'x', b'.', b'tmpfs', 0, None) != 0: raise OSError\nprint('REACHED')",
    ),
    (
        "io_uring",
        "import ctypes\nif ctypes.CDLL(None).syscall(425, 8, ctypes.create_string_buffer(120)) < 0: raise OSError\nprint('REACHED')",
    ),
    ("bpf", "import ctypes\nif ctypes.CDLL(None).syscall(321, 0, 0, 0) < 0: raise OSError\nprint('REACHED')"),
    ("clone3", "import ctypes\nif ctypes.CDLL(None).syscall(435, 0, 0) < 0: raise OSError\nprint('REACHED')"),
    (
        "x32 table",
        "import ctypes\nif ctypes.CDLL(None).syscall(0x40000000 + 41, 2, 1, 0) < 0: raise OSError\nprint('REACHED')",
    ),
    ("memfd", "import os\nos.memfd_create('x')\nprint('REACHED')"),
    (
        "shared memory",
        "from multiprocessing import shared_memory\nshared_memory.SharedMemory(create=True, size=1 << 20)\nprint('REACHED')",
    ),
    ("raise a limit", "import resource\nresource.setrlimit(resource.RLIMIT_AS, (-1, -1))\nprint('REACHED')"),
    (
        "raise a limit of the parent",
        "import os, resource\nresource.prlimit(os.getppid(), resource.RLIMIT_AS, (1, 1))\nprint('REACHED')",
    ),
    (
        "loosen seccomp",
        "import ctypes\nif ctypes.CDLL(None).prctl(22, 0, 0, 0, 0) != 0: raise OSError\nprint('REACHED')",
    ),
    ("setuid", "import os\nos.setuid(0)\nprint('REACHED')"),
    (
        "foreign environment",
        "import os\nif not [k for k in os.environ if 'LOONG' in k or 'CARGO' in k or 'KEY' in k]: raise OSError\nprint('REACHED')",
    ),
    (
        "open descriptors",
        "import os\nopen_ = []\nfor fd in range(4, 256):\n    try:\n        os.fstat(fd)\n        open_.append(fd)\n    except OSError: pass\nif not open_: raise OSError\nprint('REACHED', open_)",
    ),
    (
        "the worker's pipes",
        "import os\nfor fd in range(4, 256):\n    try: os.write(fd, b'\\x05\\x00\\x00\\x00hello')\n    except OSError: continue\n    print('REACHED', fd)",
    ),
];

#[tokio::test]
async fn nothing_is_reached() {
    let python = bench();
    for (what, code) in ATTEMPTS {
        let Execution { stdout, end, stderr, .. } = run(&python, code).await;
        assert!(!stdout.contains("REACHED"), "{what}: {stdout}");
        assert!(!stdout.contains("root:"), "{what}: {stdout}");
        assert!(end != End::Exit(0) || stdout.is_empty(), "{what}: {end:?} {stdout} {stderr}");
    }
    is_well(&python).await;
    assert!(
        !std::path::Path::new("/tmp/loong-hostile").exists() && !std::path::Path::new("/tmp/loong-renamed").exists()
    );
}

#[tokio::test]
async fn a_program_sees_nothing_of_the_one_before() {
    let python = bench();
    let secret = "import sys\nprint('SECRET-OUT')\nsys.stderr.write('SECRET-ERR')  # SECRET-SOURCE";
    let look = "import sys\nframe, seen = sys._getframe(), ''\nwhile frame:\n    seen += repr({k: v for k, v in frame.f_locals.items() if k not in ('code', 'job', 'parts', 'seen', 'frame', 'part')})\n    \
                seen += repr([v for k, v in frame.f_globals.items() if isinstance(v, (str, bytes, bytearray, dict, list)) and k != '__builtins__'])\n    \
                frame = frame.f_back\nmark = 'SEC' + 'RET-'\nprint('REACHED' if mark in seen else 'nothing')";
    run(&python, secret).await;
    let execution = run(&python, look).await;
    assert_eq!(execution.stdout, "nothing\n", "{}", execution.stderr);
}

/// Programs that do not want to end, or want everything.
const GREEDY: &[(&str, &str)] = &[
    (
        "ignores signals",
        "import signal\nfor s in range(1, 32):\n    try: signal.signal(s, signal.SIG_IGN)\n    except (OSError, ValueError): pass\nwhile True: pass",
    ),
    ("stops itself", "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\nwhile True: pass"),
    ("sleeps", "import time\ntime.sleep(1000)"),
    (
        "threads",
        "import threading, time\nwhile True:\n    try: threading.Thread(target=time.sleep, args=(1000,)).start()\n    except RuntimeError: time.sleep(0.01)",
    ),
    (
        "descriptors",
        "fs = []\nimport time\nwhile True:\n    try: fs.append(open('f', 'w'))\n    except OSError: time.sleep(0.01)",
    ),
    (
        "files",
        "import time\ni = 0\nwhile True:\n    try:\n        open(str(i), 'w').close()\n        i += 1\n    except OSError: time.sleep(0.01)",
    ),
    ("closes its output", "import os\nos.close(1)\nos.close(2)\nwhile True: pass"),
    ("never answers its own exit", "import atexit\n@atexit.register\ndef f():\n    while True: pass"),
    ("swallows everything", "while True:\n    try:\n        while True: pass\n    except BaseException: pass"),
];

#[tokio::test]
async fn the_deadline_holds() {
    let python = bench();
    for (what, code) in GREEDY {
        let execution = run(&python, code).await;
        assert_eq!(execution.end, End::Timeout, "{what}: {}", execution.stderr);
        assert!(execution.wall < Duration::from_secs(4), "{what}");
        is_well(&python).await;
    }
}

#[tokio::test]
async fn the_disk_is_bounded() {
    let python = bench();
    for code in [
        "f = open('big', 'wb')\nn = 0\ntry:\n    while True: n += f.write(b'x' * (1 << 20))\nexcept OSError: print(n >> 20)",
        "import os\nf = open('sparse', 'wb')\ntry:\n    f.truncate(1 << 40)\n    print(1 << 20)\nexcept OSError: print(0)",
        "n = 0\ntry:\n    for i in range(10**6):\n        n += open(str(i), 'wb').write(b'x' * (8 << 20))\nexcept OSError: print(n >> 20)",
    ] {
        let execution = run(&python, code).await;
        let written: u64 = execution.stdout.trim().parse().unwrap_or_else(|_| panic!("{code}: {}", execution.stderr));
        assert!(written <= 64, "{written} MiB were written by {code}");
        is_well(&python).await;
    }
}

/// What one program does to its Python must not be there for the next one.
#[tokio::test]
async fn the_next_program_finds_a_clean_house() {
    let python = bench();
    for code in [
        "import builtins\nbuiltins.print = lambda *a: None\nbuiltins.len = lambda x: 0",
        "import sys\nsys.modules.clear()",
        "import math\nmath.pi = 3",
        "import os\nos.environ['X'] = 'poison'\nos.chmod('.', 0)",
        "import sys\nsys.path.insert(0, '.')\nopen('math.py', 'w').write('pi = 3')\nsys.setrecursionlimit(50)",
        "import gc\nfor o in gc.get_objects():\n    try: o.clear()\n    except Exception: pass",
        "import os\nos.mkdir('d')\nos.mkdir('d/e')\nos.mkdir('closed', 0)\nos.symlink('/', 'd/root')",
        "import ctypes\nctypes.string_at(0)",
        "import os\nos._exit(0)",
        "import sys\nsys.stdout.close()\nsys.stderr.close()",
        "import threading\nthreading._shutdown = None\nimport atexit\natexit._run_exitfuncs = None",
    ] {
        run(&python, code).await;
        let after =
            run(&python, "import math, os\nprint(math.pi, len('abc'), 'X' in os.environ, os.listdir('.'))").await;
        assert_eq!(after.stdout, "3.141592653589793 3 False []\n", "after {code}: {}", after.stderr);
    }
}
