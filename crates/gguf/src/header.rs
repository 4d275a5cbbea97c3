//! The header of a file: read with checked arithmetic, so that a damaged or hostile file gives an error that says
//! what is wrong. Tensor *values* are not looked at.

use crate::cursor::Cursor;
use crate::decode::readable;
use crate::element;
use crate::foreign;
use crate::value::{self, Value};
use crate::{GgufError, TENSOR_NAME};
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// A parsed header: metadata and the list of tensors.
#[derive(Debug, Clone)]
pub struct Gguf {
    entries: HashMap<String, Value>,
    tensors: Vec<Tensor>,
    /// Bytes behind the last tensor and what fills up its place.
    behind: u64,
}

/// What the header says about one tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// Its name, unique in the file.
    pub name: String,
    /// Its dimensions, that of neighbouring values first: a matrix is `[in, out]`.
    pub shape: Vec<u64>,
    /// The number of its element type in the file format.
    pub kind: u32,
    /// Where its data starts in the file.
    pub start: u64,
    /// The bytes of its data, all within the file.
    pub bytes: u64,
}

impl Tensor {
    /// The product of its dimensions.
    pub fn elements(&self) -> u64 {
        self.shape.iter().product()
    }

    /// Whether [`TensorFile`](crate::TensorFile) reads its element type.
    pub fn is_readable(&self) -> bool {
        readable(self.kind)
    }

    /// Whether it has eight bits for a value, or fewer.
    pub fn is_eight(&self) -> bool {
        !matches!(self.kind, element::F32 | element::F16 | element::BF16)
    }
}

/// Bytes that one metadata entry takes at least: length of a one-byte key, the key, a kind, a value.
const ENTRY: u64 = 8 + 1 + 4 + 1;
/// Bytes that one tensor description takes at least: length of the name, rank, one dimension, type, offset.
const TENSOR: u64 = 8 + 4 + 8 + 4 + 8;

impl Gguf {
    /// Reads and checks the header of a file.
    ///
    /// # Errors
    /// The first thing found wrong.
    pub fn open(path: &Path) -> Result<Self, GgufError> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Self::parse(BufReader::with_capacity(1 << 16, file), length)
    }

    /// Reads and checks the header of a stream of `length` bytes; it is read no further than the header.
    ///
    /// # Errors
    /// The first thing found wrong.
    pub fn parse(from: impl Read, length: u64) -> Result<Self, GgufError> {
        let mut from = Cursor::new(from, length);
        foreign::begin(&mut from)?;
        let tensors = from.u64("the number of tensors")?;
        let entries = from.u64("the number of metadata entries")?;
        from.plausible("metadata entries", entries, ENTRY)?;
        from.plausible("tensors", tensors, TENSOR)?;
        let entries = read_entries(&mut from, entries)?;
        let alignment = match entries.get("general.alignment") {
            None => 32,
            Some(&Value::Integer(value)) => value as u64,
            Some(_) => {
                return Err(GgufError::WrongKind {
                    key: "general.alignment".to_owned(),
                    expected: "an integer",
                });
            }
        };
        // Below 32, the first tensor could lie where ggml asserts that none does.
        if !alignment.is_power_of_two() || !(32..=1 << 16).contains(&alignment) {
            return Err(GgufError::Alignment { alignment });
        }
        let tensors = read_tensors(&mut from, tensors, alignment)?;
        let end = tensors.last().map_or(from.position(), |last| last.start.saturating_add(last.bytes));
        let behind = length.saturating_sub(end.checked_next_multiple_of(alignment).unwrap_or(u64::MAX));
        Ok(Self { entries, tensors, behind })
    }

    /// Bytes of the file that belong to nothing that its header names.
    pub fn bytes_behind(&self) -> u64 {
        self.behind
    }

    /// All tensors, in the order of their data.
    pub fn tensors(&self) -> &[Tensor] {
        &self.tensors
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entries.get(key)
    }

    /// The value of a key that is an integer, not negative.
    ///
    /// # Errors
    /// [`GgufError::WrongKind`] and [`GgufError::Value`] if it is something else.
    pub fn integer(&self, key: &str) -> Result<Option<u64>, GgufError> {
        match self.get(key) {
            None => Ok(None),
            Some(&Value::Integer(value)) => u64::try_from(value).map(Some).map_err(|_| GgufError::Value {
                key: key.to_owned(),
                value: value.to_string(),
                expected: "not negative",
            }),
            Some(_) => Err(wrong_kind(key, "an integer")),
        }
    }

    /// The value of a key that is a floating-point number.
    ///
    /// # Errors
    /// [`GgufError::WrongKind`] if it is something else.
    pub fn float(&self, key: &str) -> Result<Option<f64>, GgufError> {
        match self.get(key) {
            None => Ok(None),
            Some(&Value::Float(value)) => Ok(Some(value)),
            Some(_) => Err(wrong_kind(key, "a floating-point number")),
        }
    }

    /// The value of a key that is a truth value.
    ///
    /// # Errors
    /// [`GgufError::WrongKind`] if it is something else.
    pub fn flag(&self, key: &str) -> Result<Option<bool>, GgufError> {
        match self.get(key) {
            None => Ok(None),
            Some(&Value::Flag(value)) => Ok(Some(value)),
            Some(_) => Err(wrong_kind(key, "true or false")),
        }
    }

    /// The value of a key, if it is a text.
    pub fn text(&self, key: &str) -> Option<String> {
        match self.get(key) {
            Some(Value::Text(text)) => Some(String::from_utf8_lossy(text).into_owned()),
            _ => None,
        }
    }

    /// The value of a key that must be there, and be a text.
    ///
    /// # Errors
    /// [`GgufError::Missing`] and [`GgufError::WrongKind`].
    pub fn required_text(&self, key: &str) -> Result<String, GgufError> {
        match self.get(key) {
            None => Err(GgufError::Missing { key: key.to_owned() }),
            Some(_) => self.text(key).ok_or_else(|| wrong_kind(key, "a text")),
        }
    }

    /// The value of a key that is an array of texts.
    ///
    /// # Errors
    /// [`GgufError::WrongKind`] if it is something else.
    pub fn texts(&self, key: &str) -> Result<Option<&[Vec<u8>]>, GgufError> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Texts(texts)) => Ok(Some(texts)),
            Some(_) => Err(wrong_kind(key, "an array of texts")),
        }
    }
}

