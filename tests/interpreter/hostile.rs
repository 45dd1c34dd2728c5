//! Programs that mean harm, at both levels of isolation. Each must fail with an error, or be killed; the next program on
//! the same worker must not notice; and nothing may be left.

use loong::interpreter::{End, Isolation, IsolationRule, Limits};

use crate::setup::{Bench, processes_of, wait_for_none, wall};

/// Every attack raises where it is stopped; one that comes through prints this.
const ESCAPED: &str = "ESCAPED";

/// Attacks by name. A raw call counts as stopped only when the filter refused it, not when it failed for its arguments. `HOME`, `OUTSIDE` (a folder of the test) and `LAUNCHER` (process that runs the test) are defined.
const ATTACKS: &[(&str, &str)] = &[
    ("tcp", "socket.create_connection(('127.0.0.1', 22), 1)"),
    ("listen", "s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()"),
    ("udp", "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 53))"),
    ("unix socket", "socket.socket(socket.AF_UNIX).connect('/run/dbus/system_bus_socket')"),
    ("abstract socket", "socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).bind('\\0loong')"),
    ("netlink", "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)"),
    ("raw socket", "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)"),
    ("datagram pair", "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)"),
    ("sending descriptors", "a, b = socket.socketpair(); socket.send_fds(a, [b'x'], [0])"),
    ("dns", "socket.getaddrinfo('example.com', 80)"),
    ("urllib", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9')"),
    ("passwd", "open('/etc/passwd').read()"),
    ("shadow", "open('/etc/shadow').read()"),
    ("home", "os.listdir(HOME)"),
    ("ssh keys", "os.listdir(os.path.join(HOME, '.ssh'))"),
    ("root folder listing of /etc", "os.listdir('/etc/ssh')"),
    ("environment of process 1", "open('/proc/1/environ').read()"),
    ("own environment by /proc", "open('/proc/self/environ').read()"),
    ("memory by /proc", "open('/proc/self/mem', 'rb+')"),
    ("outside file", "open(os.path.join(OUTSIDE, 'secret')).read()"),
    ("truncating outside", "os.truncate(os.path.join(OUTSIDE, 'secret'), 0)"),
    ("mode of outside file", "os.chmod(os.path.join(OUTSIDE, 'secret'), 0o777)"),
    ("times of outside file", "os.utime(os.path.join(OUTSIDE, 'secret'), (1, 1))"),
    ("owner of outside file", "os.chown(os.path.join(OUTSIDE, 'secret'), os.getuid(), os.getgid())"),
    ("removing outside file", "os.unlink(os.path.join(OUTSIDE, 'secret'))"),
    ("writing outside", "open(os.path.join(OUTSIDE, 'new'), 'w')"),
    ("writing over the worker", "open(WORKER, 'a')"),
    ("mode of the worker", "os.chmod(WORKER, 0o777)"),
    ("writing to packages", "open(os.path.join(os.path.dirname(os.__file__), 'sitecustomize.py'), 'w')"),
    ("writing to /", "open('/loong-was-here', 'w')"),
    ("writing to a device", "open('/dev/mem', 'rb')"),
    ("hardlink out", "os.link(os.path.join(OUTSIDE, 'secret'), 'mine'); open('mine').read()"),
    ("symlink out", "os.symlink(os.path.join(OUTSIDE, 'secret'), 'mine'); open('mine').read()"),
    ("renaming out", "open('x', 'w').close(); os.rename('x', os.path.join(OUTSIDE, 'x'))"),
    ("device node", "os.mknod('null', 0o666 | 0o020000, os.makedev(1, 3))"),
    ("extended attribute", "open('x', 'w').close(); os.setxattr('x', 'user.x', b'1')"),
    ("fork", "os._exit(0) if os.fork() == 0 else os.wait()"),
    ("forkpty", "os.forkpty()"),
    ("subprocess", "import subprocess; subprocess.run(['/bin/true'], check=True)"),
    ("system", "assert os.system('true') == 0"),
    ("posix_spawn", "os.posix_spawn('/bin/true', ['true'], {})"),
    ("multiprocessing", "import multiprocessing as m; p = m.Process(target=print); p.start(); p.join()"),
    ("exec", "os.execv(sys.executable, ['python', '-c', 'print(1)'])"),
    ("raw fork", "syscall(57)"),
    ("raw clone", "syscall(56, 17, 0, 0, 0, 0)"),
    ("raw clone3", "syscall(435, ctypes.create_string_buffer(88), 88)"),
    ("raw execveat", "syscall(322, -100, b'/bin/true', 0, 0, 0)"),
    ("raw socket call", "syscall(41, 2, 1, 0)"),
    ("x32 socket call", "syscall(0x40000000 + 41, 2, 1, 0)"),
    ("32-bit kill call", "syscall(62, LAUNCHER, 0)"),
    ("raw ptrace", "syscall(101, 16, os.getppid() or 1, 0, 0)"),
    ("raw process_vm_readv", "syscall(310, os.getppid() or 1, 0, 0, 0, 0, 0)"),
    ("raw mount", "syscall(165, b'none', b'/', b'tmpfs', 0, 0)"),
    ("raw unshare", "syscall(272, 0x10000000)"),
    ("raw chroot", "syscall(161, b'/')"),
    ("raw pivot_root", "syscall(155, b'/', b'/')"),
    ("raw bpf", "syscall(321, 0, 0, 0)"),
    ("raw io_uring", "syscall(425, 1, ctypes.create_string_buffer(120))"),
    ("raw userfaultfd", "syscall(323, 0)"),
    ("raw perf_event_open", "syscall(298, 0, 0, 0, 0, 0)"),
    ("raw keyctl", "syscall(250, 0, -3, 0)"),
    ("raw memfd_create", "syscall(319, b'x', 0)"),
    ("raw shmget", "syscall(29, 0, 4096, 0o1777)"),
    ("raw pidfd_open", "syscall(434, os.getpid(), 0)"),
    ("raw personality", "syscall(135, 0x0040000)"),
    ("raw open_by_handle_at", "syscall(304, -100, 0, 0)"),
    ("raw prctl parent-death signal", "syscall(157, 1, 0, 0, 0, 0)"),
    ("raw setns", "syscall(308, 0, 0)"),
    ("raw settimeofday", "syscall(164, 0, 0)"),
    ("raw rt_sigqueueinfo", "syscall(129, LAUNCHER, 9, ctypes.create_string_buffer(128))"),
    ("async signal by fcntl", "import fcntl; r, w = os.pipe(); fcntl.fcntl(r, fcntl.F_SETOWN, LAUNCHER)"),
    ("limits of another", "import resource; resource.prlimit(os.getppid() or 1, resource.RLIMIT_CPU, (1, 1))"),
    ("raising limits", "import resource; resource.setrlimit(resource.RLIMIT_AS, (-1, -1))"),
    ("niceness of another", "os.setpriority(os.PRIO_PROCESS, os.getppid() or 1, 19)"),
    ("kill the parent", "os.kill(os.getppid() or 1, 9)"),
    ("kill process 1", "os.kill(1, 9)"),
    ("kill everything", "os.kill(-1, 9)"),
    ("kill the group", "os.killpg(0, 9)"),
    ("kill the launcher", "os.kill(LAUNCHER, 9)"),
    ("stop the parent", "os.kill(os.getppid() or 1, 19)"),
    ("own session", "os.setsid()"),
    ("setuid", "os.setuid(0 if os.getuid() else 1)"),
    ("sudo to another user", "os.setresuid(1, 1, 1)"),
    ("typing into a terminal", "import fcntl; fcntl.ioctl(0, 0x5412, b'x')"),
    ("the worker's descriptors", "[os.fstat(fd) for fd in range(3, 256)]"),
    ("many descriptors", "x = [open('/dev/null') for _ in range(100)]"),
    ("leaving scratch", "os.makedirs('/scratch2')"),
    ("a sparse giant", "os.truncate(os.open('x', os.O_CREAT | os.O_RDWR), 1 << 40)"),
    ("attributes by path", "[os.getxattr(p, 'user.x') for p in (OUTSIDE,)]"),
    ("blocks beyond a file's end", "syscall(285, os.open('x', os.O_CREAT | os.O_RDWR), 1, 0, ctypes.c_long(1 << 32))"),
    ("raw clone into a namespace", "syscall(56, 0x10000000 | 17, 0, 0, 0, 0)"),
    ("vsock", "socket.socket(40, socket.SOCK_STREAM)"),
    ("kernel crypto", "socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)"),
    ("ipv6", "socket.socket(socket.AF_INET6)"),
    ("raw kcmp", "syscall(312, os.getpid(), os.getpid(), 0, 0, 0)"),
    ("raw add_key", "syscall(248, b'user', b'x', b'y', 1, -3)"),
    ("raw fanotify", "syscall(300, 0, 0)"),
    ("raw mq_open", "syscall(240, b'x', 0o102, 0o600, 0)"),
    ("raw fsopen", "syscall(430, b'tmpfs', 0)"),
    ("raw landlock", "syscall(444, 0, 0, 1)"),
    ("raw seccomp user notification", "syscall(317, 1, 8, 0)"),
    ("stopping the parent by raw tgkill", "syscall(234, os.getppid() or 1, os.getppid() or 1, 19)"),
    ("a timer's signal to the launcher", "syscall(62, LAUNCHER, 0)"),
    ("core dump", "import resource; resource.setrlimit(resource.RLIMIT_CORE, (1 << 20, 1 << 20))"),
    ("shared memory", "from multiprocessing import shared_memory as s; s.SharedMemory(create=True, size=1 << 20)"),
];

/// Attacks that do no harm where nothing stops them: without isolation each must come through, or its failing under
/// isolation would prove nothing. The rest kill, mount, or depend on what the machine has.
const HARMLESS: &[&str] = &[
    "listen",
    "udp",
    "datagram pair",
    "sending descriptors",
    "passwd",
    "home",
    "own environment by /proc",
    "outside file",
    "mode of outside file",
    "times of outside file",
    "owner of outside file",
    "writing outside",
    "symlink out",
    "renaming out",
    "extended attribute",
    "fork",
    "forkpty",
    "subprocess",
    "system",
    "posix_spawn",
    "multiprocessing",
    "raw fork",
    "raw socket call",
    "raw memfd_create",
    "raw shmget",
    "raw pidfd_open",
    "raw prctl parent-death signal",
    "async signal by fcntl",
    "shared memory",
];

/// The program of an attack: it prints [`ESCAPED`] where nothing stops it.
fn program(attack: &str, outside: &std::path::Path, worker: &str) -> String {
    let home = std::env::var("HOME").unwrap_or_else(|_| "/root".to_owned());
    format!(
        "import os, sys, socket, ctypes\nHOME, OUTSIDE, WORKER, LAUNCHER = {home:?}, {outside:?}, {worker:?}, {pid}\n\
         libc = ctypes.CDLL(None, use_errno=True)\ndef syscall(*args):\n    if libc.syscall(*args) < 0 and \
         ctypes.get_errno() in (1, 38):\n        raise PermissionError('refused by the filter')\n\
         try:\n    {attack}\nexcept BaseException as error:\n    print(type(error).__name__, error)\nelse:\n    \
         print('{ESCAPED}')\n",
        outside = outside.display().to_string(),
        pid = std::process::id(),
    )
}

#[tokio::test]
async fn the_attacks_are_attacks() {
    let bench = Bench::with(|s| s.isolation = IsolationRule::UnsafeNone);
    let mut stopped = Vec::new();
    for (name, attack) in ATTACKS.iter().filter(|(name, _)| applies(name) && HARMLESS.contains(name)) {
        let outside = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(outside.path().join("secret"), "secret").expect("a file");
        let done = bench.run_with(&program(attack, outside.path(), ""), wall(5.0)).await;
        // A child that a fork leaves behind prints, too.
        if !done.stdout.contains(ESCAPED) {
            stopped.push(format!("{name}: {:?} {} {}", done.end, done.stdout, done.stderr));
        }
    }
    assert!(stopped.is_empty(), "without isolation these are stopped as well:\n{}", stopped.join("\n"));
    assert!(HARMLESS.iter().all(|name| ATTACKS.iter().any(|(n, _)| n == name)));
}

/// Whether the machine the tests run on has the call numbers that the raw attacks use.
fn applies(name: &str) -> bool {
    cfg!(target_arch = "x86_64") || !(name.starts_with("raw ") || name.contains("call"))
}

async fn attack_all(rule: IsolationRule) {
    let bench = Bench::with(|s| s.isolation = rule);
    let outside = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(outside.path().join("secret"), "secret").expect("a file");
    let worker = std::fs::read_dir({
        bench.run("print(1)").await;
        bench.cache.path().join("worker")
    });
    let worker = worker.expect("the worker's folder").next().expect("a script").expect("a script").path();
    let worker = worker.display().to_string();
    let mut through = Vec::new();
    for (name, attack) in ATTACKS.iter().filter(|(name, _)| applies(name)) {
        let code = program(attack, outside.path(), &worker);
        let done = bench.run_with(&code, wall(5.0)).await;
        if done.end != End::Exit(0) || done.stdout.contains(ESCAPED) || done.stdout.is_empty() {
            through.push(format!("{name}: {:?} {} {}", done.end, done.stdout, done.stderr));
        }
        let next = bench.run("import os; print(1 + 1, os.listdir('.'))").await;
        assert_eq!(next.stdout, "2 []\n", "after {name}: {next:?}");
    }
    assert!(through.is_empty(), "{}", through.join("\n"));
    let secret = outside.path().join("secret");
    assert_eq!(std::fs::read_to_string(&secret).expect("still there"), "secret");
    assert_eq!(std::fs::read_dir(outside.path()).expect("a folder").count(), 1);
    // One worker, with a process that stands by and a launcher where it has one.
    let cache = bench.cache.path().to_owned();
    assert!(processes_of(&cache).len() <= 3);
    drop(bench.interpreter);
    assert_eq!(wait_for_none(&cache), Vec::<u32>::new());
    assert_eq!(std::fs::read_dir(cache.join("scratch")).map_or(0, Iterator::count), 0);
    assert_eq!(std::fs::read_dir(cache.join("jail")).map_or(0, Iterator::count), 0);
}

#[tokio::test]
async fn attacks_fail_under_full_isolation() {
    attack_all(IsolationRule::Required).await;
}

#[tokio::test]
async fn attacks_fail_under_landlock_alone() {
    attack_all(IsolationRule::Landlock).await;
}

/// What exhausts instead of escaping: it fails or is killed, and the next program runs.
#[tokio::test]
async fn exhaustion_ends_with_the_program() {
    for rule in [IsolationRule::Required, IsolationRule::Landlock] {
        let bench = Bench::with(|s| s.isolation = rule);
        let limits = Limits { scratch: 8 << 20, memory: 256 << 20, ..wall(1.0) };
        for (name, code) in [
            ("fork bomb", "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"),
            (
                "thread bomb",
                "import threading, time\nwhile True:\n    try: threading.Thread(target=time.sleep, args=(60,)).start()\n    \
                 except RuntimeError: pass",
            ),
            ("descriptors", "import os\nwhile True:\n    try: os.dup(1)\n    except OSError: pass"),
            ("disk", "f = open('x', 'wb')\nwhile True: f.write(bytes(1 << 16)); f.flush()"),
            (
                "many files",
                "import os\nfor i in range(10 ** 6):\n    with open(str(i), 'wb') as f: f.write(bytes(4096))",
            ),
            (
                "deep folders",
                "import os\nfor i in range(100000):\n    try: os.mkdir('d'); os.chdir('d')\n    except OSError: break",
            ),
            ("unreadable folders", "import os\nos.makedirs('a/b/c'); os.chmod('a', 0)"),
            ("odd names", "open(b'\\xff\\n', 'w').close(); open('-rf', 'w').close(); open('.' * 200, 'w').close()"),
            ("links in circles", "import os\nos.symlink('.', 'here'); os.symlink('/', 'root'); os.mkfifo('pipe')"),
            ("recursion", "import sys\nsys.setrecursionlimit(10 ** 9)\ndef f(): f()\nf()"),
            ("closing everything", "import os; os.closerange(0, 256)"),
            (
                "closing stdout",
                "import os, sys; print(1); sys.stdout.flush(); os.close(1); os.close(2)\nwhile True: pass",
            ),
            ("big number", "print(9 ** 9 ** 9)"),
            ("flood of stderr", "import os\nwhile True: os.write(2, bytes(65536))"),
            ("compile bomb", "exec('(' * 10000 + ')' * 10000)"),
            ("abort", "import os; os.abort()"),
            ("wild pointer", "import ctypes; ctypes.string_at(0)"),
        ] {
            let done = bench.run_with(code, limits).await;
            assert!(done.wall.as_secs_f64() < 8.0, "{name}: {done:?}");
            let check = "import os, threading; print(os.listdir('.'), threading.active_count()); open('y', 'wb').write(bytes(4 << 20))";
            let next = bench.run_with(check, limits).await;
            assert_eq!((next.end, next.stdout.as_str()), (End::Exit(0), "[] 1\n"), "after {name}: {done:?} {next:?}");
        }
        let cache = bench.cache.path().to_owned();
        drop(bench.interpreter);
        assert_eq!(wait_for_none(&cache), Vec::<u32>::new());
    }
}

/// Scratch is limited: by its file system where it has one, by watching otherwise.
#[tokio::test]
async fn scratch_has_a_limit() {
    let limits = Limits { scratch: 4 << 20, ..Limits::default() };
    let code = "for i in range(100):\n    with open(str(i), 'wb') as f: f.write(bytes(1 << 20))\nimport time; time.sleep(1)\nprint('all written')";
    let done = Bench::new().run_with(code, limits).await;
    if done.isolation == Isolation::Full {
        assert!(matches!(done.end, End::Exit(1)) && done.stderr.contains("No space left"), "{done:?}");
    }
    let done = Bench::with(|s| s.isolation = IsolationRule::Landlock).run_with(code, limits).await;
    assert!(done.end == End::Signal(9) && done.stderr.contains("scratch folder is over its limit"), "{done:?}");
}

/// Where no file system limits scratch it is watched: what can't be counted, and too many of what counts for nothing, are
/// over the limit, too.
#[tokio::test]
async fn scratch_is_watched_where_nothing_limits_it() {
    let bench = Bench::with(|s| s.isolation = IsolationRule::Landlock);
    let limits = Limits { scratch: 8 << 20, ..wall(30.0) };
    for (name, code) in [
        (
            "a folder that can't be read",
            "import os, time\nos.mkdir('h', 0o300)\nfor i in range(400):\n    open(f'h/{i}', 'wb').write(bytes(1 << 16))\n    time.sleep(0.01)",
        ),
        ("empty files", "import time\nfor i in range(40000): open(str(i), 'w').close()\ntime.sleep(1)"),
        ("folders", "import os, time\nfor i in range(40000): os.mkdir(str(i))\ntime.sleep(1)"),
        (
            "deeper than a path is long",
            "import os, time\nfor i in range(60):\n    os.mkdir('d' * 200); os.chdir('d' * 200)\nfor i in range(100):\n    \
             open(str(i), 'wb').write(bytes(1 << 17))\n    time.sleep(0.02)",
        ),
        (
            "nested without end",
            "import os, time\nfor i in range(100):\n    os.mkdir('d'); os.chdir('d')\ntime.sleep(1)",
        ),
    ] {
        let done = bench.run_with(code, limits).await;
        assert!(
            done.end == End::Signal(9) && done.stderr.contains("scratch folder is over its limit"),
            "{name}: {done:?}"
        );
        let next = bench.run_with("import os; print(os.listdir('.'))", limits).await;
        assert_eq!(next.stdout, "[]\n", "after {name}");
    }
}

/// Where no namespace and no file system counts, the host does: threads, and files that have no name any more.
#[tokio::test]
async fn what_nobody_counts_is_watched() {
    let bench = Bench::with(|s| s.isolation = IsolationRule::Landlock);
    let limits = Limits { scratch: 8 << 20, threads: 20, ..wall(5.0) };
    for (code, why) in [
        (
            "import os, time\nheld = []\nfor i in range(8):\n    f = open('f', 'wb'); os.unlink('f')\n    \
             f.write(bytes(4 << 20)); f.flush(); held.append(f)\ntime.sleep(3)\nprint('held')",
            "scratch folder is over its limit",
        ),
        (
            "import threading, time\nfor i in range(60): threading.Thread(target=time.sleep, args=(3,)).start()",
            "more threads than it may",
        ),
    ] {
        let done = bench.run_with(code, limits).await;
        assert_eq!(done.end, End::Signal(9), "{done:?}");
        let (_, reason) = done.code_answer().expect_err("it was killed");
        assert!(reason.contains(why), "{reason}");
    }
    let within = "import threading, time\nfor i in range(15): threading.Thread(target=time.sleep, args=(0.3,)).start()\nprint(1)";
    assert_eq!(bench.run_with(within, limits).await.end, End::Exit(0));
}

/// What is shared by all who inherit it, or seen by all: a program leaves none of it as a mark for the next.
#[tokio::test]
async fn nothing_shared_carries_a_mark() {
    let look = "import os, fcntl\nscratch = os.path.dirname(os.getcwd())\nstat = os.stat(scratch)\n\
                print(oct(fcntl.fcntl(0, fcntl.F_GETFL)), oct(stat.st_mode), int(stat.st_atime) == 12345)\n\
                fcntl.flock(os.open('/dev/null', os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)";
    let mark = "import os, fcntl\nfor fd in (0, 1, 2): fcntl.fcntl(fd, fcntl.F_SETFL, os.O_NONBLOCK | os.O_APPEND)\n\
                fcntl.flock(0, fcntl.LOCK_EX | fcntl.LOCK_NB)\nscratch = os.path.dirname(os.getcwd())\n\
                for change in (lambda: os.chmod(scratch, 0o1755), lambda: os.utime(scratch, (12345, 12345))):\n    \
                    try: change()\n    \
                    except OSError: pass";
    for rule in [IsolationRule::Required, IsolationRule::Landlock] {
        let bench = Bench::with(|s| s.isolation = rule);
        let before = bench.run(look).await;
        assert_eq!(before.end, End::Exit(0), "{before:?}");
        assert_eq!(bench.run(mark).await.end, End::Exit(0));
        // Nor does a lock reach a file of this machine.
        let null = std::fs::File::open("/dev/null").expect("a device");
        assert!(rustix::fs::flock(&null, rustix::fs::FlockOperation::NonBlockingLockExclusive).is_ok(), "{rule:?}");
        drop(null);
        let after = bench.run(look).await;
        assert_eq!((before.end, before.stdout), (after.end, after.stdout), "{rule:?} {}", after.stderr);
    }
}

/// Folders that were nested in pieces, and cost their worker more than they cost the program, are left to the end of that
/// worker.
#[tokio::test]
async fn folders_that_take_long_to_remove_cost_a_worker_and_nobodys_time() {
    let bench = Bench::new();
    let code = "import os\ntop = os.getcwd()\nfor i in range(90):\n    os.mkdir(f'c{i}'); os.chdir(f'c{i}')\n    \
                for j in range(130): os.mkdir('d'); os.chdir('d')\n    os.chdir(top)\n\
                for i in reversed(range(1, 90)):\n    os.chdir(f'c{i - 1}')\n    for j in range(130): os.chdir('d')\n    \
                os.rename(f'{top}/c{i}', 'd')\n    os.chdir(top)\nprint('nested')";
    let limits = wall(20.0);
    let done = bench.run_with(code, limits).await;
    assert_eq!(done.stdout, "nested\n", "{done:?}");
    let begun = std::time::Instant::now();
    let next = bench.run("import os; print(os.listdir('.'))").await;
    assert_eq!(next.stdout, "[]\n");
    // The folders themselves take over twenty seconds.
    assert!(begun.elapsed().as_secs() < 12, "the next program waited {:?}", begun.elapsed());
}

/// What passed through the worker for one program is not in the memory that the next one begins with.
#[tokio::test]
async fn a_program_finds_nothing_of_others_in_its_memory() {
    // Reads every page around the objects it has, by way of a pipe, which refuses pages that are not there.
    let scan = "import ctypes, gc, os, re\nlibc = ctypes.CDLL(None, use_errno=True)\nlibc.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p]\n\
                state = (ctypes.c_ubyte * 1)()\ndef there(page): return libc.mincore(page, 4096, ctypes.addressof(state)) == 0\nregions = []\n\
                libc.malloc.restype = libc.sbrk.restype = ctypes.c_void_p\nlibc.sbrk.argtypes = [ctypes.c_long]\n\
                places = [id(o) for o in gc.get_objects()[::50]] + [libc.sbrk(0) - 4096, libc.malloc(4000), libc.malloc(200000), id(b'x' * 100000)]\n\
                for place in places:\n    if any(low <= place < high for low, high in regions): continue\n    low = high = place & ~4095\n    \
                while there(low - 4096): low -= 4096\n    while there(high): high += 4096\n    regions.append((low, high))\n\
                r, w = os.pipe()\nfound, pages = 0, 0\nmarks = [re.compile(b'MARK[E]D-' + kind) for kind in (b'SOURCE', b'PRINTED', b'ERROR')]\n\
                for low, high in regions:\n    if high - low > 200 << 20: continue\n    for page in range(low, high, 4096):\n        \
                if libc.write(w, ctypes.c_void_p(page), 4096) == 4096:\n            pages += 1\n            data = os.read(r, 4096)\n            \
                found += sum(bool(mark.search(data)) for mark in marks)\nprint(pages > 1000, found)";
    let marked = "x = 'MARKED-SOURCE'\nimport sys\nfor i in range(200):\n    print('MARKED-' + 'PRINTED', i)\n    print('MARKED-' + 'ERROR', i, file=sys.stderr)";
    for rule in [IsolationRule::Required, IsolationRule::Landlock] {
        let bench = Bench::with(|s| s.isolation = rule);
        for _ in 0..5 {
            assert_eq!(bench.run(marked).await.end, End::Exit(0));
        }
        let done = bench.run(scan).await;
        assert_eq!(done.stdout, "True 0\n", "{rule:?}: {}", done.stderr);
        let own = bench.run(&format!("y = 'MARKED-SOURCE'\n{scan}")).await;
        assert!(own.stdout.starts_with("True ") && own.stdout != "True 0\n", "the scan finds what is there: {own:?}");
    }
}

/// What one program takes of threads is not missing to others, nor to the workers.
#[tokio::test]
async fn a_thread_bomb_starves_nobody_else() {
    let bench = Bench::with(|s| s.workers = 2);
    bench.run("print(1)").await;
    let bomb = "import threading, time\nthreading.stack_size(1 << 16)\nend = time.time() + 2\nn = 0\nwhile time.time() < end:\n    \
                try:\n        threading.Thread(target=time.sleep, args=(3,), daemon=True).start()\n        n += 1\n    \
                except RuntimeError: time.sleep(0.01)\nprint(n)";
    let honest = "import threading\ngate = threading.Barrier(31)\nfor i in range(30): threading.Thread(target=gate.wait).start()\ngate.wait()\nprint(31)";
    let (bomb, others) = tokio::join!(bench.run_with(bomb, wall(4.0)), async {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        let mut all = Vec::new();
        for _ in 0..10 {
            all.push(bench.run_with(honest, wall(4.0)).await);
        }
        all
    });
    let threads: u64 = bomb.stdout.trim().parse().unwrap_or_else(|_| panic!("{bomb:?}"));
    let namespaces = std::fs::read_to_string("/proc/sys/user/max_user_namespaces").is_ok_and(|n| n.trim() != "0");
    if bomb.isolation == Isolation::Full && namespaces {
        assert!(threads <= u64::from(Limits::default().threads), "{threads} threads");
    }
    assert!(others.iter().all(|done| done.stdout == "31\n"), "{others:?}");
}

/// Honest programs may use threads.
#[tokio::test]
async fn threads_fit_in_the_memory_limit() {
    let code = "import threading\ngate = threading.Barrier(51)\nfor i in range(50): threading.Thread(target=gate.wait).start()\ngate.wait()\nprint(51)";
    for rule in [IsolationRule::Required, IsolationRule::Landlock] {
        let done = Bench::with(|s| s.isolation = rule).run(code).await;
        assert_eq!(done.stdout, "51\n", "{rule:?}: {}", done.stderr);
    }
}

/// Nothing that a program does to Python reaches the next one, and nothing of this process's environment reaches any.
#[tokio::test]
async fn programs_do_not_meet() {
    let bench = Bench::new();
    let first = "import builtins, sys, os, json, random, math\nbuiltins.print = lambda *a, **k: None\nmath.pi = 3\n\
                 sys.modules['json'] = None\nos.environ['LEAK'] = '1'\nsys.path.insert(0, '/evil')\nsys.stdout = None\n\
                 sys.excepthook = None\nsys.setrecursionlimit(50)\nimport signal; signal.alarm(1)\nos.chdir('/')\nos.umask(0o777)\n";
    assert_eq!(bench.run(first).await.end, End::Exit(0));
    let second = "import math, json, os, sys, time\ntime.sleep(1.2)\nprint(math.pi, 'LEAK' in os.environ, '/evil' in sys.path, sys.getrecursionlimit())\n\
                  open('x', 'w').close(); print(oct(os.stat('x').st_mode), os.getcwd().endswith('work'))";
    let done = bench.run(second).await;
    assert_eq!(done.stdout, "3.141592653589793 False False 1000\n0o100644 True\n", "{done:?}");
    let done = bench.run("import os; print(sorted(os.environ))").await;
    for name in ["USER", "SSH_AUTH_SOCK", "CARGO", "OPENAI_API_KEY", "LOONG_SHARED", "PWD"] {
        assert!(!done.stdout.contains(&format!("'{name}'")), "{}", done.stdout);
    }
    assert!(done.stdout.contains("'PYTHONHASHSEED'"));
    let done = bench.run("import os; print(os.uname().nodename, os.getpid() > 1, os.getuid() != 0)").await;
    if done.isolation == Isolation::Full {
        assert_eq!(done.stdout, "loong True True\n");
    }
}

/// A program can write to every descriptor it has, and the worker's control socket is none of them.
#[tokio::test]
async fn a_program_cannot_speak_for_the_worker() {
    let bench = Bench::new();
    let code = "import os, json, struct\nbody = json.dumps({'end': 'exit', 'number': 0, 'out': 0, 'err': 0}).encode()\n\
                for fd in range(256):\n    try: os.write(fd, struct.pack('>I', len(body)) + body)\n    except OSError: pass\n\
                os._exit(5)";
    let done = bench.run(code).await;
    assert_eq!(done.end, End::Exit(5));
    assert!(done.stdout.contains("\"end\""), "what went to stdout is only output: {done:?}");
}
