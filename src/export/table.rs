//! Parquet: rows cut into columns, as its record shredding does (Dremel's definition and repetition levels), and written a
//! group of rows at a time.
//!
//! Everything is optional, and a list is Parquet's list of three levels, so that readers find what the rows have as JSON.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::Result;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type, TypePtr};
use serde_json::Value;

use super::columns::{Column, Kind};

/// Bytes of values that make a group of rows: so many are in memory at most, and about as many again while they are written.
const GROUP: usize = 16 << 20;

/// A Parquet file being written.
pub(super) struct Table<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    columns: Vec<Column>,
    leaves: Vec<Leaf>,
    /// Bytes that wait.
    bytes: usize,
}

/// A column of values that cannot be cut any further, as far as it waits.
#[derive(Default)]
struct Leaf {
    values: Values,
    definitions: Vec<i16>,
    repetitions: Vec<i16>,
}

#[derive(Default)]
enum Values {
    #[default]
    None,
    Text(Vec<ByteArray>),
    Int(Vec<i64>),
    Float(Vec<f64>),
    Flag(Vec<bool>),
}

/// Where in a row a value stands: how often something above it was repeated, and how much above it is there.
#[derive(Clone, Copy, Default)]
struct Level {
    repetition: i16,
    definition: i16,
    /// Lists above it.
    depth: i16,
}

