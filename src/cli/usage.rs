//! Faults of values on the command line, in sentences that say what to write.

use std::error::Error as _;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::engine::ShardError;
use crate::failure::UnknownWord;

/// A whole number from 1 up.
pub(super) fn whole(text: &str) -> Result<u64, String> {
    let number = text.replace('_', "").parse().ok().filter(|n| *n > 0);
    number.ok_or_else(|| "a whole number from 1 up, such as 200; for none at all it is left out".to_owned())
}

/// The number of a run.
pub(super) fn number(text: &str) -> Result<i64, String> {
    let number = text.parse().ok().filter(|n| *n > 0);
    number.ok_or_else(|| "the number of a run, such as 3; `loong stats` lists them".to_owned())
}

/// A sum of money.
pub(super) fn money(text: &str) -> Result<f64, String> {
    let sum = text.trim_start_matches('$').parse().ok().filter(|usd: &f64| usd.is_finite() && *usd > 0.0);
    sum.ok_or_else(|| "a sum of money in US dollars above 0, such as 2.50; for none at all it is left out".to_owned())
}

/// The sentence about a value that is none of its option's; `None` where the fault is another. What an option's parser says
/// stands in the middle of it: what is wanted, and no sentence of its own.
pub(super) fn told(error: &clap::Error) -> Option<String> {
    if error.kind() != ErrorKind::ValueValidation {
        return None;
    }
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let (option, value) = (text(ContextKind::InvalidArg)?, text(ContextKind::InvalidValue)?);
    let option = option.split_whitespace().next().unwrap_or_default().to_owned();
    let source = error.source()?;
    if let Some(unknown) = source.downcast_ref::<UnknownWord>() {
        return Some(format!("{option} wants one of {}. \u{201c}{value}\u{201d} is none of them.", unknown.known));
    }
    let wants = match source.to_string() {
        _ if source.is::<ShardError>() => "a part of how many, counted from 1, such as 2/8".to_owned(),
        // What the standard library says of numbers.
        why if why.contains("digit") || why.contains("integer") || why.contains("too large to fit") => {
            "a whole number".to_owned()
        }
        why if why.contains("float") => "a number".to_owned(),
        why => match why.split_once(" is not in ") {
            Some((_, range)) => format!("a number in {range}"),
            None => why,
        },
    };
    Some(format!("{option} wants {wants}. \u{201c}{value}\u{201d} is not that."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use clap::{CommandFactory as _, Parser as _};

    #[test]
    fn a_value_that_is_none_gets_a_sentence() {
        for (arguments, said) in [
            (["run", "-n", "abc"], "--candidates wants a whole number from 1 up"),
            (["run", "-n", "-3"], "--candidates wants a whole number from 1 up"),
            (["run", "--budget-usd", "-1"], "--budget-usd wants a sum of money in US dollars above 0"),
            (["run", "--budget-usd", "nan"], "--budget-usd wants a sum of money"),
            (["run", "--budget-tokens", "0"], "--budget-tokens wants a whole number from 1 up"),
            (["run", "--resume", "x"], "--resume wants the number of a run"),
            (["verify", "-j", "many"], "--jobs wants a whole number"),
        ] {
            let error = Cli::try_parse_from(["loong"].iter().chain(&arguments)).unwrap_err();
            let told = told(&error).unwrap_or_else(|| panic!("{error}"));
            assert!(told.starts_with(said) && told.contains(arguments[2]), "{told}");
        }
        for (arguments, said) in [
            (["export", "--format=foo"], "--format wants one of loong, messages, "),
            (["verify", "--preset=foo"], "--preset wants one of strict, standard, lenient."),
            (["export", "--test=3"], "--test wants a part of the whole below 1, such as 0.1 or 10%."),
            (["run", "--shard=3/2"], "--shard wants a part of how many, counted from 1, such as 2/8."),
            (
                ["venvs prune", "--older-than=5"],
                "--older-than wants a number with s, m, h, d or w behind it, such as 30d.",
            ),
        ] {
            let words = ["loong"].into_iter().chain(arguments[0].split(' ')).chain([arguments[1]]);
            let told = told(&Cli::try_parse_from(words).unwrap_err()).unwrap();
            assert!(told.starts_with(said), "{told}");
        }
        assert!(told(&Cli::try_parse_from(["loong", "run", "--nothing"]).unwrap_err()).is_none());
        assert!(Cli::try_parse_from(["loong", "run", "-n", "10_000", "--budget-usd", "2.50"]).is_ok());
    }

    /// What any option's parser says fits behind `wants`.
    #[test]
    fn what_is_said_of_a_value_is_one_sentence_whatever_the_option() {
        let mut ahead = vec![(vec!["loong".to_owned()], Cli::command())];
        let mut said = std::collections::BTreeSet::new();
        while let Some((words, command)) = ahead.pop() {
            for arg in command.get_arguments().filter(|arg| arg.get_action().takes_values()) {
                for bad in ["?!", "0", "-1", "9/8", "99999999999999999999"] {
                    let value = arg.get_long().map_or_else(|| bad.to_owned(), |long| format!("--{long}={bad}"));
                    let fault = Cli::try_parse_from(words.iter().cloned().chain([value]));
                    let Some(told) = fault.err().as_ref().and_then(told) else { continue };
                    let (_, wants) = told.split_once(" wants ").unwrap_or_else(|| panic!("{told}"));
                    let begins = ["a ", "an ", "one of ", "the "].iter().any(|article| wants.starts_with(article));
                    let own = [" is not a ", " is not one ", " is no ", "write "];
                    let other = own.iter().find(|words| wants.contains(**words));
                    assert!(begins && other.is_none() && wants.ends_with('.'), "{words:?}: {told}");
                    said.insert(wants.to_owned());
                }
            }
            for sub in command.get_subcommands() {
                ahead.push((words.iter().cloned().chain([sub.get_name().to_owned()]).collect(), sub.clone()));
            }
        }
        assert!(said.len() > 20, "{said:#?}");
    }
}
