//! The dataset card beside an export: what a reader of the data should know, with the front matter that dataset hubs
//! read. A pure function of the manifest.

use std::fmt::Write as _;

use super::manifest::{FileFacts, Manifest};
use super::members::ranges;
use super::options::{Duplicates, Encoding, Reasoning, WhichResponses};
use super::place::KINDS;
use super::tally::Tally;
use crate::review::cleaned::clean_line;
use crate::review::proportion::Proportion;
use crate::words::some;

const CITATION: &str = "@misc{loong2025,\n  \
    title = {Loong: Synthesize Long Chain-of-Thoughts at Scale through Verifiers},\n  \
    author = {Huang, Xingyue and others},\n  \
    eprint = {2509.03059},\n  \
    archivePrefix = {arXiv},\n  \
    year = {2025},\n  \
    url = {https://arxiv.org/abs/2509.03059}\n}\n";

/// The card's text.
pub(super) fn render(manifest: &Manifest) -> String {
    let mut card = front_matter(manifest);
    let tests: Vec<&FileFacts> = manifest.tests().collect();
    let (train, test) = (named(manifest.files()), named(manifest.tests()));
    let (held, load) = if tests.is_empty() {
        (String::new(), format!("data_files={train}, split=\"train\""))
    } else {
        let names: Vec<String> = tests.iter().map(|test| format!("`{}`", plain(&test.name))).collect();
        (
            format!(", and {} in the test part {}", tests.iter().map(|test| test.rows).sum::<u64>(), names.join(", ")),
            format!("data_files={{\"train\": {train}, \"test\": {test}}}"),
        )
    };
    let loader = match manifest.encoding {
        Encoding::Lines => "json",
        Encoding::Parquet => "parquet",
    };
    let _ = write!(
        card,
        "\n# {}\n\n{}{held}, from {}, exported by loong {} in the format `{}`.\n\n\
         ```python\nfrom datasets import load_dataset\n\ndata = load_dataset(\"{loader}\", {load})\n```\n",
        plain(stem(manifest)),
        some(manifest.rows(), "row"),
        some(manifest.candidates.written, "candidate"),
        manifest.loong,
        manifest.format,
    );
    let _ = write!(card, "\n## Columns\n\n{}", manifest.format.format().columns());
    card.push_str("\n## What is in it\n\n");
    table(&mut card, "domain", "candidates", &manifest.domains);
    table(&mut card, "origin", "candidates", &manifest.origins);
    table(&mut card, "strategy or source", "candidates", &manifest.strategies);
    table(&mut card, "generator", "candidates", &manifest.generators);
    table(&mut card, "solver", "verified responses", &manifest.solvers);
    table(&mut card, "licence named by the source", "candidates", &manifest.licences);
    selection(&mut card, manifest);
    methods(&mut card, manifest);
    audit(&mut card, manifest);
    card.push_str(
        "\n## Reproducing it\n\nThe rows are a function of the stored candidates, people's decisions and the options: the \
         same export again gives the same bytes.\n",
    );
    for file in manifest.files() {
        let name = plain(&file.name);
        let _ = writeln!(card, "`{name}` has {} bytes and the blake3 hash\n`{}`.", file.bytes, file.blake3);
    }
    card.push_str(
        "The manifest beside this card has the filter, the options, all counts, the verifier's versions and the hashes of \
         the generator's prompts.\n",
    );
    card.push_str(
        "\n## Licence\n\nNo licence is claimed here. Questions made from seeds, imported rollouts and model output are each \
         under the terms of their sources; who publishes this dataset has to check them and say.\n",
    );
    let _ = write!(card, "\n## Citation\n\nThe method is that of Project Loong:\n\n```bibtex\n{CITATION}```\n");
    card
}

