//! Estimates with their intervals as pictures: in a row of characters, and as SVG.

use std::fmt::Write as _;

use super::stratified::Estimate;

/// A round number that the upper ends fit under, for a common scale: 1, 2 or 5 times a power of ten, at most 1.
pub fn scale(estimates: impl IntoIterator<Item = Estimate>) -> f64 {
    let known = estimates.into_iter().filter(|e| e.estimate.is_some());
    let Some(most) = known.map(|e| e.high).reduce(f64::max) else { return 1.0 };
    let steps = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5];
    steps.into_iter().find(|step| most <= *step).unwrap_or(1.0)
}

/// An interval in so many columns, from 0 to `scale`: `├──●───┤`. Nothing known is a row of dots.
pub fn whisker(estimate: &Estimate, scale: f64, columns: usize) -> String {
    let Some(rate) = estimate.estimate else { return "·".repeat(columns) };
    if columns == 0 {
        return String::new();
    }
    let place = |value: f64| {
        let share = if scale > 0.0 { (value / scale).clamp(0.0, 1.0) } else { 0.0 };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a column")]
        let column = (share * (columns - 1) as f64).round() as usize;
        column
    };
    let (low, at, high) = (place(estimate.low), place(rate), place(estimate.high));
    (0..columns)
        .map(|column| match column {
            c if c == at => '●',
            c if c == low => '├',
            c if c == high => '┤',
            c if c > low && c < high => '─',
            _ => ' ',
        })
        .collect()
}

/// A named estimate of a plot.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// What it is of.
    pub name: String,
    /// The estimate.
    pub estimate: Estimate,
}

/// Left edge of the scale, in pixels.
const LEFT: f64 = 190.0;
/// Its width.
const WIDTH: f64 = 330.0;
/// Height of a row.
const ROW: f64 = 22.0;

/// A plot of estimates with their intervals, a row each, under a title. It needs no font or colour of the place it is
/// shown in, and is the same bytes for the same figures.
pub fn svg(title: &str, bars: &[Bar]) -> String {
    let scale = scale(bars.iter().map(|b| b.estimate));
    let height = 58.0 + ROW * bars.len() as f64;
    let x = |value: f64| LEFT + WIDTH * (value / scale).clamp(0.0, 1.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 {height:.0}\" width=\"720\" height=\"{height:.0}\" \
         font-family=\"sans-serif\" font-size=\"12\" role=\"img\">\n<title>{title}</title>\n\
         <rect width=\"720\" height=\"{height:.0}\" fill=\"#ffffff\"/>\n\
         <text x=\"10\" y=\"18\" font-weight=\"bold\" fill=\"#22272e\">{title}</text>\n",
        title = escaped(title)
    );
    let bottom = 30.0 + ROW * bars.len() as f64;
    for nth in 0..=4_u8 {
        let value = scale * f64::from(nth) / 4.0;
        let _ = writeln!(
            out,
            "<line x1=\"{0:.1}\" y1=\"28\" x2=\"{0:.1}\" y2=\"{bottom:.0}\" stroke=\"#d8dbe2\"/>\n\
             <text x=\"{0:.1}\" y=\"{1:.0}\" text-anchor=\"middle\" fill=\"#5b6472\">{2}</text>",
            x(value),
            bottom + 16.0,
            percent(value)
        );
    }
    for (nth, bar) in (0_u32..).zip(bars) {
        let y = 30.0 + ROW * (f64::from(nth) + 0.5);
        let _ = writeln!(
            out,
            "<text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#22272e\">{}</text>",
            LEFT - 10.0,
            y + 4.0,
            escaped(&bar.name)
        );
        let e = bar.estimate;
        let told = match e.estimate {
            Some(rate) => {
                let (low, high) = (x(e.low), x(e.high));
                let _ = writeln!(
                    out,
                    "<path d=\"M{low:.1} {y:.1}H{high:.1}M{low:.1} {0:.1}V{1:.1}M{high:.1} {0:.1}V{1:.1}\" \
                     stroke=\"#1d5bbf\" stroke-width=\"1.5\" fill=\"none\"/>\n\
                     <circle cx=\"{2:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"#1d5bbf\"/>",
                    y - 5.0,
                    y + 5.0,
                    x(rate)
                );
                format!("{} [{}, {}] n={}", percent(rate), percent(e.low), percent(e.high), e.n)
            }
            None => format!("not known, n={}", e.n),
        };
        let _ =
            writeln!(out, "<text x=\"{:.0}\" y=\"{:.1}\" fill=\"#22272e\">{told}</text>", LEFT + WIDTH + 12.0, y + 4.0);
    }
    out.push_str("</svg>\n");
    out
}

