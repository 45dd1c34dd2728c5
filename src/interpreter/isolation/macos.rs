//! macOS: `sandbox-exec`. Compiled, and not tested by the authors on a Mac.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use rustix::process::{Resource, Rlimit, setrlimit, setsid};

use super::Spec;
use crate::interpreter::Isolation;

/// Confines this process and becomes what the spec says; returns only a phrase that says why not.
pub(super) fn enter(spec: &Spec) -> String {
    let Some((program, arguments)) = spec.command.split_first() else {
        return "there is nothing to start".to_owned();
    };
    let _ = setsid();
    for (resource, most) in [(Resource::Core, 0), (Resource::Nofile, 256)] {
        if let Err(e) = setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) }) {
            return format!("{resource:?}: {e}");
        }
    }
    let mut command = match spec.level {
        Isolation::SandboxExec => {
            let mut sandboxed = Command::new("/usr/bin/sandbox-exec");
            sandboxed.args(["-p", &profile(spec)]).arg(program);
            sandboxed
        }
        Isolation::None => Command::new(program),
        Isolation::Full | Isolation::Landlock => return format!("{} is Linux's", spec.level),
    };
    command.args(arguments).env_clear().envs(spec.env.iter().map(|(k, v)| (k, v)));
    format!("{program} could not be started: {}", command.exec())
}

/// The sandbox profile: everything is denied but reading the named paths, writing scratch, and forking, which the worker
/// needs and its programs lose by a limit of one process.
fn profile(spec: &Spec) -> String {
    let quoted = |path: &Path| format!("{:?}", path.display().to_string());
    let mut readable: Vec<String> = spec
        .readable
        .iter()
        .map(|path| format!("(subpath {})", quoted(&path.canonicalize().unwrap_or(path.clone()))))
        .collect();
    for system in ["/usr/lib", "/System/Library", "/private/var/db/dyld", "/dev/null", "/dev/zero", "/dev/urandom"] {
        readable.push(format!("(subpath {system:?})"));
    }
    let scratch = quoted(&spec.scratch.canonicalize().unwrap_or(spec.scratch.clone()));
    let program = spec.command.first().map(String::as_str).unwrap_or_default();
    format!(
        "(version 1)(deny default)(allow process-fork)(allow sysctl-read)\
         (allow process-exec (literal {program:?}))(allow signal (target same-sandbox))(allow file-read-metadata)\
         (allow file-read* file-map-executable {readable} (subpath {scratch}))\
         (allow file-write* (subpath {scratch}) (literal \"/dev/null\"))",
        readable = readable.join(" ")
    )
}
