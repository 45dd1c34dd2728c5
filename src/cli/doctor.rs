//! `loong doctor`: what works on this machine, proven by trying it.

use std::fmt::Write as _;

use clap::Args;
use serde::Serialize;

use super::{Context, Exit, output};
use crate::interpreter::{Isolation, probe};
use crate::paths::STORE_FILE;
use crate::store::{OpenMode, Store};

#[derive(Debug, Args)]
#[command(after_help = "Example: loong doctor --json")]
pub(super) struct DoctorArgs {}

#[derive(Debug, Serialize)]
struct Finding {
    what: &'static str,
    ok: bool,
    detail: String,
}

pub(super) fn run(context: &Context, _: &DoctorArgs) -> anyhow::Result<Exit> {
    let mut findings = Vec::new();
    let mut found = |what, ok, detail: String| findings.push(Finding { what, ok, detail });

    found(
        "loong",
        true,
        format!("{} on {} {}", env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH),
    );
    for (what, dir) in [
        ("config folder", &context.paths.config),
        ("data folder", &context.paths.data),
        ("cache folder", &context.paths.cache),
        ("state folder", &context.paths.state),
    ] {
        let tried = std::fs::create_dir_all(dir).and_then(|()| tempfile_in(dir));
        found(
            what,
            tried.is_ok(),
            tried.map_or_else(|e| format!("{}: {e}", dir.display()), |()| dir.display().to_string()),
        );
    }
    let project = context.find_project();
    let config = match context.config(project.as_deref()) {
        Ok(config) => {
            found("configuration", true, format!("{} models", config.models.len()));
            config
        }
        Err(e) => {
            found("configuration", false, e.to_string());
            crate::config::Config::default()
        }
    };
    let roles = config.roles();
    found(
        "models",
        roles.is_ok(),
        roles.map_or_else(|e| e.to_string(), |(g, s)| format!("generator {g}, solvers {}", s.join(", "))),
    );
    if let Some(project) = &project {
        let path = project.join(STORE_FILE);
        if path.exists() {
            let opened = Store::open(&path, OpenMode::ReadOnly);
            found("store", opened.is_ok(), opened.map_or_else(|e| e.to_string(), |_| path.display().to_string()));
        }
    }

    // What a missing Python or isolation means is worth exit 3; a missing model is not: imports work without one.
    let mut lacking = false;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match runtime.block_on(probe(&context.python_settings(&config, None)?)) {
        Ok(report) => {
            found("python", true, report.python.clone());
            found("isolation", report.isolation != Isolation::None, report.isolation.to_string());
            // Without isolation an attempt may fail for other reasons, and would prove nothing.
            for check in report.checks.iter().filter(|_| report.isolation != Isolation::None) {
                lacking |= !check.ok;
                found("isolation holds", check.ok, format!("{}: {}", check.name, check.detail));
            }
        }
        Err(e) => {
            lacking = true;
            found("python and isolation", false, e.to_string());
        }
    }

    if context.flags.json {
        for finding in &findings {
            output::print_json(finding)?;
        }
    } else {
        let mut text = String::new();
        for f in &findings {
            let _ = writeln!(text, "{} {:<20} {}", if f.ok { "ok " } else { "no " }, f.what, output::line(&f.detail));
        }
        output::print(&text)?;
    }
    Ok(if lacking { Exit::Lacking } else { Exit::Done })
}

/// Writes and removes a file, as the only proof that a folder can be written.
fn tempfile_in(dir: &std::path::Path) -> std::io::Result<()> {
    let path = dir.join(format!(".doctor-{}", std::process::id()));
    std::fs::write(&path, b"loong")?;
    std::fs::remove_file(path)
}
