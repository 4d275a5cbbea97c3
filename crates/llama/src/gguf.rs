//! The header of a GGUF model file: read with checked arithmetic, so that a damaged or hostile file gives an error
//! that says what is wrong.
//!
//! llama.cpp would answer the same file with an empty error, or end the process by a failed assertion; it sees a
//! file only after [`Gguf::open`] and [`Gguf::model`] accepted it. Tensor *values* are not looked at.

mod cursor;
mod element;
mod error;
mod model;
mod value;
mod vocabulary;

pub use error::GgufError;
pub use model::ModelHeader;

use cursor::Cursor;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use value::Value;

/// A parsed header: metadata and the list of tensors.
#[derive(Debug, Clone)]
pub struct Gguf {
    entries: HashMap<String, Value>,
    tensors: Vec<Tensor>,
}

/// Name and shape of one tensor.
#[derive(Debug, Clone)]
struct Tensor {
    name: String,
    elements: u64,
}

/// Bytes that one metadata entry takes at least: length of a one-byte key, the key, a kind, a value.
const ENTRY: u64 = 8 + 1 + 4 + 1;
/// Bytes that one tensor description takes at least: length of the name, rank, one dimension, type, offset.
const TENSOR: u64 = 8 + 4 + 8 + 4 + 8;
/// Longest tensor name that llama.cpp can hold.
const TENSOR_NAME: usize = 63;

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
        magic(&mut from)?;
        let version = from.u32("the version")?;
        if !(2..=3).contains(&version) {
            return Err(GgufError::Version { version });
        }
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
        Ok(Self { entries, tensors })
    }

    /// Facts about the model in the file, once everything that llama.cpp takes for granted was checked.
    ///
    /// # Errors
    /// The first thing found missing, contradictory or unsupported.
    pub fn model(&self) -> Result<ModelHeader, GgufError> {
        model::read(self)
    }
}

fn magic<R: Read>(from: &mut Cursor<R>) -> Result<(), GgufError> {
    let mut found = Vec::new();
    for _ in 0..4.min(from.length()) {
        found.extend(from.array::<1>("the magic number")?);
    }
    if found == b"GGUF" { Ok(()) } else { Err(GgufError::NotGguf { found }) }
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
    let mut places = Vec::new();
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
        let (elements, bytes) = read_shape(from, &name)?;
        let found = from.u64(&name)?;
        if found != expected {
            return Err(GgufError::Misplaced { name, found, expected });
        }
        let end = found.checked_add(bytes);
        expected = end
            .and_then(|end| end.checked_next_multiple_of(alignment))
            .ok_or_else(|| GgufError::Shape { name: name.clone(), shape: Vec::new() })?;
        places.push(end.unwrap_or(expected));
        tensors.push(Tensor { name, elements });
    }
    let data = from
        .position()
        .checked_next_multiple_of(alignment)
        .expect("a position in a file plus an alignment of at most 65536");
    for (tensor, end) in tensors.iter().zip(places) {
        let end = data.saturating_add(end);
        if end > from.length() {
            return Err(GgufError::PastEnd { name: tensor.name.clone(), end, length: from.length() });
        }
    }
    Ok(tensors)
}

/// Reads rank, dimensions and element type; gives the number of elements and of bytes.
fn read_shape<R: Read>(from: &mut Cursor<R>, name: &str) -> Result<(u64, u64), GgufError> {
    let rank = from.u32(name)?;
    let wrong = |shape: &[u64]| GgufError::Shape { name: name.to_owned(), shape: shape.to_vec() };
    if !(1..=4).contains(&rank) {
        return Err(wrong(&[]));
    }
    let mut shape = Vec::new();
    for _ in 0..rank {
        shape.push(from.u64(name)?);
    }
    let elements = shape.iter().try_fold(1_u64, |product, &size| product.checked_mul(size));
    // llama.cpp counts in signed 64-bit integers.
    let elements = elements.filter(|&n| n > 0 && i64::try_from(n).is_ok()).ok_or_else(|| wrong(&shape))?;
    let kind = from.u32(name)?;
    let unsupported = || GgufError::ElementType { name: name.to_owned(), kind };
    let block = element::block(kind).ok_or_else(unsupported)?;
    // Vectors are added to or multiplied with activations, which aborts for anything but plain floats.
    if shape[1..].iter().all(|&size| size == 1) && kind != element::F32 {
        return Err(unsupported());
    }
    if !shape[0].is_multiple_of(block.elements) {
        return Err(GgufError::PartialBlock { name: name.to_owned(), row: shape[0], block: block.elements });
    }
    let bytes = (elements / block.elements).checked_mul(block.bytes).ok_or_else(|| wrong(&shape))?;
    Ok((elements, bytes))
}

#[cfg(test)]
mod tests;
