//! The layers of isolation on Linux: which the kernel allows, each by itself, and what stands in the way of the others.

use std::fs;
use std::process::Command;

use super::Fact;
use super::command::{PATIENCE, within};
use crate::interpreter::PythonSettings;
use crate::interpreter::confine::{LAYER, SUBCOMMAND};
use crate::interpreter::isolation::layers::{Layer, Refused, Tried};

/// Namespaces besides the user's.
const NAMESPACES: [Layer; 6] = [Layer::Mount, Layer::Pid, Layer::Net, Layer::Ipc, Layer::Uts, Layer::Cgroup];

/// What this process is, and which knobs of the system could stand in the way.
#[derive(Debug, Clone, Default)]
struct Ground {
    root: bool,
    uid: u32,
    /// `user.max_user_namespaces`.
    most: Option<u64>,
    /// `kernel.unprivileged_userns_clone`: Debian's.
    clone: Option<u64>,
    /// `kernel.apparmor_restrict_unprivileged_userns`: Ubuntu's.
    apparmor: Option<u64>,
    /// Whether a filter of system calls is on this process already, as containers have.
    filtered: bool,
}

impl Ground {
    fn here() -> Self {
        let knob = |path: &str| fs::read_to_string(path).ok()?.trim().parse().ok();
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let filter = status.lines().find_map(|line| line.strip_prefix("Seccomp:")).unwrap_or_default().trim();
        let uid = rustix::process::geteuid();
        Self {
            root: uid.is_root(),
            uid: uid.as_raw(),
            most: knob("/proc/sys/user/max_user_namespaces"),
            clone: knob("/proc/sys/kernel/unprivileged_userns_clone"),
            apparmor: knob("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
            filtered: filter == "2",
        }
    }

    /// Why there are no user namespaces, and what to do.
    fn why(&self, refused: &Refused) -> (String, String) {
        let said = |why: &str| format!("{why} ({})", refused.why);
        let error = rustix::io::Errno::from_raw_os_error(refused.errno);
        if self.most == Some(0) {
            let fix = "run `sysctl -w user.max_user_namespaces=15000` as root, on the host where this is a container";
            return (said("user.max_user_namespaces is 0"), fix.to_owned());
        }
        if self.clone == Some(0) && !self.root {
            let fix = "run `sysctl -w kernel.unprivileged_userns_clone=1` as root";
            return (said("kernel.unprivileged_userns_clone is 0"), fix.to_owned());
        }
        if self.apparmor.is_some_and(|n| n > 0) && !self.root {
            let fix = "allow loong `userns` in an AppArmor profile, or run \
                       `sysctl -w kernel.apparmor_restrict_unprivileged_userns=0` as root";
            return (
                said("AppArmor restricts them (kernel.apparmor_restrict_unprivileged_userns is 1)"),
                fix.to_owned(),
            );
        }
        match error {
            rustix::io::Errno::PERM | rustix::io::Errno::NOSYS | rustix::io::Errno::ACCESS if self.filtered => {
                let fix = "start the container with a seccomp profile that allows unshare and mount \
                           (Docker, Podman: --security-opt seccomp=unconfined)";
                (said("a seccomp filter on this process forbids them, as containers have"), fix.to_owned())
            }
            rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS => {
                (said("this kernel is built without them"), "use a kernel with CONFIG_USER_NS".to_owned())
            }
            rustix::io::Errno::NOSPC | rustix::io::Errno::USERS => {
                let fix = "raise user.max_user_namespaces as root, or leave the namespaces that this runs in";
                (said("too many are in use or nested"), fix.to_owned())
            }
            _ => {
                let fix =
                    "see whether this runs in a chroot, a container or under a security module that forbids unshare";
                (said("the system refuses them"), fix.to_owned())
            }
        }
    }
}

/// Every layer, tried at once, each in its own process.
pub(super) fn facts(settings: &PythonSettings) -> Vec<Fact> {
    let folder = settings.cache_dir.join("jail");
    // Without it only the file tree can't be tried, and its fact says so.
    let _ = fs::create_dir_all(&folder);
    let all: Vec<(Layer, Tried)> = std::thread::scope(|scope| {
        let trying: Vec<_> = Layer::ALL
            .iter()
            .map(|&layer| {
                let folder = &folder;
                scope.spawn(move || {
                    let mut command = Command::new(&settings.launcher);
                    command.args([SUBCOMMAND, LAYER, layer.as_str()]).arg(folder).env_clear().current_dir("/");
                    let refused = |why| Refused { errno: 0, why };
                    let done = within(command, PATIENCE).map_err(refused)?;
                    serde_json::from_slice::<Tried>(&done.stdout).map_err(|_| refused(done.said()))?
                })
            })
            .collect();
        let lost = || Err(Refused { errno: 0, why: "it could not be tried".to_owned() });
        Layer::ALL.iter().copied().zip(trying.into_iter().map(|t| t.join().unwrap_or_else(|_| lost()))).collect()
    });
    describe(&Ground::here(), &all)
}

/// The facts that the trials make.
fn describe(ground: &Ground, all: &[(Layer, Tried)]) -> Vec<Fact> {
    let of = |layer: Layer| all.iter().find(|(l, _)| *l == layer).map(|(_, tried)| tried);
    let mut facts = vec![if ground.root {
        Fact::is("run by", "root; programs get none of its rights")
    } else {
        Fact::is("run by", format!("an ordinary user ({})", ground.uid))
    }];
    let users = of(Layer::User);
    let by_right = NAMESPACES.iter().all(|&l| matches!(of(l), Some(Ok(how)) if how == "root"));
    // Without these the others can't be had either, but by root's right.
    let nested = matches!(users, Some(Err(_))) && !by_right;
    match users {
        Some(Err(refused)) => {
            let (why, fix) = ground.why(refused);
            facts.push(if by_right {
                Fact::is("user namespaces", format!("{why}; root needs none"))
            } else {
                Fact::lacks("user namespaces", why, fix)
            });
        }
        _ => facts.push(Fact::works("user namespaces", "")),
    }
    let refused: Vec<String> = NAMESPACES
        .iter()
        .filter_map(|&layer| of(layer)?.as_ref().err().map(|e| format!("{layer} ({})", e.why)))
        .collect();
    let names = NAMESPACES.map(Layer::as_str).join(", ");
    let fix = "see what forbids unshare and mount here: a container's profile, or a security module";
    let after = "they need user namespaces here";
    facts.push(match refused.len() {
        0 => Fact::works("other namespaces", names),
        n if nested && n == NAMESPACES.len() => Fact::is("other namespaces", after),
        _ => Fact::lacks("other namespaces", format!("refused: {}", refused.join(", ")), fix),
    });
    facts.push(match of(Layer::Tree) {
        Some(Err(_)) if nested => Fact::is("own file tree", after.replace("they need", "it needs")),
        Some(Err(e)) => Fact::lacks("own file tree", format!("nothing can be mounted: {}", e.why), fix),
        _ => Fact::works("own file tree", ""),
    });
    facts.push(match of(Layer::Landlock) {
        Some(Ok(version)) => Fact::works("Landlock", version),
        other => {
            let why = other.and_then(|t| t.as_ref().err()).map(|e| e.why.clone()).unwrap_or_default();
            let fix = "use a kernel from 5.13 with CONFIG_SECURITY_LANDLOCK and `landlock` among the lsm= of its command \
                       line; in a container, a seccomp profile that allows landlock_restrict_self";
            Fact::lacks("Landlock", why, fix).needed()
        }
    });
    for (layer, what) in [(Layer::Seccomp, "filters of system calls"), (Layer::Privileges, "no new privileges")] {
        facts.push(match of(layer) {
            Some(Err(e)) => {
                let fix = "use a kernel with CONFIG_SECCOMP_FILTER, on x86-64, arm64 or riscv64";
                Fact::lacks(what, e.why.clone(), fix).needed()
            }
            _ => Fact::works(what, ""),
        });
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(errno: rustix::io::Errno) -> Refused {
        Refused { errno: errno.raw_os_error(), why: errno.to_string() }
    }

    #[test]
    fn each_cause_has_its_own_cure() {
        let ground = Ground::default();
        let perm = refused(rustix::io::Errno::PERM);
        for (ground, refused, cause, cure) in [
            (
                Ground { most: Some(0), ..ground.clone() },
                refused(rustix::io::Errno::NOSPC),
                "max_user_namespaces is 0",
                "=15000",
            ),
            (Ground { clone: Some(0), ..ground.clone() }, perm.clone(), "unprivileged_userns_clone", "clone=1"),
            (Ground { apparmor: Some(1), ..ground.clone() }, perm.clone(), "AppArmor", "userns=0"),
            (Ground { filtered: true, ..ground.clone() }, perm.clone(), "seccomp filter", "--security-opt"),
            (ground.clone(), refused(rustix::io::Errno::INVAL), "built without", "CONFIG_USER_NS"),
            (ground.clone(), refused(rustix::io::Errno::USERS), "nested", "raise"),
            (ground.clone(), perm, "refuses", "chroot"),
        ] {
            let (why, fix) = ground.why(&refused);
            assert!(why.contains(cause) && fix.contains(cure), "{ground:?}: {why}; {fix}");
        }
    }

    #[test]
    fn what_a_level_can_do_without_is_not_needed() {
        let none: Vec<(Layer, Tried)> = Layer::ALL
            .iter()
            .map(|&l| {
                let spare = NAMESPACES.contains(&l) || l == Layer::User || l == Layer::Tree;
                (l, if spare { Err(refused(rustix::io::Errno::PERM)) } else { Ok(String::new()) })
            })
            .collect();
        let facts = describe(&Ground::default(), &none);
        assert_eq!(facts.iter().filter(|f| f.ok == Some(false)).count(), 1, "{facts:#?}");
        assert!(facts.iter().all(|f| !f.needed && (f.ok != Some(false) || f.fix.is_some())), "{facts:#?}");
        let bare: Vec<(Layer, Tried)> =
            Layer::ALL.iter().map(|&l| (l, Err(refused(rustix::io::Errno::PERM)))).collect();
        assert!(describe(&Ground::default(), &bare).iter().any(|f| f.needed));
        let root: Vec<(Layer, Tried)> = Layer::ALL
            .iter()
            .map(|&l| {
                (l, if l == Layer::User { Err(refused(rustix::io::Errno::NOSPC)) } else { Ok("root".to_owned()) })
            })
            .collect();
        assert!(describe(&Ground { root: true, ..Ground::default() }, &root).iter().all(|f| f.ok != Some(false)));
    }
}
