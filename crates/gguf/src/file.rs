//! The values of tensors.

use crate::decode::decode;
use crate::eight::Eight;
use crate::element;
use crate::finite::not_finite;
use crate::{Gguf, GgufError, Tensor};
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// A checked file whose tensors can be read.
#[derive(Debug)]
pub struct TensorFile<R> {
    header: Gguf,
    from: R,
}

/// Blocks that are read at once.
const BLOCKS: usize = 1 << 14;

impl TensorFile<BufReader<File>> {
    /// Opens a file and checks its header.
    ///
    /// # Errors
    /// The first thing found wrong.
    pub fn open(path: &Path) -> Result<Self, GgufError> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Self::new(BufReader::with_capacity(1 << 16, file), length)
    }
}

impl<R: Read + Seek> TensorFile<R> {
    /// Reads and checks the header of a stream of `length` bytes, which stands at its start.
    ///
    /// # Errors
    /// The first thing found wrong.
    pub fn new(mut from: R, length: u64) -> Result<Self, GgufError> {
        Ok(Self { header: Gguf::parse(&mut from, length)?, from })
    }

    /// What the header says.
    pub fn header(&self) -> &Gguf {
        &self.header
    }

    /// Reads the whole file once, and keeps nothing.
    ///
    /// # Errors
    /// [`GgufError::NotFinite`] for the first value that is no number, [`GgufError::Truncated`] if the file was cut since
    /// it was opened.
    pub fn check_values(&mut self) -> Result<(), GgufError> {
        for tensor in self.header.tensors().to_vec() {
            self.blocks(&tensor, |_| {})?;
        }
        Ok(())
    }

    /// The values of a tensor of this file's header, as 32-bit floats: the product of its dimensions, neighbours of
    /// the first dimension next to each other. F32, F16, BF16, `Q4_0`, `Q4_1`, `Q5_0`, `Q5_1`, `Q8_0`, `Q4_K`, `Q5_K` and
    /// `Q6_K` are understood.
    ///
    /// # Errors
    /// [`GgufError::Unreadable`] for other element types, [`GgufError::NotFinite`] for a value that is no number,
    /// [`GgufError::Truncated`] if the file was cut since it was opened.
    pub fn read(&mut self, tensor: &Tensor) -> Result<Vec<f32>, GgufError> {
        if !tensor.is_readable() {
            return Err(GgufError::Unreadable { name: tensor.name.clone(), kind: tensor.kind });
        }
        // The bytes are in the file, which bounds what they become: at most seven times as many.
        let mut values = Vec::with_capacity(tensor.elements() as usize);
        self.blocks(tensor, |bytes| decode(tensor.kind, bytes, &mut values))?;
        Ok(values)
    }

    /// The same in eight bits, where its element type has no more; none for wider ones.
    ///
    /// # Errors
    /// As [`TensorFile::read`].
    pub fn read_eight(&mut self, tensor: &Tensor) -> Result<Option<Eight>, GgufError> {
        if !tensor.is_readable() {
            return Err(GgufError::Unreadable { name: tensor.name.clone(), kind: tensor.kind });
        }
        if !tensor.is_eight() {
            return Ok(None);
        }
        let mut eight = Eight::default();
        eight.digits.reserve_exact(tensor.elements() as usize);
        self.blocks(tensor, |bytes| eight.extend(tensor.kind, bytes))?;
        Ok(Some(eight))
    }

    /// Reads a tensor some blocks at a time, once it is certain that these are numbers.
    fn blocks(&mut self, tensor: &Tensor, mut take: impl FnMut(&[u8])) -> Result<(), GgufError> {
        let Tensor { name, kind, start, .. } = tensor;
        let block = element::block(*kind);
        let block = block.ok_or_else(|| GgufError::Unreadable { name: name.clone(), kind: *kind })?;
        let (elements, size) = (block.elements as usize, block.bytes as usize);
        self.from.seek(SeekFrom::Start(*start))?;
        let mut left = tensor.bytes as usize;
        let mut done = 0;
        let mut bytes = vec![0; left.min(BLOCKS * size)];
        while left > 0 {
            let part = left.min(bytes.len());
            self.from.read_exact(&mut bytes[..part]).map_err(|error| match error.kind() {
                std::io::ErrorKind::UnexpectedEof => {
                    GgufError::Truncated { what: name.clone(), length: *start }
                }
                _ => error.into(),
            })?;
            if let Some((index, value)) = not_finite(*kind, (elements, size), &bytes[..part]) {
                return Err(GgufError::NotFinite { name: name.clone(), index: done + index, value });
            }
            take(&bytes[..part]);
            done += part / size * elements;
            left -= part;
        }
        Ok(())
    }
}
