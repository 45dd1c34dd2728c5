//! Dates and times of day: what a calendar and a clock say, however it is written.

use super::read::words_of;

/// The months' names, in lower case.
pub(crate) const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// A date as far as it is written; never less than a month with a day or a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date {
    /// The year, where it is written.
    pub year: Option<u16>,
    /// The month, 1 to 12.
    pub month: u8,
    /// The day of the month, where it is written.
    pub day: Option<u8>,
    /// Day and month may be the other way round, as in `03/05/2024`.
    pub ambiguous: bool,
}

/// A time of day, or a span of hours, minutes and seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Time {
    /// Hours, 0 to 23 unless it is a span.
    pub hours: u16,
    /// Minutes.
    pub minutes: u8,
    /// Seconds, where they are written.
    pub seconds: Option<u8>,
    /// Whether a.m. or p.m. is written, and so it is no span and no ratio.
    pub of_day: bool,
}

impl Date {
    /// Day and month the other way round.
    #[must_use]
    pub fn swapped(self) -> Self {
        match self.day {
            Some(day) => Self { month: day, day: Some(self.month), ..self },
            None => self,
        }
    }

    /// Reads a text that is a date and nothing else.
    ///
    /// ```
    /// use loong::answer::calendar::Date;
    /// assert_eq!(Date::read("5 March 2024"), Date::read("2024-03-05"));
    /// assert_eq!(Date::read("March"), None);
    /// ```
    pub fn read(text: &str) -> Option<Self> {
        if text.len() > 60 || !text.bytes().any(|b| b.is_ascii_digit()) {
            return None;
        }
        Self::figures(text).or_else(|| Self::words(text))
    }

    /// `2024-03-05`, `13/05/2024`.
    fn figures(text: &str) -> Option<Self> {
        let mark = ['-', '/', '.'].into_iter().find(|m| text.matches(*m).count() == 2)?;
        let parts: Vec<&str> = text.split(mark).collect();
        let [a, b, c] = <[&str; 3]>::try_from(parts).ok()?;
        let digits = |t: &str| !t.is_empty() && t.len() <= 4 && t.bytes().all(|b| b.is_ascii_digit());
        if ![a, b, c].into_iter().all(digits) {
            return None;
        }
        if a.len() == 4 && b.len() == 2 && c.len() == 2 {
            return Self::valid(year(a)?, b.parse().ok()?, c.parse().ok()?, false);
        }
        // A hyphen between short numbers is a subtraction.
        if mark == '-' || c.len() != 4 || a.len() > 2 || b.len() > 2 {
            return None;
        }
        let (first, second): (u8, u8) = (a.parse().ok()?, b.parse().ok()?);
        let year = year(c)?;
        match (first <= 12, second <= 12) {
            (true, true) => Self::valid(year, first, second, first != second),
            (true, false) => Self::valid(year, first, second, false),
            _ => Self::valid(year, second, first, false),
        }
    }

