//! `loong doctor`: what works on this machine, proven by trying it, and what to do about the rest.

mod finding;
mod machine;
mod models;
mod programs;

use clap::Args;

use super::{Context, Exit};
use finding::{Findings, Group};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  loong doctor\n  loong doctor --online\n  \
                        loong doctor --json | jq 'select(.ok == false)'\n\n\
                        Exit code: 0, or 3 where something is lacking that running programs needs.")]
pub(super) struct DoctorArgs {
    /// Ask the package index and the models too: each model gets one short question, which may cost a little
    #[arg(long)]
    online: bool,
}

pub(super) fn run(context: &Context, args: &DoctorArgs) -> anyhow::Result<Exit> {
    let mut findings = Findings::new(context);
    let online = args.online && !context.flags.offline;
    if online {
        context.say("asking the package index and the models…");
    }
    findings.add(Group::Loong, machine::version());
    let project = context.find_project();
    let (config, facts) = machine::configuration(context, project.as_deref());
    findings.extend(Group::Loong, facts);
    findings.extend(Group::Loong, machine::store(project.as_deref()));
    findings.extend(Group::Folders, machine::folders(&context.paths));
    programs::look(context, &config, online, &mut findings)?;
    findings.extend(Group::Models, models::facts(&config, online)?);
    findings.extend(Group::Terminal, machine::terminal(context));
    findings.print()
}
