//! The columns of a format, for files that say theirs: names and kinds, as the rows have them.

/// A column, or a field of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What is in it; anything may be missing.
    pub kind: Kind,
}

/// What is in a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Text; what is no text in a row stands as its JSON.
    Text,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// Yes or no.
    Flag,
    /// Any number of something.
    List(Box<Kind>),
    /// Fields.
    Group(Vec<Column>),
}

impl Kind {
    /// A list of texts.
    pub(super) fn texts() -> Self {
        Self::List(Box::new(Self::Text))
    }
}

/// A column of this kind.
pub(super) fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind }
}

/// Columns of text.
pub(super) fn texts(names: &[&'static str]) -> Vec<Column> {
    names.iter().map(|name| column(name, Kind::Text)).collect()
}
