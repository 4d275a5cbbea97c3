//! Where the gradients of a block's weights go: to all of them, or to the thin matrices of an adapter over them.

use crate::kernels::matrix::{View, ViewMut};
use crate::parts::{MATRICES, Parts};
use std::ops::Range;

/// Which of a block's matrices have a change, and where its halves lie in the block's flat adapter. The others, norms and
/// biases have no gradient.
#[derive(Debug, Clone)]
pub(crate) struct Thin {
    pub(crate) rank: usize,
    /// What the products of the halves count.
    pub(crate) scale: f32,
    /// Of each matrix, `[rank, in]` and `[out, rank]`, one behind the other.
    pub(crate) halves: [Option<[Range<usize>; 2]>; MATRICES],
}

/// Sums of gradients, and what they are taken of.
#[derive(Debug)]
pub(super) enum Gradients<'a> {
    /// Of all weights, laid out like them.
    Whole(&'a mut [f32]),
    /// Of an adapter.
    Thin {
        thin: &'a Thin,
        /// Its values, and the sums, laid out like them.
        adapter: &'a [f32],
        sums: &'a mut [f32],
        /// Room for the products in between and for what has no gradient.
        room: &'a mut Vec<f32>,
    },
}

impl Gradients<'_> {
    /// Adds those of matrices that multiply the same input: `output` `[tokens, out]` is the gradient of their products,
    /// beside each other, and `input` `[tokens, in]` what they multiplied.
    pub(super) fn add(&mut self, parts: Parts, matrices: Range<usize>, output: View<'_>, input: View<'_>) {
        match self {
            Self::Whole(sums) => {
                let sums = &mut sums[parts.of(matrices)];
                ViewMut::new(sums, output.columns(), input.columns()).add(output.transposed(), input);
            }
            Self::Thin { thin, adapter, sums, room } => {
                let (rank, mut begin) = (thin.rank, 0);
                room.resize(rank * input.rows(), 0.0);
                for matrix in matrices {
                    let columns = parts.outputs(matrix);
                    let output = output.narrowed(begin..begin + columns);
                    begin += columns;
                    let Some([a, b]) = &thin.halves[matrix] else { continue };
                    let down = View::new(&adapter[a.clone()], rank, input.columns());
                    ViewMut::new(room, input.rows(), rank).assign(input, down.transposed(), thin.scale);
                    let products = View::new(room, input.rows(), rank);
                    ViewMut::new(&mut sums[b.clone()], columns, rank).add(output.transposed(), products);
                    let up = View::new(&adapter[b.clone()], columns, rank);
                    ViewMut::new(room, input.rows(), rank).assign(output, up, thin.scale);
                    let products = View::new(room, input.rows(), rank);
                    ViewMut::new(&mut sums[a.clone()], rank, input.columns())
                        .add(products.transposed(), input);
                }
            }
        }
    }

    /// The sums of a vector of the block, whatever they are where it has none.
    pub(super) fn vector(&mut self, range: Range<usize>) -> &mut [f32] {
        match self {
            Self::Whole(sums) => &mut sums[range],
            Self::Thin { room, .. } => {
                room.clear();
                room.resize(range.len(), 0.0);
                room
            }
        }
    }
}