fn wrong_kind(key: &str, expected: &'static str) -> GgufError {
    GgufError::WrongKind { key: key.to_owned(), expected }
}

fn read_entries<R: Read>(from: &mut Cursor<R>, count: u64) -> Result<HashMap<String, Value>, GgufError> {
    let mut entries = HashMap::new();
    for index in 0..count {
        let key = from.text(&format!("the name of metadata entry {index}"))?;
        if key.is_empty() {
            return Err(GgufError::EmptyKey { index });
        }
        let key = String::from_utf8_lossy(&key).into_owned();
        let value = value::read(from, &key)?;
        if entries.contains_key(&key) {
            return Err(GgufError::DuplicateKey { key });
        }
        entries.insert(key, value);
    }
    Ok(entries)
}

fn read_tensors<R: Read>(from: &mut Cursor<R>, count: u64, alignment: u64) -> Result<Vec<Tensor>, GgufError> {
    let mut tensors = Vec::new();
    let mut names = HashSet::new();
    let mut expected = 0_u64;
    for index in 0..count {
        let name = from.text(&format!("the name of tensor {index}"))?;
        let long = name.len() > TENSOR_NAME;
        let name = String::from_utf8_lossy(&name).into_owned();
        if long {
            return Err(GgufError::LongTensorName { name });
        }
        if !names.insert(name.clone()) {
            return Err(GgufError::DuplicateTensor { name });
        }
        let mut tensor = read_shape(from, name)?;
        tensor.start = from.u64(&tensor.name)?;
        if tensor.start != expected {
            return Err(GgufError::Misplaced { name: tensor.name, found: tensor.start, expected });
        }
        expected = expected
            .checked_add(tensor.bytes)
            .and_then(|end| end.checked_next_multiple_of(alignment))
            .ok_or_else(|| GgufError::Shape { name: tensor.name.clone(), shape: tensor.shape.clone() })?;
        tensors.push(tensor);
    }
    let data = from
        .position()
        .checked_next_multiple_of(alignment)
        .expect("a position in a file plus an alignment of at most 65536");
    for tensor in &mut tensors {
        tensor.start = tensor.start.saturating_add(data);
        let end = tensor.start.saturating_add(tensor.bytes);
        if end > from.length() {
            return Err(GgufError::PastEnd { name: tensor.name.clone(), end, length: from.length() });
        }
    }
    Ok(tensors)
}

/// Reads rank, dimensions and element type.
fn read_shape<R: Read>(from: &mut Cursor<R>, name: String) -> Result<Tensor, GgufError> {
    let rank = from.u32(&name)?;
    if !(1..=4).contains(&rank) {
        return Err(GgufError::Shape { name, shape: Vec::new() });
    }
    let mut shape = Vec::new();
    for _ in 0..rank {
        shape.push(from.u64(&name)?);
    }
    let kind = from.u32(&name)?;
    let Some(block) = element::block(kind) else {
        return Err(GgufError::ElementType { name, kind });
    };
    let elements = shape.iter().try_fold(1_u64, |product, &size| product.checked_mul(size));
    // llama.cpp counts in signed 64-bit integers.
    let elements = elements.filter(|&count| count > 0 && i64::try_from(count).is_ok());
    let bytes = elements.and_then(|count| (count / block.elements).checked_mul(block.bytes));
    let Some(bytes) = bytes else {
        return Err(GgufError::Shape { name, shape });
    };
    // Vectors are added to or multiplied with activations, which aborts for anything but plain floats.
    if shape[1..].iter().all(|&size| size == 1) && kind != element::F32 {
        return Err(GgufError::ElementType { name, kind });
    }
    if !shape[0].is_multiple_of(block.elements) {
        return Err(GgufError::PartialBlock { name, row: shape[0], block: block.elements });
    }
    Ok(Tensor { name, shape, kind, start: 0, bytes })
}
