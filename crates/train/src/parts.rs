//! Where the weights of a block lie in one flat vector.

use deliberate_decoder::{Block, Shape};
use std::ops::Range;

/// Matrices of a block.
pub(crate) const MATRICES: usize = 7;
/// Those that multiply the same input, among [`Parts::matrices`].
pub(crate) const INPUT: Range<usize> = 0..3;
pub(crate) const ATTENTION_OUTPUT: Range<usize> = 3..4;
pub(crate) const GATE_UP: Range<usize> = 4..6;
pub(crate) const DOWN: Range<usize> = 6..7;

/// Ranges of a block's flat vector. Matrices that multiply the same input lie beside each other, so that one product
/// serves them; norms and biases come last, so that weight decay is a prefix.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts {
    pub(crate) hidden: usize,
    pub(crate) kv_width: usize,
    pub(crate) feed_forward: usize,
    /// Whether queries, keys and values have a bias.
    pub(crate) biased: bool,
}

impl Parts {
    pub(crate) fn new(shape: &Shape) -> Self {
        Self {
            hidden: shape.hidden as usize,
            kv_width: shape.kv_width() as usize,
            feed_forward: shape.feed_forward as usize,
            biased: shape.bias,
        }
    }

    /// Columns of queries, keys and values together.
    pub(crate) fn row(self) -> usize {
        self.hidden + 2 * self.kv_width
    }

    /// `[row, hidden]`: query, key, value.
    pub(crate) fn input(self) -> Range<usize> {
        self.of(INPUT)
    }

    /// `[hidden, hidden]`: from attention to the residual stream.
    pub(crate) fn attention_output(self) -> Range<usize> {
        self.of(ATTENTION_OUTPUT)
    }

    /// `[2 · feed_forward, hidden]`: gate, up.
    pub(crate) fn gate_up(self) -> Range<usize> {
        self.of(GATE_UP)
    }

    /// `[hidden, feed_forward]`.
    pub(crate) fn down(self) -> Range<usize> {
        self.of(DOWN)
    }

    /// `[hidden]`.
    pub(crate) fn attention_norm(self) -> Range<usize> {
        after(&self.down(), self.hidden)
    }

    /// `[hidden]`.
    pub(crate) fn feed_forward_norm(self) -> Range<usize> {
        after(&self.attention_norm(), self.hidden)
    }

    /// `[row]`: what is added to query, key and value; `[0]` where there is no bias.
    pub(crate) fn bias(self) -> Range<usize> {
        after(&self.feed_forward_norm(), if self.biased { self.row() } else { 0 })
    }

    /// Entries in matrices, which decay; the norms and biases after them do not.
    pub(crate) fn decayed(self) -> usize {
        self.down().end
    }

    /// All entries.
    pub(crate) fn size(self) -> usize {
        self.bias().end
    }

    /// Rows and columns of each matrix, in order: query, key, value, attention output, gate, up, down.
    pub(crate) fn matrices(self) -> [[usize; 2]; MATRICES] {
        let Self { hidden, kv_width, feed_forward, .. } = self;
        let from_stream = [hidden, kv_width, kv_width, hidden, feed_forward, feed_forward];
        let [query, key, value, output, gate, up] = from_stream.map(|rows| [rows, hidden]);
        [query, key, value, output, gate, up, [hidden, feed_forward]]
    }

    /// Rows of one of them.
    pub(crate) fn outputs(self, matrix: usize) -> usize {
        self.matrices()[matrix][0]
    }

    /// Where some of them lie.
    pub(crate) fn of(self, matrices: Range<usize>) -> Range<usize> {
        let size = |[rows, columns]: &[usize; 2]| rows * columns;
        let all = self.matrices();
        let start = all[..matrices.start].iter().map(size).sum::<usize>();
        start..start + all[matrices].iter().map(size).sum::<usize>()
    }

    /// The block's weights in the order of the flat vector.
    pub(crate) fn order(block: &Block) -> [&Vec<f32>; 12] {
        [
            &block.query,
            &block.key,
            &block.value,
            &block.attention_output,
            &block.gate,
            &block.up,
            &block.down,
            &block.attention_norm,
            &block.feed_forward_norm,
            &block.query_bias,
            &block.key_bias,
            &block.value_bias,
        ]
    }

    /// The same to write to.
    pub(crate) fn order_mut(block: &mut Block) -> [&mut Vec<f32>; 12] {
        [
            &mut block.query,
            &mut block.key,
            &mut block.value,
            &mut block.attention_output,
            &mut block.gate,
            &mut block.up,
            &mut block.down,
            &mut block.attention_norm,
            &mut block.feed_forward_norm,
            &mut block.query_bias,
            &mut block.key_bias,
            &mut block.value_bias,
        ]
    }
}

fn after(earlier: &Range<usize>, size: usize) -> Range<usize> {
    earlier.end..earlier.end + size
}
