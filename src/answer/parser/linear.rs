//! Linear algebra on matrices whose cells are expressions: products, powers, transposes, determinants.

use super::{Parsed, scalar};
use crate::answer::expr::Expr;
use crate::answer::token::Unreadable;
use crate::answer::{Answer, Bracket};

/// Most cells of a matrix that is multiplied.
const CELLS: usize = 144;
/// Largest matrix of expressions whose determinant is written out, in rows.
const ROWS: usize = 5;
/// Most nodes of the expressions in a result: cells of cells grow by a factor with every product.
const NODES: usize = 20_000;
/// Highest power of a matrix that is multiplied out.
const POWER: i64 = 12;

/// The cells of a matrix.
pub(super) type Rows = Vec<Vec<Answer>>;

fn cells(rows: Rows) -> Result<Vec<Vec<Expr>>, Unreadable> {
    rows.into_iter().map(|r| r.into_iter().map(scalar).collect()).collect()
}

fn answers(rows: Vec<Vec<Expr>>) -> Rows {
    rows.into_iter().map(|r| r.into_iter().map(Answer::Scalar).collect()).collect()
}

/// The matrix product.
pub(super) fn product(a: Rows, b: Rows) -> Result<Rows, Unreadable> {
    let (a, b) = (cells(a)?, cells(b)?);
    Ok(answers(multiply(&a, &b)?))
}

/// How many nodes the cells have together.
fn nodes(rows: &[Vec<Expr>]) -> usize {
    rows.iter().flatten().map(|e| e.nodes() as usize).sum()
}

fn multiply(a: &[Vec<Expr>], b: &[Vec<Expr>]) -> Result<Vec<Vec<Expr>>, Unreadable> {
    let (inner, width) = (b.len(), b.first().map_or(0, Vec::len));
    if a.iter().any(|r| r.len() != inner) || a.len() * width > CELLS || inner > CELLS {
        return Err(Unreadable::Malformed);
    }
    if nodes(a).saturating_mul(width).saturating_add(nodes(b).saturating_mul(a.len())) > NODES {
        return Err(Unreadable::TooLong);
    }
    let cell = |row: &Vec<Expr>, j: usize| {
        Expr::sum(row.iter().zip(b).map(|(x, r)| Expr::product(vec![x.clone(), r[j].clone()])).collect())
    };
    Ok(a.iter().map(|row| (0..width).map(|j| cell(row, j)).collect()).collect())
}

/// A matrix to a small whole power, or transposed by a `T` in the place of one.
pub(super) fn power(rows: Rows, exponent: &Expr) -> Parsed {
    if matches!(exponent, Expr::Symbol(t) if t == "T" || t == "top") {
        return Ok(Answer::Matrix(transposed(&rows)));
    }
    if *exponent == Expr::integer(-1) {
        return inverse(rows);
    }
    let n = exponent.number().and_then(crate::answer::Number::to_i64).filter(|n| (1..=POWER).contains(n));
    let n = n.ok_or(Unreadable::Malformed)?;
    let base = cells(rows)?;
    let mut result = base.clone();
    for _ in 1..n {
        result = multiply(&result, &base)?;
    }
    Ok(Answer::Matrix(answers(result)))
}

/// The inverse, as the adjugate over the determinant.
fn inverse(rows: Rows) -> Parsed {
    let rows = cells(rows)?;
    let n = rows.len();
    if n == 0 || n > ROWS || rows.iter().any(|r| r.len() != n) {
        return Err(Unreadable::Malformed);
    }
    // Each cell is in the determinant of every minor, and that of the whole in each cell.
    if nodes(&rows).saturating_mul(n * n * 24) > 4 * NODES {
        return Err(Unreadable::TooLong);
    }
    let all: Vec<usize> = (0..n).collect();
    let whole = expanded(&rows, &all);
    if whole == Expr::integer(0) {
        return Err(Unreadable::Malformed);
    }
    let cofactor = |i: usize, j: usize| {
        let minor: Vec<Vec<Expr>> = rows.iter().enumerate().filter(|(r, _)| *r != i).map(|(_, r)| r.clone()).collect();
        let columns: Vec<usize> = all.iter().copied().filter(|c| *c != j).collect();
        let value = expanded(&minor, &columns);
        if (i + j).is_multiple_of(2) { value } else { value.negated() }
    };
    let cell = |i: usize, j: usize| cofactor(j, i).over(whole.clone());
    Ok(Answer::Matrix(answers((0..n).map(|i| (0..n).map(|j| cell(i, j)).collect()).collect())))
}