    fn valid(year: u16, month: u8, day: u8, ambiguous: bool) -> Option<Self> {
        let longest = match month {
            2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (1..=longest).contains(&day).then_some(Self { year: Some(year), month, day: Some(day), ambiguous })
    }

    /// `March 5th, 2024`, `the 5th of March`, `March 2024`.
    fn words(text: &str) -> Option<Self> {
        let named = |w: &str| {
            let is = |m: &str| {
                w.eq_ignore_ascii_case(m)
                    || w.len() == 3 && w.eq_ignore_ascii_case(&m[..3])
                    || m == "september" && w.eq_ignore_ascii_case("sept")
            };
            let at = MONTHS.iter().position(|m| is(m))?;
            u8::try_from(at + 1).ok()
        };
        let letters = |b: u8| b.is_ascii_alphabetic();
        // Most texts have no month in them, and are done with here.
        text.split(|c: char| !c.is_ascii_alphabetic()).find_map(|w| (w.len() >= 3).then(|| named(w))?)?;
        let plain = words_of(text);
        let (mut year_said, mut month, mut day) = (None, None, None);
        for word in plain.split([' ', ',', '.']).filter(|w| !w.is_empty()) {
            let lower = word.to_ascii_lowercase();
            let taken = if let Some(m) = named(&lower) {
                month.replace(m).is_some()
            } else if let Some(y) = year(word) {
                year_said.replace(y).is_some()
            } else if word.as_bytes()[0].is_ascii_digit() {
                let number = ["st", "nd", "rd", "th"].iter().find_map(|s| lower.strip_suffix(s)).unwrap_or(&lower);
                let n = number.parse::<u8>().ok().filter(|n| (1..=31).contains(n) && number.len() <= 2)?;
                day.replace(n).is_some()
            } else {
                let weekday = lower.bytes().all(letters) && lower.ends_with("day");
                !(weekday || matches!(lower.as_str(), "on" | "in" | "the" | "of"))
            };
            if taken {
                return None;
            }
        }
        let month = month?;
        if day.is_none() && year_said.is_none() {
            return None;
        }
        // The 29th of February may be, where the year is not said.
        Self::valid(year_said.unwrap_or(2000), month, day.unwrap_or(1), false)?;
        Some(Self { year: year_said, month, day, ambiguous: false })
    }
}

/// A year of four digits.
fn year(text: &str) -> Option<u16> {
    let year: u16 = text.parse().ok()?;
    (text.len() == 4 && (1000..3000).contains(&year)).then_some(year)
}

impl Time {
    /// Reads a text that is a time and nothing else: `14:30`, `2:30 PM`, `9 a.m.`, `1:30:00`.
    ///
    /// ```
    /// use loong::answer::calendar::Time;
    /// let afternoon = Time::read("2:30 p.m.").unwrap();
    /// assert_eq!((afternoon.hours, afternoon.minutes), (14, 30));
    /// assert_eq!(Time::read("2:3"), None);
    /// ```
    pub fn read(text: &str) -> Option<Self> {
        if text.len() > 40
            || !text.starts_with(|c: char| c.is_ascii_digit())
            || !text.bytes().any(|b| matches!(b, b':' | b'm' | b'M'))
        {
            return None;
        }
        let lower = text.to_ascii_lowercase().replace("\\text", "").replace(['.', '{', '}', ' ', '~', '\\', ','], "");
        let half = ["am", "pm"].into_iter().find(|h| lower.ends_with(h));
        let digits = half.map_or(&lower[..], |h| &lower[..lower.len() - h.len()]);
        let mut parts = digits.split(':');
        let hours = parts.next().filter(|h| matches!(h.len(), 1 | 2))?;
        let two = |t: &str| (t.len() == 2).then(|| t.parse::<u8>().ok().filter(|n| *n < 60))?;
        let (minutes, seconds) = (parts.next(), parts.next());
        if parts.next().is_some() || minutes.is_none() && half.is_none() {
            return None;
        }
        let minutes = minutes.map_or(Some(0), two)?;
        let seconds = match seconds {
            Some(s) => Some(two(s)?),
            None => None,
        };
        let mut hours: u16 = hours.parse().ok()?;
        if let Some(half) = half {
            if !(1..=12).contains(&hours) {
                return None;
            }
            hours = hours % 12 + if half == "pm" { 12 } else { 0 };
        }
        Some(Self { hours, minutes, seconds, of_day: half.is_some() })
    }

    /// As a span, in seconds.
    pub fn total(self) -> i64 {
        i64::from(self.hours) * 3600 + i64::from(self.minutes) * 60 + i64::from(self.seconds.unwrap_or(0))
    }
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let month = MONTHS[usize::from(self.month.clamp(1, 12)) - 1];
        let month = format!("{}{}", month[..1].to_uppercase(), &month[1..]);
        match (self.day, self.year) {
            (Some(day), Some(year)) if self.ambiguous => write!(f, "{:02}/{day:02}/{year}", self.month),
            (Some(day), Some(year)) => write!(f, "{year}-{:02}-{day:02}", self.month),
            (Some(day), None) => write!(f, "{month} {day}"),
            (None, Some(year)) => write!(f, "{month} {year}"),
            (None, None) => f.write_str(&month),
        }
    }
}

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{:02}", self.hours, self.minutes)?;
        self.seconds.map_or(Ok(()), |s| write!(f, ":{s:02}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_read_in_every_order() {
        let day = Date::read("2024-03-05");
        for text in ["5 March 2024", "March 5th, 2024", "the 5th of March, 2024", "Tuesday, Mar. 5, 2024", "2024/03/05"]
        {
            assert_eq!(Date::read(text), day, "{text}");
        }
        assert!(Date::read("03/05/2024").unwrap().ambiguous);
        assert_eq!(Date::read("13/05/2024"), Date::read("05/13/2024"));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in
            ["2024", "May", "2023-02-29", "3-5-2024", "1990-2000", "12", "marching 5", "5 March 6 2024", "10/20"]
        {
            assert_eq!(Date::read(text), None, "{text}");
        }
        for text in ["2:3", "7:60", "13 pm", "am", "x"] {
            assert_eq!(Time::read(text), None, "{text}");
        }
        assert_eq!(Time::read("12:05 AM").unwrap().hours, 0);
    }
}
