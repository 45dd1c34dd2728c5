//! Environments of LaTeX: matrices, cases, aligned lines.

use super::factors::Row;
use super::grid::{self, Grid, Sides};
use super::latex::{DEPTH, Reader, tidy};

impl Reader<'_> {
    /// An environment: matrices between their brackets, cases behind a brace, aligned lines as lines.
    pub(super) fn environment(&mut self) -> String {
        let name = self.words();
        let name = name.trim_end_matches('*');
        if name == "array" || name == "tabular" {
            self.words();
        }
        if self.depth >= DEPTH {
            return format!("\\begin{{{name}}}");
        }
        self.depth += 1;
        let sides = sides(name);
        self.inline += u32::from(sides.is_some());
        let mut rows: Vec<Vec<String>> = vec![vec![String::new()]];
        loop {
            let piece = self.cell();
            if let Some(cell) = rows.last_mut().and_then(|row| row.last_mut()) {
                cell.push_str(&piece);
            }
            match self.peek() {
                Some('&') => {
                    self.at += 1;
                    if let Some(row) = rows.last_mut() {
                        row.push(String::new());
                    }
                }
                Some('\\') if self.is_at("\\\\") => {
                    self.at += 2;
                    self.optional();
                    rows.push(vec![String::new()]);
                }
                Some('\\') if self.is_at("\\end") => {
                    self.at += 4;
                    self.words();
                    break;
                }
                // A brace that closes nothing here.
                Some('}') => self.at += 1,
                _ => break,
            }
        }
        self.depth -= 1;
        self.inline -= u32::from(sides.is_some());
        let rows: Vec<Vec<String>> = rows
            .into_iter()
            .map(|row| row.iter().map(|cell| tidy(cell)).collect::<Vec<_>>())
            .filter(|row: &Vec<String>| row.iter().any(|cell| !cell.is_empty()))
            .collect();
        if let (Some(sides), Some(grids), 0, 2..) = (sides, &mut self.grids, self.inline, rows.len()) {
            grids.push(Grid { rows, sides });
            return grid::mark(grids.len() - 1);
        }
        let lines = |between: &str| rows.iter().map(|row| row.join(between)).collect::<Vec<_>>();
        match name {
            "matrix" | "smallmatrix" | "array" | "tabular" | "bmatrix" => format!("[{}]", lines(" ").join("; ")),
            "pmatrix" => format!("({})", lines(" ").join("; ")),
            "Bmatrix" => format!("{{{}}}", lines(" ").join("; ")),
            "vmatrix" => format!("|{}|", lines(" ").join("; ")),
            "Vmatrix" => format!("‖{}‖", lines(" ").join("; ")),
            "cases" => format!("{{ {}", lines("  ").join("; ")),
            _ => lines(" ").join("\n"),
        }
    }

    /// A cell of an environment: up to `&`, the end of the row, or the environment's.
    fn cell(&mut self) -> String {
        let mut row = Row::default();
        while let Some(c) = self.peek() {
            if c == '&' || c == '}' || self.is_at("\\\\") || self.is_at("\\end{") {
                break;
            }
            let start = self.at;
            self.put(c, &mut row);
            row.settle();
            debug_assert!(self.at > start, "every turn reads something");
        }
        row.text
    }
}

/// What stands around the cells of an environment that is a matrix or cases.
fn sides(name: &str) -> Option<Sides> {
    Some(match name {
        "matrix" | "smallmatrix" | "array" | "tabular" => Sides::Bare,
        "pmatrix" => Sides::Round,
        "bmatrix" => Sides::Square,
        "Bmatrix" => Sides::Curly,
        "vmatrix" => Sides::Bars,
        "Vmatrix" => Sides::DoubleBars,
        "cases" => Sides::Cases,
        _ => return None,
    })
}