/// The sum or difference of two matrices or two vectors of one shape; `None` where they are not.
pub(super) fn sum(a: &Answer, b: &Answer, minus: bool) -> Option<Parsed> {
    let add = |x: &Answer, y: &Answer| -> Result<Answer, Unreadable> {
        let (x, y) = (scalar(x.clone())?, scalar(y.clone())?);
        Ok(Answer::Scalar(Expr::sum(vec![x, if minus { y.negated() } else { y }])))
    };
    match (a, b) {
        (Answer::Matrix(a), Answer::Matrix(b)) => {
            if a.len() != b.len() || a.iter().zip(b).any(|(x, y)| x.len() != y.len()) {
                return Some(Err(Unreadable::Malformed));
            }
            let row = |(x, y): (&Vec<Answer>, &Vec<Answer>)| x.iter().zip(y).map(|(x, y)| add(x, y)).collect();
            Some(a.iter().zip(b).map(row).collect::<Result<Rows, _>>().map(Answer::Matrix))
        }
        (
            Answer::Sequence(kind @ (Bracket::Tuple | Bracket::Vector), a),
            Answer::Sequence(Bracket::Tuple | Bracket::Vector, b),
        ) if a.len() == b.len() => {
            let items: Result<Vec<Answer>, _> = a.iter().zip(b).map(|(x, y)| add(x, y)).collect();
            Some(items.map(|items| Answer::Sequence(*kind, items)))
        }
        _ => None,
    }
}

/// The length of a vector.
pub(super) fn norm(items: Vec<Answer>) -> Parsed {
    let squares: Result<Vec<Expr>, _> =
        items.into_iter().map(|i| scalar(i).map(|e| Expr::power(e, Expr::integer(2)))).collect();
    Ok(Answer::Scalar(Expr::sum(squares?).sqrt()))
}

fn transposed(rows: &Rows) -> Rows {
    let width = rows.first().map_or(0, Vec::len);
    (0..width).map(|j| rows.iter().map(|r| r[j].clone()).collect()).collect()
}

/// The determinant, by expansion along the first row.
pub(super) fn determinant(rows: Rows) -> Parsed {
    let rows = cells(rows)?;
    if rows.is_empty() || rows.len() > ROWS || rows.iter().any(|r| r.len() != rows.len()) {
        return Err(Unreadable::Malformed);
    }
    if nodes(&rows) > NODES / 24 {
        return Err(Unreadable::TooLong);
    }
    let columns: Vec<usize> = (0..rows.len()).collect();
    Ok(Answer::Scalar(expanded(&rows, &columns)))
}

fn expanded(rows: &[Vec<Expr>], columns: &[usize]) -> Expr {
    let Some((first, rest)) = rows.split_first() else { return Expr::integer(1) };
    let terms = columns.iter().enumerate().map(|(i, column)| {
        let others: Vec<usize> = columns.iter().copied().filter(|c| c != column).collect();
        let term = Expr::product(vec![first[*column].clone(), expanded(rest, &others)]);
        if i % 2 == 0 { term } else { term.negated() }
    });
    Expr::sum(terms.collect())
}

#[cfg(test)]
mod tests {
    use crate::answer::{Hints, read};

    #[test]
    fn matrices_are_worked_out() {
        let same = |a: &str, b: &str| assert_eq!(read(a, Hints::default()), read(b, Hints::default()), "{a}");
        same(r"\begin{pmatrix}1&2\\3&4\end{pmatrix}\begin{pmatrix}0\\1\end{pmatrix}", "Matrix([[2],[4]])");
        same(r"\begin{vmatrix}1&2\\3&4\end{vmatrix}", "-2");
        same(r"\begin{bmatrix}1&2\\3&4\end{bmatrix}^2", "Matrix([[7,10],[15,22]])");
        same(r"\begin{bmatrix}1&2\end{bmatrix}^T", "Matrix([[1],[2]])");
    }
}
