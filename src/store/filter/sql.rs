//! From a filter to a condition on `candidate c`. Every value is a parameter; the condition's text is made of the field
//! table alone.
//!
//! A comparison with what is absent is unknown to SQL, and a filter knows no such thing: at every complement, what is
//! inside counts as true or not true.

use std::fmt::{self, Write};

use rusqlite::types::Value;

use super::ast::{Expr, Op, Term};
use super::field::{FieldType, Scope};
use crate::store::search;

/// The condition and its parameters, from `?1` on.
pub(super) fn condition(expr: Option<&Expr>) -> (String, Vec<Value>) {
    let mut out = Sql { text: String::new(), values: Vec::new() };
    match expr {
        Some(expr) => out.expr(expr),
        None => out.text.push_str("TRUE"),
    }
    (out.text, out.values)
}

/// A condition of which the search index can name all candidates that may meet it.
pub(in crate::store) struct Narrowed {
    /// What the index is asked.
    pub(in crate::store) query: String,
    /// What they must meet as well: the condition without the index's part in it.
    pub(in crate::store) condition: String,
    /// The condition's parameters, from `?1` on.
    pub(in crate::store) values: Vec<Value>,
}

/// The condition, where one of the terms that must all be met is a text to be contained that the index knows.
pub(super) fn narrowed(expr: &Expr) -> Option<Narrowed> {
    let parts = match expr {
        Expr::All(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut queries = Vec::new();
    let mut out = Sql { text: String::new(), values: Vec::new() };
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            out.text.push_str(" AND ");
        }
        match part {
            Expr::Term(term) if let Some(query) = query_of(term) => {
                queries.push(query);
                out.places(term);
            }
            other => out.expr(other),
        }
    }
    (!queries.is_empty()).then(|| Narrowed { query: queries.join(" AND "), condition: out.text, values: out.values })
}

/// What the search index is asked about a term, where it can rule candidates out.
fn query_of(term: &Term) -> Option<String> {
    let indexed = term.op == Op::Contains && term.field.places.iter().all(|(scope, sql)| is_indexed(*scope, sql));
    if indexed { search::index_query(&term.values[0]) } else { None }
}

struct Sql {
    text: String,
    values: Vec<Value>,
}

impl Sql {
    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Term(term) => self.term(term),
            Expr::Not(inner) => {
                self.text.push_str("((");
                self.expr(inner);
                self.text.push_str(") IS NOT TRUE)");
            }
            Expr::All(parts) => self.joined(parts, " AND "),
            Expr::Any(parts) => self.joined(parts, " OR "),
        }
    }

    fn joined(&mut self, parts: &[Expr], by: &str) {
        self.text.push('(');
        for (i, part) in parts.iter().enumerate() {
            if i > 0 {
                self.text.push_str(by);
            }
            self.expr(part);
        }
        self.text.push(')');
    }

    fn term(&mut self, term: &Term) {
        if let FieldType::YesNo = term.field.kind {
            self.yes_no(term);
            return;
        }
        let Some(query) = query_of(term) else { return self.places(term) };
        self.text.push_str(
            "((c.id > (SELECT indexed_to FROM search_state) OR c.id IN (SELECT rowid FROM search WHERE search MATCH ",
        );
        self.value(Value::Text(query));
        self.text.push_str(")) AND ");
        self.places(term);
        self.text.push(')');
    }

    /// The comparison at each place where the term's values are; one is enough.
    fn places(&mut self, term: &Term) {
        self.text.push('(');
        for (i, (scope, column)) in term.field.places.iter().enumerate() {
            if i > 0 {
                self.text.push_str(" OR ");
            }
            let (before, after) = scope.around();
            self.text.push_str(before);
            self.comparison(term, column);
            self.text.push_str(after);
        }
        self.text.push(')');
    }

    fn yes_no(&mut self, term: &Term) {
        self.text.push('(');
        for (i, value) in term.values.iter().enumerate() {
            if i > 0 {
                self.text.push_str(" OR ");
            }
            let (scope, column) = term.field.places[0];
            let (before, after) = scope.around();
            let truth = if value == "yes" { "IS TRUE" } else { "IS NOT TRUE" };
            self.push(format_args!("(({before}{column}{after}) {truth})"));
        }
        self.text.push(')');
    }

    fn comparison(&mut self, term: &Term, column: &str) {
        match (term.op, term.field.kind) {
            (Op::Contains, _) => {
                self.push(format_args!("holds({column}, "));
                self.value(Value::Text(term.values[0].clone()));
                self.text.push(')');
            }
            (Op::Is, FieldType::Date) => {
                self.text.push('(');
                for (i, value) in term.values.iter().enumerate() {
                    if i > 0 {
                        self.text.push_str(" OR ");
                    }
                    self.date(column, "=", value);
                }
                self.text.push(')');
            }
            (Op::Is, kind) => {
                self.push(format_args!("{column} IN ("));
                for (i, value) in term.values.iter().enumerate() {
                    if i > 0 {
                        self.text.push_str(", ");
                    }
                    self.value(typed(kind, value));
                }
                self.text.push(')');
            }
            (op, FieldType::Date) => self.date(column, op.as_str(), &term.values[0]),
            (op, kind) => {
                self.push(format_args!("{column} {} ", op.as_str()));
                self.value(typed(kind, &term.values[0]));
            }
        }
    }

    /// Compares as much of a time as the value says.
    fn date(&mut self, column: &str, op: &str, value: &str) {
        self.push(format_args!("substr({column}, 1, {}) {op} ", value.len()));
        self.value(Value::Text(value.to_owned()));
    }

    fn push(&mut self, text: fmt::Arguments<'_>) {
        // Writing into a string cannot fail.
        let _ = self.text.write_fmt(text);
    }

    fn value(&mut self, value: Value) {
        self.values.push(value);
        self.push(format_args!("?{}", self.values.len()));
    }
}

/// Whether a place is part of what the search index covers.
fn is_indexed(scope: Scope, column: &str) -> bool {
    matches!((scope, column), (Scope::Text, "t.question" | "t.code") | (Scope::ResponseText, "x.text"))
}

fn typed(kind: FieldType, value: &str) -> Value {
    match (kind, value.parse::<i64>(), value.parse::<f64>()) {
        (FieldType::Number, Ok(number), _) => Value::Integer(number),
        (FieldType::Number, _, Ok(number)) => Value::Real(number),
        _ => Value::Text(value.to_owned()),
    }
}
