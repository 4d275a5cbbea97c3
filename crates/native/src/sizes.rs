//! The sizes of a decoder as everything here counts them: in floats of true width, in lanes of stored width.
//!
//! Stored rows have an odd number of lanes: rows that lie a power of two apart would fall into the same few lines of
//! the cache.

use crate::lanes::{Halves, WIDTH, lanes};
use deliberate_decoder::Shape;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) vocabulary: usize,
    pub(crate) context: usize,
    pub(crate) hidden: usize,
    pub(crate) layers: usize,
    pub(crate) heads: usize,
    pub(crate) kv_heads: usize,
    pub(crate) feed_forward: usize,
    /// Floats of one head.
    pub(crate) head: usize,
    /// Lanes in which one head is stored, filled up with zeros.
    pub(crate) head_lanes: usize,
}

impl Sizes {
    pub(crate) fn new(shape: &Shape, context: u32) -> Self {
        let head = shape.head_width() as usize;
        Self {
            vocabulary: shape.vocabulary as usize,
            context: context as usize,
            hidden: shape.hidden as usize,
            layers: shape.layers as usize,
            heads: shape.heads as usize,
            kv_heads: shape.kv_heads as usize,
            feed_forward: shape.feed_forward as usize,
            head,
            head_lanes: lanes(head),
        }
    }

    /// Lanes of all query heads.
    pub(crate) fn query_lanes(&self) -> usize {
        self.heads * self.head_lanes
    }

    /// Lanes of all key (or value) heads.
    pub(crate) fn kv_lanes(&self) -> usize {
        self.kv_heads * self.head_lanes
    }

    /// Lanes of keys of one layer of a block of [`WIDTH`] positions.
    pub(crate) fn key_block(&self) -> usize {
        self.kv_heads * self.head
    }

    /// Lanes of keys and values of one layer of a block of [`WIDTH`] positions.
    pub(crate) fn layer_block(&self) -> usize {
        self.key_block() + WIDTH * self.kv_lanes()
    }

    /// Bytes of keys and values of one token in all layers.
    pub(crate) fn kv_bytes_per_token(&self) -> u64 {
        let numbers = self.layers * (self.kv_heads * self.head + self.kv_lanes() * WIDTH);
        (numbers * size_of::<Halves>() / WIDTH) as u64
    }
}

/// Lanes from one row of so many lanes to the next.
pub(crate) fn stride(lanes: usize) -> usize {
    lanes | 1
}
