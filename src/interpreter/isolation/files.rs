//! Landlock: which files may be read and written, no TCP, and no signals or abstract sockets to the outside, as far as
//! the kernel's version of it goes.

use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetStatus, Scope,
};

use super::Spec;

/// The newest version of Landlock whose rights are handled; older kernels handle what they know.
pub(super) const NEWEST: ABI = ABI::V6;

/// Restricts this process and all it starts to what the spec names.
pub(super) fn restrict(spec: &Spec) -> Result<(), String> {
    let all = AccessFs::from_all(NEWEST);
    let read = AccessFs::ReadFile | AccessFs::ReadDir | AccessFs::Execute;
    let device = AccessFs::ReadFile | AccessFs::WriteFile;
    // Devices and sockets have no place in scratch, and what is written there is not executed.
    let write =
        all & !(AccessFs::Execute | AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::MakeSock | AccessFs::IoctlDev);
    let restrict = || -> Result<RulesetStatus, Box<dyn std::error::Error>> {
        let mut rules = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(all)?
            .handle_access(AccessNet::from_all(NEWEST))?
            .scope(Scope::from_all(NEWEST))?
            .create()?;
        for path in &spec.readable {
            rules = add(rules, path, read)?;
        }
        for path in ["/dev/null", "/dev/zero", "/dev/urandom", "/dev/random"] {
            rules = add(rules, Path::new(path), device)?;
        }
        Ok(add(rules, &spec.scratch, write)?.restrict_self()?.ruleset)
    };
    match restrict() {
        Ok(RulesetStatus::NotEnforced) => Err("Landlock is not there (kernel older than 5.13, or not enabled)".into()),
        Ok(_) => Ok(()),
        Err(e) => Err(format!("Landlock: {e}")),
    }
}

/// Adds a rule for a path; one that is missing needs none.
fn add(
    rules: landlock::RulesetCreated,
    path: &Path,
    rights: BitFlags<AccessFs>,
) -> Result<landlock::RulesetCreated, landlock::RulesetError> {
    let Ok(open) = PathFd::new(path) else { return Ok(rules) };
    let rights = if path.is_dir() { rights } else { rights & AccessFs::from_file(NEWEST) };
    rules.add_rule(PathBeneath::new(open, rights))
}