impl<W: Write + Send> Table<W> {
    pub(super) fn new(to: W, columns: Vec<Column>) -> Result<Self> {
        let fields = columns.iter().map(|c| typed(c.name, &c.kind)).collect::<Result<_>>()?;
        let schema = Arc::new(Type::group_type_builder("rows").with_fields(fields).build()?);
        let properties = WriterProperties::builder()
            .set_created_by(concat!("loong ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_compression(Compression::SNAPPY)
            // They would repeat whole texts.
            .set_statistics_enabled(EnabledStatistics::None)
            .build();
        let writer = SerializedFileWriter::new(to, schema, Arc::new(properties))?;
        let mut leaves = Vec::new();
        for column in &columns {
            begin(&column.kind, &mut leaves);
        }
        Ok(Self { writer, columns, leaves, bytes: 0 })
    }

    /// Takes a row, which is an object.
    pub(super) fn write(&mut self, row: &Value) -> Result<()> {
        self.bytes += cut_fields(&self.columns, Some(row), Level::default(), &mut self.leaves);
        if self.bytes < GROUP { Ok(()) } else { self.pass_on() }
    }

    /// Writes what waits as a group of rows.
    fn pass_on(&mut self) -> Result<()> {
        let mut group = self.writer.next_row_group()?;
        for leaf in &mut self.leaves {
            if let Some(mut column) = group.next_column()? {
                leaf.write(&mut column)?;
                column.close()?;
            }
        }
        group.close()?;
        self.bytes = 0;
        Ok(())
    }

    pub(super) fn end(mut self) -> Result<W> {
        self.pass_on()?;
        self.writer.into_inner()
    }
}

impl Leaf {
    fn write(&mut self, column: &mut SerializedColumnWriter<'_>) -> Result<()> {
        let (d, r) = (Some(&self.definitions[..]), Some(&self.repetitions[..]));
        match &mut self.values {
            Values::None => 0,
            Values::Text(all) => column.typed::<ByteArrayType>().write_batch(all, d, r)?,
            Values::Int(all) => column.typed::<Int64Type>().write_batch(all, d, r)?,
            Values::Float(all) => column.typed::<DoubleType>().write_batch(all, d, r)?,
            Values::Flag(all) => column.typed::<BoolType>().write_batch(all, d, r)?,
        };
        match &mut self.values {
            Values::None => {}
            Values::Text(all) => all.clear(),
            Values::Int(all) => all.clear(),
            Values::Float(all) => all.clear(),
            Values::Flag(all) => all.clear(),
        }
        self.definitions.clear();
        self.repetitions.clear();
        Ok(())
    }

    /// Takes a value that stands at a level; `None` where it or something above it is missing.
    fn put(&mut self, value: Option<&Value>, level: Level) -> usize {
        let bytes = match (&mut self.values, value) {
            (Values::Text(all), Some(value)) => {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let bytes = text.len();
                all.push(ByteArray::from(text.into_bytes()));
                Some(bytes)
            }
            (Values::Int(all), Some(value)) => value.as_i64().map(|n| all.push(n)).map(|()| 8),
            (Values::Float(all), Some(value)) => value.as_f64().map(|n| all.push(n)).map(|()| 8),
            (Values::Flag(all), Some(value)) => value.as_bool().map(|n| all.push(n)).map(|()| 1),
            _ => None,
        };
        self.definitions.push(level.definition + i16::from(bytes.is_some()));
        self.repetitions.push(level.repetition);
        // What is kept of a value beside its bytes.
        bytes.unwrap_or(0) + 36
    }
}

/// The leaves of a kind, in the order of the schema.
fn begin(kind: &Kind, leaves: &mut Vec<Leaf>) {
    let values = match kind {
        Kind::List(item) => return begin(item, leaves),
        Kind::Group(fields) => return fields.iter().for_each(|field| begin(&field.kind, leaves)),
        Kind::Text => Values::Text(Vec::new()),
        Kind::Int => Values::Int(Vec::new()),
        Kind::Float => Values::Float(Vec::new()),
        Kind::Flag => Values::Flag(Vec::new()),
    };
    leaves.push(Leaf { values, ..Leaf::default() });
}

/// Cuts a value into its leaves, each of which gets at least one level. Returns the bytes that they keep.
fn cut(kind: &Kind, value: Option<&Value>, level: Level, leaves: &mut [Leaf]) -> usize {
    let value = value.filter(|value| !value.is_null());
    match kind {
        Kind::Group(fields) => {
            let level = Level { definition: level.definition + i16::from(value.is_some()), ..level };
            cut_fields(fields, value, level, leaves)
        }
        Kind::List(item) => {
            let depth = level.depth + 1;
            match value.map(|value| value.as_array().map_or(&[][..], Vec::as_slice)) {
                None => cut(item, None, Level { depth, ..level }, leaves),
                Some([]) => cut(item, None, Level { definition: level.definition + 1, depth, ..level }, leaves),
                Some(items) => {
                    let place = |at| Level {
                        repetition: if at == 0 { level.repetition } else { depth },
                        definition: level.definition + 2,
                        depth,
                    };
                    items.iter().enumerate().map(|(at, value)| cut(item, Some(value), place(at), leaves)).sum()
                }
            }
        }
        _ => leaves.first_mut().map_or(0, |leaf| leaf.put(value, level)),
    }
}

fn cut_fields(fields: &[Column], value: Option<&Value>, level: Level, mut leaves: &mut [Leaf]) -> usize {
    let mut bytes = 0;
    for field in fields {
        let (own, others) = leaves.split_at_mut(width(&field.kind).min(leaves.len()));
        bytes += cut(&field.kind, value.and_then(|value| value.get(field.name)), level, own);
        leaves = others;
    }
    bytes
}

/// How many leaves a kind has.
fn width(kind: &Kind) -> usize {
    match kind {
        Kind::List(item) => width(item),
        Kind::Group(fields) => fields.iter().map(|field| width(&field.kind)).sum(),
        _ => 1,
    }
}

/// A kind as Parquet's schema says it.
fn typed(name: &str, kind: &Kind) -> Result<TypePtr> {
    let optional = Repetition::OPTIONAL;
    let simple = |physical| Type::primitive_type_builder(name, physical).with_repetition(optional);
    let built = match kind {
        Kind::Text => simple(Physical::BYTE_ARRAY).with_logical_type(Some(LogicalType::String)).build(),
        Kind::Int => simple(Physical::INT64).build(),
        Kind::Float => simple(Physical::DOUBLE).build(),
        Kind::Flag => simple(Physical::BOOLEAN).build(),
        Kind::Group(fields) => {
            let fields = fields.iter().map(|field| typed(field.name, &field.kind)).collect::<Result<_>>()?;
            Type::group_type_builder(name).with_repetition(optional).with_fields(fields).build()
        }
        Kind::List(item) => {
            let repeated = Type::group_type_builder("list")
                .with_repetition(Repetition::REPEATED)
                .with_fields(vec![typed("element", item)?])
                .build()?;
            Type::group_type_builder(name)
                .with_repetition(optional)
                .with_logical_type(Some(LogicalType::List))
                .with_fields(vec![Arc::new(repeated)])
                .build()
        }
    };
    built.map(Arc::new)
}
