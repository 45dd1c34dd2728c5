//! Numbers as a person reads them: short, in a fixed width.

use std::time::Duration;

/// A count in at most six columns: exact below a hundred thousand, three figures above.
pub(super) fn count(n: u64) -> String {
    if n < 100_000 { n.to_string() } else { large(n as f64) }
}

/// Three figures of a large number, with its unit.
fn large(mut value: f64) -> String {
    let mut unit = "";
    for next in ["k", "M", "G", "T", "P", "E"] {
        if value < 999.5 {
            break;
        }
        (value, unit) = (value / 1000.0, next);
    }
    format!("{} {unit}", three(value))
}

/// Three figures of a number below a thousand.
fn three(value: f64) -> String {
    if value < 9.995 {
        format!("{value:.2}")
    } else if value < 99.95 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

/// A rate in at most six columns.
pub(super) fn rate(per_minute: f64) -> String {
    if !per_minute.is_finite() || per_minute < 0.0 {
        "–".to_owned()
    } else if per_minute < 999.5 {
        three(per_minute)
    } else if per_minute < 99_999.5 {
        format!("{per_minute:.0}")
    } else {
        large(per_minute.min(1e18))
    }
}

/// Seconds in at most seven columns.
pub(super) fn seconds(s: f64) -> String {
    if !s.is_finite() || s < 0.0 {
        "–".to_owned()
    } else if s < 999.5 {
        format!("{} s", three(s))
    } else {
        span(Duration::from_secs_f64(s.min(1e12)))
    }
}

/// A stretch of time.
pub(super) fn span(time: Duration) -> String {
    let s = time.as_secs();
    let (minutes, hours) = (s / 60, s / 3600);
    match s {
        0..60 => format!("{s} s"),
        60..600 => format!("{minutes} min {:02} s", s % 60),
        600..3600 => format!("{minutes} min"),
        3600..172_800 => format!("{hours} h {:02} min", minutes % 60),
        _ => format!("{} d {} h", count(hours / 24), hours % 24),
    }
}

/// A share in percent, rounded down: 100 % is all of it.
pub(super) fn percent(part: u64, whole: u64) -> String {
    match u128::from(part) * 100 {
        _ if whole == 0 => "–".to_owned(),
        hundredfold => format!("{} %", hundredfold / u128::from(whole)),
    }
}

/// `1 candidate`, `2 candidates`.
pub(super) fn some(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_rates_are_short() {
        for (n, text) in [
            (0, "0"),
            (99_999, "99999"),
            (100_000, "100 k"),
            (123_456, "123 k"),
            (999_499, "999 k"),
            (999_500, "1.00 M"),
        ] {
            assert_eq!(count(n), text);
        }
        assert_eq!(count(12_345_678), "12.3 M");
        assert_eq!(count(u64::MAX), "18.4 E");
        for (r, text) in [(0.333, "0.33"), (12.04, "12.0"), (99.96, "100"), (1234.4, "1234"), (f64::NAN, "–")] {
            assert_eq!(rate(r), text);
        }
        assert!([0.0, 9.999, 99.99, 1e5, 1e9, 1e300].iter().all(|r| rate(*r).len() <= 6));
        assert!([0.0, 0.21, 11.0, 998.0].iter().all(|s| seconds(*s).len() <= 7));
    }

    #[test]
    fn times_and_shares() {
        for (s, text) in
            [(0, "0 s"), (59, "59 s"), (61, "1 min 01 s"), (2400, "40 min"), (7260, "2 h 01 min"), (200_000, "2 d 7 h")]
        {
            assert_eq!(span(Duration::from_secs(s)), text);
        }
        assert_eq!(percent(999, 1000), "99 %");
        assert_eq!(percent(1000, 1000), "100 %");
        assert_eq!(percent(1, 0), "–");
        assert_eq!(percent(u64::MAX, 1), format!("{} %", u128::from(u64::MAX) * 100));
        assert_eq!(some(1, "item", "items"), "1 item");
    }
}
