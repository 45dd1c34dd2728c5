//! Running programs: Python, venvs, isolation with its proof, and the pool.

use super::finding::{Findings, Group};
use crate::cli::Context;
use crate::config::Config;
use crate::interpreter::{Fact, Isolation, IsolationRule, PythonSettings, probe, survey};

/// Looks at the machine, then proves by running programs that escape if they can.
pub(super) fn look(context: &Context, config: &Config, online: bool, findings: &mut Findings) -> anyhow::Result<()> {
    let settings = context.python_settings(config, None)?;
    let survey = survey(&settings, online);
    findings.extend(Group::Python, survey.pythons);
    findings.extend(Group::Venvs, survey.venvs);
    // What was switched off by name is not needed.
    let wanted = settings.isolation != IsolationRule::UnsafeNone;
    findings.extend(
        Group::Isolation,
        survey.isolation.into_iter().map(|fact| Fact { needed: fact.needed && wanted, ..fact }),
    );
    if survey.python.is_some() {
        // The one that was found, so that it is not looked for again.
        let settings = PythonSettings { python: survey.python, ..settings.clone() };
        prove(&settings, findings)?;
    } else {
        findings.add(Group::Isolation, Fact::is("level", "not tried: there is no Python to run a program with"));
    }
    findings.add(Group::Pool, pool(config, &settings));
    Ok(())
}

fn prove(settings: &PythonSettings, findings: &mut Findings) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = match runtime.block_on(probe(settings)) {
        Ok(report) => report,
        Err(e) => {
            let fix = "do what the lines above say; --unsafe-no-isolation runs programs without isolation, which can then \
                       read and change whatever you can";
            findings.add(Group::Isolation, Fact::lacks("level", e.to_string(), fix).needed());
            return Ok(());
        }
    };
    let level = report.isolation;
    findings.add(
        Group::Isolation,
        match level {
            Isolation::None => {
                let fix = "leave --unsafe-no-isolation out, and see what is lacking";
                Fact::lacks("level", "none: it was switched off by name", fix)
            }
            Isolation::Landlock => {
                Fact::works("level", "landlock: Landlock, filters and limits; namespaces would be a further layer")
            }
            Isolation::Full => Fact::works("level", "full: namespaces, Landlock, filters and limits"),
            Isolation::SandboxExec => Fact::works("level", "sandbox-exec and limits"),
        },
    );
    if level == Isolation::None {
        // Without isolation an attempt may fail for other reasons, and would prove nothing.
        findings.add(Group::Proof, Fact::is("not tried", "there is no isolation to prove"));
        return Ok(());
    }
    findings.extend(
        Group::Proof,
        report.checks.into_iter().map(|check| {
            let fix =
                "do not run programs of others here; please report this, with the output of `loong doctor --json`";
            if check.ok {
                Fact::works(check.name, check.detail)
            } else {
                Fact::lacks(check.name, check.detail, fix).needed()
            }
        }),
    );
    Ok(())
}

/// How many programs run at once, and why.
fn pool(config: &Config, settings: &PythonSettings) -> Fact {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = memory()
        .map_or_else(String::new, |bytes| format!(", {:.1} GiB of free memory", bytes as f64 / (1u64 << 30) as f64));
    let why = if config.interpreter.workers > 0 { "set by interpreter.workers" } else { "chosen by loong" };
    Fact::is("workers", format!("{}, {why}; this machine has {cores} cores{memory}", settings.workers))
}

/// Bytes of memory that may be used here, as far as Linux tells; a container may have less than its machine.
fn memory() -> Option<u64> {
    let table = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = table.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    let most = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    Some((kib << 10).min(most.unwrap_or(u64::MAX)))
}
