//! Writing: a file appears under its name complete, or not at all.

use crate::encode::{Precision, encode};
use crate::value::{ARRAY, TEXT, Value};
use crate::{ALIGNMENT, GgufError, TENSOR_NAME, element};
use std::borrow::Cow;
use std::collections::HashSet;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// What a file is to contain.
#[derive(Debug, Clone, Default)]
pub struct Content<'a> {
    /// Metadata, in the order of the file. Keys are distinct.
    pub entries: Vec<(String, Entry)>,
    /// Tensors, in the order of the file. Names are distinct.
    pub matrices: Vec<Matrix<'a>>,
}

/// A metadata value with the kind that it gets in the file.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// An unsigned 32-bit integer.
    U32(u32),
    /// A signed 32-bit integer.
    I32(i32),
    /// An unsigned 64-bit integer.
    U64(u64),
    /// A 32-bit float.
    F32(f32),
    /// A truth value.
    Flag(bool),
    /// A text.
    Text(String),
    /// An array of texts.
    Texts(Vec<String>),
    /// An array of signed 32-bit integers.
    I32s(Vec<i32>),
    /// An array of 32-bit floats.
    F32s(Vec<f32>),
}

/// A tensor to be written.
#[derive(Debug, Clone)]
pub struct Matrix<'a> {
    /// Its name, at most 63 bytes.
    pub name: String,
    /// One to four dimensions, that of neighbouring values first: a matrix is `[in, out]`.
    pub shape: Vec<u64>,
    /// Its values, as many as the product of the dimensions.
    pub values: Cow<'a, [f32]>,
    /// How they are stored. Vectors are always stored in 32 bits, and rows that are not whole blocks of `Q8_0` in 16.
    pub precision: Precision,
}

/// Values that are converted at once: whole blocks.
const VALUES: usize = 1 << 14;

impl Content<'_> {
    /// Writes a file, atomically: to a temporary file beside it, which then takes its name.
    ///
    /// # Errors
    /// [`GgufError::Write`], and what [`Content::write_to`] finds wrong.
    pub fn write(&self, path: &Path) -> Result<(), GgufError> {
        self.check()?;
        deliberate_files::replace(path, |file| self.stream(file))
            .map_err(|source| GgufError::Write { source })
    }

    /// Writes the bytes of the file.
    ///
    /// # Errors
    /// [`GgufError::Write`]; [`GgufError::DuplicateKey`], [`GgufError::DuplicateTensor`],
    /// [`GgufError::LongTensorName`], [`GgufError::Shape`] or [`GgufError::Length`] before anything is written.
    pub fn write_to(&self, to: impl Write) -> Result<(), GgufError> {
        self.check()?;
        self.stream(to).map_err(|source| GgufError::Write { source })
    }

    fn check(&self) -> Result<(), GgufError> {
        let mut keys = HashSet::new();
        for (index, (key, _)) in self.entries.iter().enumerate() {
            if key.is_empty() {
                return Err(GgufError::EmptyKey { index: index as u64 });
            }
            if !keys.insert(key) {
                return Err(GgufError::DuplicateKey { key: key.clone() });
            }
        }
        let mut names = HashSet::new();
        self.matrices.iter().try_for_each(|matrix| {
            let name = matrix.name.clone();
            if name.len() > TENSOR_NAME {
                return Err(GgufError::LongTensorName { name });
            }
            if !names.insert(&matrix.name) {
                return Err(GgufError::DuplicateTensor { name });
            }
            let shape = matrix.shape.clone();
            if !(1..=4).contains(&shape.len()) || shape.contains(&0) {
                return Err(GgufError::Shape { name, shape });
            }
            let elements = shape.iter().try_fold(1_u64, |product, &size| product.checked_mul(size));
            if elements != Some(matrix.values.len() as u64) {
                return Err(GgufError::Length { name, shape, values: matrix.values.len() });
            }
            Ok(())
        })
    }

    fn stream(&self, to: impl Write) -> io::Result<()> {
        let mut to = BufWriter::with_capacity(1 << 16, to);
        let header = self.header();
        to.write_all(&header)?;
        pad(&mut to, header.len() as u64)?;
        let mut bytes = Vec::new();
        for matrix in &self.matrices {
            for values in matrix.values.chunks(VALUES) {
                bytes.clear();
                encode(matrix.stored(), values, &mut bytes);
                to.write_all(&bytes)?;
            }
            pad(&mut to, matrix.bytes())?;
        }
        to.flush()
    }

    fn header(&self) -> Vec<u8> {
        let mut bytes = b"GGUF\x03\0\0\0".to_vec();
        bytes.extend((self.matrices.len() as u64).to_le_bytes());
        bytes.extend((self.entries.len() as u64).to_le_bytes());
        for (key, entry) in &self.entries {
            text(key, &mut bytes);
            entry.encode(&mut bytes);
        }
        let mut start = 0_u64;
        for matrix in &self.matrices {
            text(&matrix.name, &mut bytes);
            bytes.extend((matrix.shape.len() as u32).to_le_bytes());
            matrix.shape.iter().for_each(|size| bytes.extend(size.to_le_bytes()));
            bytes.extend(matrix.stored().kind().to_le_bytes());
            bytes.extend(start.to_le_bytes());
            start += matrix.bytes().next_multiple_of(ALIGNMENT);
        }
        bytes
    }
}

impl Matrix<'_> {
    fn stored(&self) -> Precision {
        let vector = self.shape[1..].iter().all(|&size| size == 1);
        if vector { Precision::F32 } else { self.precision.fitting(self.shape[0]) }
    }

    fn bytes(&self) -> u64 {
        let block = element::block(self.stored().kind()).expect("a type that is written can be read");
        self.values.len() as u64 / block.elements * block.bytes
    }
}

impl Entry {
    fn encode(&self, bytes: &mut Vec<u8>) {
        let kinds: &[u32] = match self {
            Self::U32(_) => &[4],
            Self::I32(_) => &[Value::INT32],
            Self::F32(_) => &[6],
            Self::Flag(_) => &[7],
            Self::Text(_) => &[TEXT],
            Self::U64(_) => &[10],
            Self::Texts(_) => &[ARRAY, TEXT],
            Self::I32s(_) => &[ARRAY, Value::INT32],
            Self::F32s(_) => &[ARRAY, 6],
        };
        bytes.extend(kinds.iter().flat_map(|kind| kind.to_le_bytes()));
        let count = |count: usize| (count as u64).to_le_bytes();
        match self {
            Self::U32(value) => bytes.extend(value.to_le_bytes()),
            Self::I32(value) => bytes.extend(value.to_le_bytes()),
            Self::U64(value) => bytes.extend(value.to_le_bytes()),
            Self::F32(value) => bytes.extend(value.to_le_bytes()),
            Self::Flag(value) => bytes.push(u8::from(*value)),
            Self::Text(value) => text(value, bytes),
            Self::Texts(values) => {
                bytes.extend(count(values.len()));
                for value in values {
                    text(value, bytes);
                }
            }
            Self::I32s(values) => {
                bytes.extend(count(values.len()));
                bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            }
            Self::F32s(values) => {
                bytes.extend(count(values.len()));
                bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            }
        }
    }
}

fn text(value: &str, bytes: &mut Vec<u8>) {
    bytes.extend((value.len() as u64).to_le_bytes());
    bytes.extend(value.as_bytes());
}

fn pad(to: &mut impl Write, written: u64) -> io::Result<()> {
    let missing = written.next_multiple_of(ALIGNMENT) - written;
    to.write_all(&[0; ALIGNMENT as usize][..missing as usize])
}