/// A share in percent, with no more digits than an interval can bear.
pub fn percent(share: f64) -> String {
    let value = share * 100.0;
    let digits = if value >= 9.95 || value == 0.0 {
        1
    } else if value >= 0.0995 {
        2
    } else {
        3
    };
    let text = format!("{value:.digits$}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    format!("{} %", if short.is_empty() { "0" } else { short })
}

/// An estimate with its interval in percent, as a table's cell: `3.12 [2.20, 4.41]`; `–` where nothing is known. Where all
/// pairs were judged there is no interval, which is said in its place.
pub fn told(estimate: &Estimate) -> String {
    with_interval(estimate, |share| match share * 100.0 {
        value if value >= 99.95 => "100".to_owned(),
        value if value >= 9.995 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    })
}

/// The same with a digit less, for where a screen has little room: `3.1 [2.2, 4.4]`.
pub fn briefly_told(estimate: &Estimate) -> String {
    with_interval(estimate, |share| match share * 100.0 {
        value if value <= 0.0 => "0".to_owned(),
        value if value >= 9.95 => format!("{value:.0}"),
        value if value >= 0.995 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    })
}

fn with_interval(estimate: &Estimate, short: impl Fn(f64) -> String) -> String {
    match estimate.estimate {
        Some(rate) if estimate.half_width() < 1e-12 => format!("{} (all judged)", short(rate)),
        Some(rate) => format!("{} [{}, {}]", short(rate), short(estimate.low), short(estimate.high)),
        None => "–".to_owned(),
    }
}

/// Text inside markup, on one line.
fn escaped(text: &str) -> String {
    let clean = super::cleaned::clean_line(text);
    clean.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(estimate: f64, low: f64, high: f64) -> Estimate {
        Estimate { estimate: Some(estimate), low, high, n: 10 }
    }

    #[test]
    fn an_interval_is_drawn_where_it_is() {
        assert_eq!(whisker(&of(0.05, 0.02, 0.09), 0.1, 11), "  ├──●───┤ ");
        assert_eq!(whisker(&of(0.0, 0.0, 0.1), 0.1, 11), "●─────────┤");
        assert_eq!(whisker(&Estimate::UNKNOWN, 0.1, 5), "·····");
        assert_eq!(scale([of(0.05, 0.02, 0.09), Estimate::UNKNOWN]).to_bits(), 0.1_f64.to_bits());
        assert_eq!([percent(0.0), percent(0.031), percent(0.000_4), percent(1.0)], ["0 %", "3.1 %", "0.04 %", "100 %"]);
    }

    #[test]
    fn an_interval_is_told_with_the_digits_that_there_is_room_for() {
        let cells = |e| [told(&e), briefly_told(&e)];
        assert_eq!(cells(of(0.346, 0.186, 0.466)), ["34.6 [18.6, 46.6]", "35 [19, 47]"]);
        assert_eq!(cells(of(0.031_2, 0.002, 0.998)), ["3.12 [0.20, 99.8]", "3.1 [0.20, 100]"]);
        assert_eq!(cells(of(0.0, 0.0, 0.658)), ["0.00 [0.00, 65.8]", "0 [0, 66]"]);
        assert_eq!(cells(of(1.0, 1.0, 1.0)), ["100 (all judged)"; 2], "there is no interval");
        assert_eq!(cells(Estimate::UNKNOWN), ["–"; 2]);
    }

    #[test]
    fn names_cannot_break_out_of_the_plot() {
        let text = svg("a < b", &[Bar { name: "x\"/><script>".to_owned(), estimate: of(0.5, 0.4, 0.6) }]);
        assert!(text.contains("a &lt; b") && !text.contains("<script>"), "{text}");
    }
}
