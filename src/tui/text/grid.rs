//! Matrices and cases over several rows, with what stands beside them in the middle one.

use super::glyphs::is_raised;

/// Marks around the number of a grid in a text. Cleaned text has no noncharacters, so nobody else writes them.
const OPEN: char = '\u{fdd2}';
const CLOSE: char = '\u{fdd3}';

/// What stands at the sides of a grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sides {
    /// Nothing of its own: a bracket that stands beside it in the text becomes as high as it.
    Bare,
    /// `( )`
    Round,
    /// `[ ]`
    Square,
    /// `{ }`
    Curly,
    /// `| |`
    Bars,
    /// `‖ ‖`
    DoubleBars,
    /// A brace at the left.
    Cases,
}

/// Rows of cells, each a text in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grid {
    /// The cells.
    pub(super) rows: Vec<Vec<String>>,
    /// What stands around them.
    pub(super) sides: Sides,
}

/// Whether a grid begins with it.
pub(super) fn is_grid(c: char) -> bool {
    c == OPEN
}

/// What stands in a text in the place of the grid with this number.
pub(super) fn mark(nth: usize) -> String {
    format!("{OPEN}{nth}{CLOSE}")
}

/// The rows of a line with marks in it, in the order of their numbers in `grids`; none where it has no grid.
pub(super) fn rows(line: &str, grids: &[Grid]) -> Vec<String> {
    let mut parts = parts(line, grids);
    if !parts.iter().any(|part| matches!(part, Part::Grid(_))) {
        return Vec::new();
    }
    stretch(&mut parts);
    let drawn: Vec<Vec<String>> = parts.iter().map(Part::draw).collect();
    let high = drawn.iter().map(Vec::len).max().unwrap_or(1);
    let mut rows = vec![String::new(); high];
    for (nth, lines) in drawn.iter().enumerate() {
        let wide = lines.iter().map(|line| super::width(line)).max().unwrap_or(0);
        // An exponent stands at the upper corner of what it raises.
        let raised =
            nth > 0 && matches!(parts[nth - 1], Part::Grid(_)) && lines.len() == 1 && lines[0].starts_with(is_raised);
        let (top, under) = if raised { lines[0].split_at(end_of_raised(&lines[0])) } else { ("", "") };
        let from = (high - 1) / 2 - (lines.len() - 1) / 2;
        let corner = (high - 1) / 2 - nth.checked_sub(1).map_or(0, |before| (drawn[before].len() - 1) / 2);
        for (y, row) in rows.iter_mut().enumerate() {
            let line = match y.checked_sub(from).and_then(|at| lines.get(at)) {
                _ if raised && corner != from && y == corner => top.to_owned(),
                Some(_) if raised && corner != from => format!("{}{under}", " ".repeat(super::width(top))),
                Some(line) => line.clone(),
                None => String::new(),
            };
            let gap = wide.saturating_sub(super::width(&line));
            row.push_str(&line);
            row.push_str(&" ".repeat(gap));
        }
    }
    rows.iter().map(|row| row.trim_end().to_owned()).collect()
}

fn end_of_raised(text: &str) -> usize {
    text.find(|c: char| !is_raised(c)).unwrap_or(text.len())
}

/// A part of a line.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Grid(Grid),
}

fn parts(line: &str, grids: &[Grid]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = line;
    while let Some((before, behind)) = rest.split_once(OPEN) {
        let found =
            behind.split_once(CLOSE).and_then(|(nth, after)| Some((grids.get(nth.parse::<usize>().ok()?)?, after)));
        let Some((grid, after)) = found else { break };
        if !before.is_empty() {
            parts.push(Part::Text(before.to_owned()));
        }
        parts.push(Part::Grid(grid.clone()));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.to_owned()));
    }
    parts
}

/// Gives a bare grid the brackets that stand beside it in the text.
fn stretch(parts: &mut [Part]) {
    for at in 0..parts.len() {
        if !matches!(&parts[at], Part::Grid(grid) if grid.sides == Sides::Bare) {
            continue;
        }
        let text = |part: Option<&Part>| match part {
            Some(Part::Text(text)) => text.clone(),
            _ => String::new(),
        };
        let (before, behind) = (text(at.checked_sub(1).and_then(|at| parts.get(at))), text(parts.get(at + 1)));
        let (before, behind) = (before.trim_end(), behind.trim_start());
        let sides = match (before.chars().next_back(), behind.chars().next()) {
            (Some('('), Some(')')) => Sides::Round,
            (Some('['), Some(']')) => Sides::Square,
            (Some('{'), Some('}')) => Sides::Curly,
            (Some('|'), Some('|')) => Sides::Bars,
            (Some('‖'), Some('‖')) => Sides::DoubleBars,
            (Some('{'), _) => Sides::Cases,
            _ => continue,
        };
        let before = before[..before.len() - before.chars().next_back().map_or(0, char::len_utf8)].to_owned();
        if sides != Sides::Cases {
            let behind = behind.chars().skip(1).collect();
            parts[at + 1] = Part::Text(behind);
        }
        parts[at - 1] = Part::Text(before);
        if let Part::Grid(grid) = &mut parts[at] {
            grid.sides = sides;
        }
    }
}

impl Part {
    fn draw(&self) -> Vec<String> {
        match self {
            Self::Text(text) => vec![text.clone()],
            Self::Grid(grid) => grid.draw(),
        }
    }
}