/// YAML between `---` lines. Strings are in JSON's notation, which is YAML's too.
fn front_matter(manifest: &Manifest) -> String {
    let size = match manifest.rows() {
        0..1_000 => "n<1K",
        1_000..10_000 => "1K<n<10K",
        10_000..100_000 => "10K<n<100K",
        100_000..1_000_000 => "100K<n<1M",
        1_000_000..10_000_000 => "1M<n<10M",
        _ => "n>10M",
    };
    let mut front = format!("---\npretty_name: {}\ntags:\n", quoted(stem(manifest)));
    for tag in ["synthetic", "reasoning", "verifiable", "loong", "arxiv:2509.03059"] {
        let _ = writeln!(front, "- {}", quoted(tag));
    }
    let _ = write!(
        front,
        "task_categories:\n- text-generation\nsize_categories:\n- {size}\nconfigs:\n- config_name: default\n  \
         data_files:\n  - split: train\n    path: {}\n",
        named(manifest.files())
    );
    if manifest.tests().next().is_some() {
        let _ = writeln!(front, "  - split: test\n    path: {}", named(manifest.tests()));
    }
    front + "---\n"
}

fn selection(card: &mut String, manifest: &Manifest) {
    let candidates = &manifest.candidates;
    card.push_str("\n## How it was selected\n\n");
    let filter = if manifest.filter.is_empty() {
        "every candidate of the project".to_owned()
    } else {
        format!("the candidates that match `{}`", plain(&manifest.filter))
    };
    let rule = if manifest.options.all {
        "All of them were taken, **also what failed or was refuted**: look at `standing` and `curation` of each."
    } else {
        "Of these it holds what a person accepted, and what the verifier (or a person who judged the pair) found to agree \
         and nobody rejected; never what is flagged, contested, or has no question or reference answer."
    };
    let _ = writeln!(card, "It was drawn from {filter}: {} candidates. {rule}", candidates.seen);
    if manifest.format.format().has_responses() {
        let which = match manifest.options.responses {
            WhichResponses::FirstVerified => "the first verified response",
            WhichResponses::ShortestVerified => "the shortest verified response",
            WhichResponses::AllVerified => "every verified response, a row each",
        };
        let reasoning = match manifest.options.reasoning {
            Reasoning::Drop => "Reasoning that a model gave apart from its reply was left out",
            Reasoning::Think => "Reasoning that a model gave apart from its reply stands between `<think>` tags",
            Reasoning::Field => "Reasoning that a model gave apart from its reply stands in `reasoning_content`",
        };
        let _ = writeln!(card, "Of each candidate it takes {which}. {reasoning}.");
    }
    if manifest.tests().next().is_some() {
        let percent = f64::from(manifest.options.test_per_mille) / 10.0;
        let _ = writeln!(
            card,
            "The test part holds the families (a seed with all that was made from it) whose name hashes into the lowest \
             {percent} %; no family is in both parts."
        );
    }
    if manifest.options.duplicates == Duplicates::DropNear {
        card.push_str(
            "Of questions that are nearly the same (the same numbers and operators in the same order, and at least seven in \
             ten of the pairs of neighbouring words) the first one was taken.\n",
        );
    }
    if !manifest.against.is_empty() {
        let files: Vec<String> =
            manifest.against.iter().map(|file| format!("`{}` ({})", plain(&file.name), file.candidates)).collect();
        let _ = writeln!(
            card,
            "Questions were left out that stand whole, or with {} words in a row, in one of these files (in brackets, how \
             many it kept out): {}.",
            manifest.options.ngram,
            files.join(", ")
        );
    }
    let accepted = manifest.accepted_by_people;
    if accepted > 0 {
        let _ = writeln!(card, "{accepted} of the candidates in it were accepted by a person.");
    }
    if manifest.revised > 0 {
        let _ = writeln!(
            card,
            "Of {} a person corrected the question, the code or the reference answer; the format `raw` has what stood there \
             before.",
            manifest.revised
        );
    }
    if !manifest.options.all {
        let _ = writeln!(
            card,
            "{} of the candidates in it stand by agreement alone.",
            candidates.written.saturating_sub(accepted)
        );
    }
    drift(card, manifest);
    if candidates.skipped.total() > 0 {
        card.push('\n');
        table(card, "left out because", "candidates", &candidates.skipped);
    }
}

