//! Metadata values as they are read.

use crate::GgufError;
use crate::cursor::Cursor;
use std::io::Read;

/// One metadata value. Integers of all widths are one variant; what matters later is their value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// An integer of any width.
    Integer(i128),
    /// A floating-point number of either width.
    Float(f64),
    /// A truth value.
    Flag(bool),
    /// A text: UTF-8 by convention, any bytes in fact.
    Text(Vec<u8>),
    /// An array of integers or of truth values.
    Integers {
        /// The number of their kind in the file format.
        kind: u32,
        /// The integers.
        values: Vec<i64>,
    },
    /// An array of floating-point numbers.
    Floats(Vec<f64>),
    /// An array of texts.
    Texts(Vec<Vec<u8>>),
}

impl Value {
    /// The `kind` of [`Value::Integers`] that are signed and have 32 bits.
    pub const INT32: u32 = 5;
}

/// Number of the kind "string" in the file format.
pub(crate) const TEXT: u32 = 8;
/// Number of the kind "array".
pub(crate) const ARRAY: u32 = 9;

/// Reads the value of `key`.
pub(crate) fn read<R: Read>(from: &mut Cursor<R>, key: &str) -> Result<Value, GgufError> {
    let kind = from.u32(key)?;
    if kind != ARRAY {
        return scalar(from, key, kind);
    }
    let kind = from.u32(key)?;
    if kind == ARRAY {
        return Err(GgufError::NestedArray { key: key.to_owned() });
    }
    let size = width(kind).ok_or_else(|| GgufError::UnknownKind { key: key.to_owned(), kind })?;
    let count = from.u64(key)?;
    from.plausible(&format!("values in `{key}`"), count, size)?;
    let mut integers = Vec::new();
    let mut floats = Vec::new();
    let mut texts = Vec::new();
    for _ in 0..count {
        match scalar(from, key, kind)? {
            Value::Integer(value) => integers.push(value as i64),
            Value::Flag(value) => integers.push(i64::from(value)),
            Value::Float(value) => floats.push(value),
            Value::Text(value) => texts.push(value),
            Value::Integers { .. } | Value::Floats(_) | Value::Texts(_) => unreachable!("scalars only"),
        }
    }
    Ok(match kind {
        TEXT => Value::Texts(texts),
        6 | 12 => Value::Floats(floats),
        _ => Value::Integers { kind, values: integers },
    })
}

/// Bytes that a value of a kind takes at least.
fn width(kind: u32) -> Option<u64> {
    Some(match kind {
        0 | 1 | 7 => 1,
        2 | 3 => 2,
        4..=6 => 4,
        8 | 10..=12 => 8,
        _ => return None,
    })
}

fn scalar<R: Read>(from: &mut Cursor<R>, key: &str, kind: u32) -> Result<Value, GgufError> {
    Ok(match kind {
        0 => Value::Integer(u8::from_le_bytes(from.array(key)?).into()),
        1 => Value::Integer(i8::from_le_bytes(from.array(key)?).into()),
        2 => Value::Integer(u16::from_le_bytes(from.array(key)?).into()),
        3 => Value::Integer(i16::from_le_bytes(from.array(key)?).into()),
        4 => Value::Integer(u32::from_le_bytes(from.array(key)?).into()),
        Value::INT32 => Value::Integer(i32::from_le_bytes(from.array(key)?).into()),
        6 => Value::Float(f32::from_le_bytes(from.array(key)?).into()),
        7 => Value::Flag(from.array::<1>(key)? != [0]),
        TEXT => Value::Text(from.text(key)?),
        10 => Value::Integer(u64::from_le_bytes(from.array(key)?).into()),
        11 => Value::Integer(i64::from_le_bytes(from.array(key)?).into()),
        12 => Value::Float(f64::from_le_bytes(from.array(key)?)),
        _ => return Err(GgufError::UnknownKind { key: key.to_owned(), kind }),
    })
}