impl Grid {
    fn draw(&self) -> Vec<String> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let cell = |row: usize, column: usize| self.rows[row].get(column).map_or("", String::as_str);
        let wide: Vec<usize> = (0..columns)
            .map(|column| (0..self.rows.len()).map(|row| super::width(cell(row, column))).max().unwrap_or(0))
            .collect();
        // Numbers stand under each other by their ends, cases by their beginnings, everything else by its middle.
        let numbers: Vec<bool> =
            (0..columns).map(|column| (0..self.rows.len()).all(|row| is_number(cell(row, column)))).collect();
        let high = self.rows.len();
        let line = |row: usize| {
            let cells: Vec<String> = (0..columns)
                .map(|column| {
                    let text = cell(row, column);
                    let free = wide[column].saturating_sub(super::width(text));
                    let before = match self.sides {
                        Sides::Cases => 0,
                        _ if numbers[column] => free,
                        _ => free / 2,
                    };
                    format!("{}{text}{}", " ".repeat(before), " ".repeat(free - before))
                })
                .collect();
            let (left, right) = self.sides.around(row, high);
            format!("{left}{}{right}", cells.join("  "))
        };
        (0..high).map(line).collect()
    }
}

fn is_number(cell: &str) -> bool {
    cell.chars().all(|c| c.is_ascii_digit() || matches!(c, '−' | '-' | '+' | '.' | ',' | '/'))
}

impl Sides {
    /// What stands at the left and at the right of a row of so many.
    fn around(self, row: usize, high: usize) -> (&'static str, &'static str) {
        let of = |three: [&'static str; 3]| match row {
            0 => three[0],
            _ if row + 1 == high => three[2],
            _ => three[1],
        };
        match self {
            Self::Bare => ("", ""),
            _ if high == 1 => match self {
                Self::Round => ("(", ")"),
                Self::Square => ("[", "]"),
                Self::Curly => ("{", "}"),
                Self::Cases => ("{ ", ""),
                Self::DoubleBars => ("‖", "‖"),
                Self::Bars | Self::Bare => ("│", "│"),
            },
            Self::Round => (of(["⎛", "⎜", "⎝"]), of(["⎞", "⎟", "⎠"])),
            Self::Square => (of(["⎡", "⎢", "⎣"]), of(["⎤", "⎥", "⎦"])),
            Self::Bars => ("│", "│"),
            Self::DoubleBars => ("║", "║"),
            Self::Curly => (brace(row, high, ["⎧", "⎨", "⎩"]), brace(row, high, ["⎫", "⎬", "⎭"])),
            Self::Cases => (brace(row, high, ["⎧ ", "⎨ ", "⎩ "]), ""),
        }
    }
}

/// A row of a brace, of its upper end, its middle and its lower end. Of two rows it has no middle: the signs that Unicode has
/// for that are in few fonts.
fn brace(row: usize, high: usize, of: [&'static str; 3]) -> &'static str {
    match row {
        0 => of[0],
        _ if row + 1 == high => of[2],
        _ if row == (high - 1) / 2 => of[1],
        _ if of[0].ends_with(' ') => "⎪ ",
        _ => "⎪",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(sides: Sides, cells: &[&[&str]]) -> Grid {
        let row = |row: &&[&str]| row.iter().map(|cell| (*cell).to_owned()).collect();
        Grid { rows: cells.iter().map(row).collect(), sides }
    }

    #[test]
    fn what_stands_beside_is_in_the_middle_and_exponents_at_the_corner() {
        let a = grid(Sides::Round, &[&["2", "−1", "0"], &["10", "2", "3"], &["0", "3", "2"]]);
        let b = grid(Sides::Square, &[&["x"], &["y + 1"]]);
        let line = format!("A = {}ᵀ{} = b", mark(0), mark(1));
        assert_eq!(
            rows(&line, &[a, b]),
            [
                "    ⎛ 2  −1  0⎞ᵀ", //
                "A = ⎜10   2  3⎟ ⎡  x  ⎤ = b",
                "    ⎝ 0   3  2⎠ ⎣y + 1⎦",
            ]
        );
    }

    #[test]
    fn brackets_beside_a_bare_grid_grow() {
        let bare = || grid(Sides::Bare, &[&["1", "2"], &["3", "4"]]);
        assert_eq!(rows(&format!("[ {} ]²", mark(0)), &[bare()]), ["⎡1  2⎤²", "⎣3  4⎦"]);
        assert_eq!(rows(&format!("f = {{ {}", mark(0)), &[bare()]), ["f = ⎧ 1  2", "    ⎩ 3  4"]);
        assert_eq!(rows(&format!("f {}", mark(0)), &[bare()]), ["f 1  2", "  3  4"]);
        // What is no exponent stands beside it.
        assert_eq!(rows(&format!("({})−α", mark(0)), &[bare()]), ["⎛1  2⎞−α", "⎝3  4⎠"]);
    }

    #[test]
    fn cases_stand_behind_a_brace_by_their_beginnings() {
        let cases = grid(Sides::Cases, &[&["1", "x > 0"], &["−10", "x = 0"], &["0", "else"]]);
        assert_eq!(
            rows(&format!("f(x) = {}", mark(0)), &[cases]),
            ["       ⎧ 1    x > 0", "f(x) = ⎨ −10  x = 0", "       ⎩ 0    else"]
        );
    }

    #[test]
    fn a_line_without_a_grid_has_no_rows_of_its_own() {
        assert!(rows("x = 1", &[]).is_empty());
        assert!(rows(&mark(3), &[]).is_empty());
    }
}
