//! Keys and values of one sequence, in blocks of sixteen positions that sequences share.
//!
//! They are kept in half precision, for memory is what attention waits for; all that is computed with them is in single
//! precision. Keys of a block are `[head, float of the head, position]`, so that one step gives sixteen scores; values
//! are `[position, head, float of the head]`. Attention passes over both once, from the first position to the last:
//! that samples of one prompt read the same blocks keeps these in the cache. A block that is shared is copied by
//! whoever writes to it first.

use crate::lanes::{Halves, Lanes, WIDTH, flat_bits_mut, lanes};
use crate::sizes::Sizes;
use std::sync::Arc;

/// The sequence of one slot.
#[derive(Debug, Default)]
pub(crate) struct Store {
    blocks: Vec<Arc<Block>>,
}

/// Sixteen positions of all layers: `[layer, keys and then values]`.
#[derive(Debug, Clone)]
pub(crate) struct Block(Vec<Halves>);

impl Block {
    fn new(sizes: &Sizes) -> Self {
        Self(vec![Halves::from_bits([0; WIDTH]); sizes.layers * sizes.layer_block()])
    }

    /// Keys of one layer.
    #[inline]
    pub(crate) fn keys(&self, sizes: &Sizes, layer: usize) -> &[Halves] {
        &self.0[layer * sizes.layer_block()..][..sizes.key_block()]
    }

    /// Values of one layer.
    #[inline]
    pub(crate) fn values(&self, sizes: &Sizes, layer: usize) -> &[Halves] {
        &self.0[layer * sizes.layer_block() + sizes.key_block()..][..WIDTH * sizes.kv_lanes()]
    }
}

impl Store {
    /// Stores one position of one layer, at most one past the last: `keys` and `values` are `[kv_heads, head_lanes]`.
    pub(crate) fn put(
        &mut self,
        sizes: &Sizes,
        (layer, position): (usize, usize),
        keys: &[Lanes],
        values: &[Lanes],
    ) {
        let (index, lane) = (position / WIDTH, position % WIDTH);
        if index == self.blocks.len() {
            self.blocks.push(Arc::new(Block::new(sizes)));
        }
        let block = &mut Arc::make_mut(&mut self.blocks[index]).0;
        let block = &mut block[layer * sizes.layer_block()..][..sizes.layer_block()];
        let (stored_keys, stored_values) = block.split_at_mut(sizes.key_block());
        let heads = keys.chunks_exact(sizes.head_lanes);
        for (columns, head) in stored_keys.chunks_exact_mut(sizes.head).zip(heads) {
            for (columns, keys) in columns.chunks_mut(WIDTH).zip(head) {
                let columns = flat_bits_mut(columns).chunks_exact_mut(WIDTH);
                for (column, key) in columns.zip(keys.halved().to_bits()) {
                    column[lane] = key;
                }
            }
        }
        let stored_values = &mut stored_values[lane * sizes.kv_lanes()..];
        for (stored, value) in stored_values.iter_mut().zip(values) {
            *stored = value.halved();
        }
    }

    /// The blocks of the first positions, as far as there are any.
    pub(crate) fn blocks(&self, tokens: usize) -> &[Arc<Block>] {
        &self.blocks[..lanes(tokens).min(self.blocks.len())]
    }

    /// Forgets all but the first positions.
    pub(crate) fn truncate(&mut self, tokens: usize) {
        self.blocks.truncate(lanes(tokens));
    }

    /// Takes over the first positions of another sequence.
    pub(crate) fn share(&mut self, from: &Self, tokens: usize) {
        self.blocks.clear();
        self.blocks.extend_from_slice(from.blocks(tokens));
    }
}
