//! What was found, for people and for programs.

use std::fmt::Write as _;

use console::Style;
use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use crate::cli::table::wrapped;
use crate::cli::{Context, Exit, output};
use crate::interpreter::Fact;
use crate::words::words;

words! {
    /// What findings are about.
    pub(super) enum Group {
        /// The program, its configuration and its store.
        Loong = "loong",
        /// Its folders.
        Folders = "folders",
        /// Pythons.
        Python = "python",
        /// Venvs and what makes them.
        Venvs = "venvs",
        /// What stands between programs and this machine.
        Isolation = "isolation",
        /// What programs tried, and could not.
        Proof = "proof",
        /// How many programs run at once.
        Pool = "pool",
        /// Endpoints.
        Models = "models",
        /// The terminal.
        Terminal = "terminal",
    }
}

/// One finding, as a line of JSON.
#[derive(Debug, Serialize)]
struct Finding {
    group: Group,
    #[serde(flatten)]
    fact: Fact,
}

/// Columns of the mark before a finding, with the space after it.
const MARK: usize = 6;

/// Column that what was found is not moved beyond.
const WIDEST: usize = 36;

/// All findings, in order.
pub(super) struct Findings {
    all: Vec<Finding>,
    json: bool,
    colour: bool,
}

impl Findings {
    /// None yet.
    pub(super) fn new(context: &Context) -> Self {
        let colour = !context.flags.no_color && console::colors_enabled();
        Self { all: Vec::new(), json: context.flags.json, colour }
    }

    /// Adds one.
    pub(super) fn add(&mut self, group: Group, fact: Fact) {
        self.all.push(Finding { group, fact });
    }

    /// Adds several.
    pub(super) fn extend(&mut self, group: Group, facts: impl IntoIterator<Item = Fact>) {
        self.all.extend(facts.into_iter().map(|fact| Finding { group, fact }));
    }

    /// Prints them; the exit code says whether programs can be run.
    pub(super) fn print(&self) -> anyhow::Result<Exit> {
        if self.json {
            for finding in &self.all {
                output::print_json(finding)?;
            }
        } else {
            output::print(&self.text(output::width()))?;
        }
        Ok(if self.lacking().next().is_some() { Exit::Lacking } else { Exit::Done })
    }

    /// What running programs needs and does not have.
    fn lacking(&self) -> impl Iterator<Item = &Fact> {
        self.all.iter().map(|f| &f.fact).filter(|fact| fact.needed && fact.ok == Some(false))
    }

    fn text(&self, width: usize) -> String {
        let style = |text: &str, style: Style| style.force_styling(self.colour).apply_to(text).to_string();
        let label = |fact: &Fact| output::line(&fact.what);
        let column = self.all.iter().map(|f| label(&f.fact).width()).max().unwrap_or(0).min(WIDEST);
        let indent = MARK + column + 2;
        let room = width.saturating_sub(indent).max(30);
        let mut out = String::new();
        let mut group = None;
        for Finding { group: of, fact } in &self.all {
            if group != Some(of) {
                let gap = if group.is_some() { "\n" } else { "" };
                let _ = writeln!(out, "{gap}{}", style(of.as_str(), Style::new().bold()));
                group = Some(of);
            }
            let mark = match (fact.ok, fact.needed) {
                (Some(true), _) => style("ok", Style::new().green()),
                (Some(false), true) => style("no", Style::new().red().bold()),
                (Some(false), false) => style("no", Style::new().yellow()),
                (None, _) => style("--", Style::new().dim()),
            };
            let what = label(fact);
            let pad = " ".repeat(column.saturating_sub(what.width()));
            let _ = write!(out, "  {mark}  {what}{pad}");
            let mut lines: Vec<String> =
                wrapped(&output::line(&fact.detail), room).lines().map(str::to_owned).collect();
            lines.retain(|line| !line.is_empty());
            if let Some(fix) = &fact.fix {
                let fix = wrapped(&output::line(&format!("→ {fix}")), room);
                lines.extend(fix.lines().map(|line| style(line, Style::new().cyan())));
            }
            for (i, line) in lines.iter().enumerate() {
                let lead = if i == 0 { "  ".to_owned() } else { format!("\n{}", " ".repeat(indent)) };
                out.push_str(&lead);
                out.push_str(line);
            }
            out.truncate(out.trim_end().len());
            out.push('\n');
        }
        out.push('\n');
        out.push_str(&wrapped(&self.summary(), width));
        out
    }

    /// The last line.
    fn summary(&self) -> String {
        let told = |facts: &[&Fact]| {
            facts.iter().map(|fact| fact.fix.as_ref().unwrap_or(&fact.what).clone()).collect::<Vec<_>>().join("; ")
        };
        let lacking: Vec<&Fact> = self.lacking().collect();
        let others: Vec<&Fact> =
            self.all.iter().map(|f| &f.fact).filter(|fact| !fact.needed && fact.ok == Some(false)).collect();
        let count = |n: usize, one: &str, many: &str| {
            if n == 1 { format!("1 thing {one}") } else { format!("{n} things {many}") }
        };
        match (lacking.len(), others.len()) {
            (0, 0) => "all that running needs works".to_owned(),
            (0, n) => {
                let names = others.iter().map(|fact| fact.what.as_str()).collect::<Vec<_>>().join(", ");
                format!("all that running needs works; {}: {names}", count(n, "could be better", "could be better"))
            }
            (n, _) => format!("{}: {}", count(n, "needs you", "need you"), output::line(&told(&lacking))),
        }
    }
}