/// What the files still have, and a new export would not.
fn drift(card: &mut String, manifest: &Manifest) {
    for (reason, ids) in &manifest.drift.withdrawn {
        let _ = writeln!(
            card,
            "**Withdrawn since they were written: {} candidates ({}).** Their rows are still in the files: {}.",
            ids.len(),
            plain(reason),
            ranges(ids)
        );
    }
    let changed = &manifest.drift.changed;
    if !changed.is_empty() {
        let _ = writeln!(
            card,
            "**Changed since they were written: {} candidates.** Their rows in the files are the old ones: {}.",
            changed.len(),
            ranges(changed)
        );
    }
}

fn methods(card: &mut String, manifest: &Manifest) {
    card.push_str("\n## Methods\n\n");
    let made = manifest.origins.get("loop");
    if made > 0 {
        let _ = writeln!(
            card,
            "{made} of the candidates were made by the Loong loop (arXiv 2509.03059): by the strategies named above, a \
             generator derived a question and Python code from a seed dataset; the code was executed in isolation, and \
             what it printed is the reference answer. Independently, a solver model answered the question in a chain of \
             thought, without seeing code or reference. A verifier compared the two answers semantically."
        );
    }
    let given = manifest.candidates.written.saturating_sub(made);
    if given > 0 {
        let _ = writeln!(
            card,
            "{given} of the candidates were not made by the loop: their questions and reference answers are those of imported \
             rollouts, seeds or episodes, and were checked against responses only as far as the counts above say."
        );
    }
    let versions: Vec<String> =
        manifest.verifiers.iter().map(|(version, n)| format!("{} ({n})", plain(version))).collect();
    if !versions.is_empty() {
        let _ = writeln!(card, "Verifier versions, with the number of verdicts: {}.", versions.join(", "));
    }
    card.push_str(
        "Agreement of two answers made by unlike means is evidence, not proof: both can be wrong in the same way, and a \
         question can be unclear without either answer showing it.\n",
    );
}

fn audit(card: &mut String, manifest: &Manifest) {
    let audit = &manifest.audit;
    card.push_str("\n## How often the verifier errs\n\n");
    if audit.overall.pairs == 0 {
        card.push_str("No pair of these candidates has been judged by a person, so nothing is known about it here.\n");
        return;
    }
    let _ = writeln!(
        card,
        "Measured over the pairs that the filter gave, exported or not: {}.\n\n| measure | of | estimate | 95 % interval |\n|---|--:|--:|---|",
        audit.basis
    );
    let mut line = |name: &str, p: &Proportion| {
        let estimate = p.estimate.map_or_else(|| "–".to_owned(), |estimate| format!("{estimate:.4}"));
        let _ = writeln!(card, "| {name} | {}/{} | {estimate} | {:.4}–{:.4} |", p.k, p.n, p.low, p.high);
    };
    line("false-negative rate", &audit.overall.false_negative);
    line("false-positive rate", &audit.overall.false_positive);
    line("precision", &audit.overall.precision);
    line("recall", &audit.overall.recall);
    line("undecided", &audit.overall.undecided);
}

/// A two-column table, or nothing when there is nothing to tell.
fn table(card: &mut String, what: &str, counted: &str, tally: &Tally) {
    if tally.total() == 0 {
        return;
    }
    let _ = writeln!(card, "| {what} | {counted} |\n|---|--:|");
    for (name, n) in tally.iter() {
        let name = if name.is_empty() { "(unknown)".to_owned() } else { plain(name) };
        let _ = writeln!(card, "| {name} | {n} |");
    }
    if tally.others() > 0 {
        let _ = writeln!(card, "| (others) | {} |", tally.others());
    }
    card.push('\n');
}

/// The dataset's name: the file's, without the ending that tells the kind of file.
fn stem(manifest: &Manifest) -> &str {
    let name = manifest.file.name.as_str();
    KINDS.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name)
}

/// A name inside Markdown: one line, nothing hidden, no markup.
fn plain(name: &str) -> String {
    clean_line(name).replace('\\', "\\\\").replace('|', "\\|").replace('`', "'").replace('<', "&lt;")
}

/// Names of files in JSON's notation, as a list where there are several.
fn named<'f>(files: impl Iterator<Item = &'f FileFacts>) -> String {
    let names: Vec<String> = files.map(|file| quoted(&file.name)).collect();
    match &names[..] {
        [one] => one.clone(),
        _ => format!("[{}]", names.join(", ")),
    }
}

/// A string in JSON's notation.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
