//! What can be wrong with a file, one variant per cause.

use crate::Foreign;
use std::io;

/// Why a file cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GgufError {
    /// The file could not be read.
    #[error("cannot be read")]
    Io {
        /// What the system said.
        #[from]
        source: io::Error,
    },
    /// The file does not start like a GGUF file.
    #[error("not a GGUF file but {found}")]
    NotGguf {
        /// What it is instead.
        found: Foreign,
    },
    /// A file for machines that store numbers the other way round.
    #[error(
        "a big-endian GGUF file, which machines of today cannot read (download the little-endian file, or turn it with `gguf_convert_endian.py` of llama.cpp)"
    )]
    BigEndian,
    /// A version that is not understood.
    #[error("GGUF version {version} is not supported, versions 2 and 3 are (convert the model again)")]
    Version {
        /// The version in the file.
        version: u32,
    },
    /// The file ends inside its header.
    #[error(
        "the file ends at byte {length} while reading {what} (it is incomplete or damaged: download it again)"
    )]
    Truncated {
        /// What was being read.
        what: String,
        /// Bytes in the file.
        length: u64,
    },
    /// A count in the header is larger than the file could hold.
    #[error(
        "the header promises {count} {what}, more than a file of {length} bytes can hold (it is damaged)"
    )]
    Implausible {
        /// What is counted.
        what: String,
        /// The promised number.
        count: u64,
        /// Bytes in the file.
        length: u64,
    },
    /// A metadata key without a name.
    #[error("metadata key {index} is empty")]
    EmptyKey {
        /// Which one, from 0.
        index: u64,
    },
    /// A metadata key that appears twice.
    #[error("metadata key `{key}` appears twice")]
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// A metadata value of an unknown kind.
    #[error("metadata key `{key}` has unknown kind {kind}")]
    UnknownKind {
        /// The key.
        key: String,
        /// The number of the kind.
        kind: u32,
    },
    /// An array of arrays.
    #[error("metadata key `{key}` is an array of arrays")]
    NestedArray {
        /// The key.
        key: String,
    },
    /// An alignment that is no power of two, or too small or large for llama.cpp.
    #[error("alignment {alignment} is not a power of two from 32 to 65536")]
    Alignment {
        /// The alignment in the file.
        alignment: u64,
    },
    /// A tensor name that llama.cpp has no room for.
    #[error("tensor name `{name}` is longer than 63 bytes")]
    LongTensorName {
        /// The name.
        name: String,
    },
    /// A tensor name that appears twice.
    #[error("tensor `{name}` appears twice")]
    DuplicateTensor {
        /// The name.
        name: String,
    },
    /// A tensor without a dimension, with more than four, or with an empty or overflowing one.
    #[error("tensor `{name}` has impossible shape {shape:?}")]
    Shape {
        /// The tensor.
        name: String,
        /// Its dimensions, as far as they were read.
        shape: Vec<u64>,
    },
    /// A tensor of an element type that weights cannot have.
    #[error("tensor `{name}` has element type {kind}, which is not supported")]
    ElementType {
        /// The tensor.
        name: String,
        /// The number of the element type.
        kind: u32,
    },
    /// Rows that do not consist of whole blocks.
    #[error("tensor `{name}` has rows of {row} elements, not a multiple of its block of {block}")]
    PartialBlock {
        /// The tensor.
        name: String,
        /// Elements in a row.
        row: u64,
        /// Elements in a block.
        block: u64,
    },
    /// A tensor that does not start where the one before it ends.
    #[error("tensor `{name}` starts at {found} of the data, expected {expected} (the file is damaged)")]
    Misplaced {
        /// The tensor.
        name: String,
        /// Where it claims to start.
        found: u64,
        /// Where it should.
        expected: u64,
    },
    /// A tensor that reaches past the end of the file.
    #[error(
        "the file has {length} bytes but tensor `{name}` ends at byte {end} (it is incomplete: download it again)"
    )]
    PastEnd {
        /// The tensor.
        name: String,
        /// One past its last byte.
        end: u64,
        /// Bytes in the file.
        length: u64,
    },
    /// A key that the architecture needs is not there.
    #[error("metadata key `{key}` is missing")]
    Missing {
        /// The key.
        key: String,
    },
    /// A key whose value is of the wrong kind.
    #[error("metadata key `{key}` is not {expected}")]
    WrongKind {
        /// The key.
        key: String,
        /// What it should be.
        expected: &'static str,
    },
    /// A key whose value makes no sense.
    #[error("metadata key `{key}` is {value}, expected {expected}")]
    Value {
        /// The key.
        key: String,
        /// Its value.
        value: String,
        /// What it should be.
        expected: &'static str,
    },
    /// A tensor whose values cannot be turned into floats here.
    #[error(
        "tensor `{name}` has element type {kind}, which cannot be read (convert the model to F32, F16, BF16, Q8_0, Q4_0 or Q4_1)"
    )]
    Unreadable {
        /// The tensor.
        name: String,
        /// The number of the element type.
        kind: u32,
    },
    /// A value that is no number: computing with it gives nothing but more of them.
    #[error(
        "tensor `{name}` holds {value} at {index} (the model is damaged, or its training diverged: download or convert it again)"
    )]
    NotFinite {
        /// The tensor.
        name: String,
        /// Where, counted in values.
        index: usize,
        /// What is there: NaN or an infinity.
        value: f32,
    },
    /// Values to write that are not as many as their shape says.
    #[error("tensor `{name}` of shape {shape:?} is given {values} values")]
    Length {
        /// The tensor.
        name: String,
        /// Its dimensions.
        shape: Vec<u64>,
        /// The values given for it.
        values: usize,
    },
    /// The file could not be written.
    #[error("cannot be written")]
    Write {
        /// What the system said.
        source: io::Error,
    },
}
