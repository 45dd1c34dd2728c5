//! Faults of values on the command line, in sentences that say what to write.

use std::error::Error as _;

use clap::error::{ContextKind, ContextValue, ErrorKind};

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

/// The sentence about a value that is none of its option's; `None` where the fault is another.
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
    let wants = match error.source()?.to_string() {
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
    use clap::Parser as _;

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
        assert!(told(&Cli::try_parse_from(["loong", "run", "--nothing"]).unwrap_err()).is_none());
        assert!(Cli::try_parse_from(["loong", "run", "-n", "10_000", "--budget-usd", "2.50"]).is_ok());
    }
}
