//! A matrix in the form that its file suggests: in floats, or in eight bits.

use crate::lanes::{Lanes, WIDTH};
use crate::linear::Adapted;
use crate::panels::{Panels, Rows};
use crate::strips::{Rounded, Strips};
use crate::tensors::{BLOCK, Values};
use deliberate_decoder::Eight;
use rayon::prelude::*;
use std::ops::Range;

/// How a matrix is put together from the rows of tensors.
pub(crate) struct Layout<'a> {
    pub(crate) outputs: usize,
    pub(crate) inputs: usize,
    /// Values in a row of the tensors.
    pub(crate) columns: usize,
    /// The tensor and the row that an output comes from; none for outputs that are 0.
    pub(crate) row: &'a (dyn Fn(usize) -> Option<(usize, usize)> + Sync),
    /// The column that an input comes from, for inputs that are in another order or filled up.
    pub(crate) column: Option<&'a (dyn Fn(usize) -> Option<usize> + Sync)>,
}

/// A packed matrix.
#[derive(Debug)]
pub(crate) enum Matrix {
    Floats(Panels),
    Eight(Strips),
}

impl Matrix {
    /// Packs rows of tensors: in eight bits where all of them are, and whole blocks stay whole.
    pub(crate) fn pack(layout: &Layout<'_>, parts: Vec<Values>) -> Self {
        let mut eights: Vec<&Eight> = Vec::new();
        eights.extend(parts.iter().filter_map(|part| match part {
            Values::Eight(eight) => Some(eight),
            Values::Floats(_) => None,
        }));
        if eights.len() == parts.len() && layout.column.is_none() && layout.columns.is_multiple_of(BLOCK) {
            return Self::Eight(Strips::pack(layout, &eights));
        }
        drop(eights);
        let parts: Vec<Vec<f32>> = parts.into_iter().map(Values::floats).collect();
        Self::Floats(Panels::pack(layout.outputs, layout.inputs, |output, input| {
            let column = layout.column.map_or(Some(input), |column| column(input));
            let place = (layout.row)(output).zip(column);
            place.map_or(0.0, |((part, row), column)| parts[part][row * layout.columns + column])
        }))
    }

    /// Lanes of one row of results.
    pub(crate) fn output_lanes(&self) -> usize {
        match self {
            Self::Floats(panels) => panels.output_lanes(),
            Self::Eight(strips) => strips.output_lanes(),
        }
    }

    /// The weights of one output, in the order of the inputs; what is past them becomes 0.
    pub(crate) fn row(&self, output: usize, to: &mut [Lanes]) {
        to.fill(Lanes::ZERO);
        let to = crate::lanes::flat_mut(to);
        match self {
            Self::Floats(panels) => panels.row(output, to),
            Self::Eight(strips) => strips.row(output, to),
        }
    }

    /// Multiplies all rows. `write` puts the outputs of a panel into a row of results: it gets the row of `out`, the number of
    /// the row, the panel, and its outputs, in any order and on any thread.
    pub(crate) fn multiply(
        &self,
        rows: Rows<'_>,
        help: &mut Help,
        (out, stride): Target<'_>,
        write: &(impl Fn(&mut [Lanes], (usize, usize), [Lanes; 2]) + Sync),
    ) {
        let Help { rounded, sums, team, .. } = help;
        let rounded = match self {
            Self::Floats(_) => &*rounded,
            Self::Eight(strips) => rounded.take(rows, strips.inputs(), *team),
        };
        let (panels, count) = (self.output_lanes() / 2, rows.count());
        if !*team || count == 0 {
            return self.some(rows, rounded, 0..panels, &mut |row, panel, lanes| {
                write(&mut out[row * stride..][..stride], (row, panel), lanes);
            });
        }
        let jobs = PARTS * rayon::current_num_threads();
        let share = panels.div_ceil(jobs);
        let parts: Vec<Range<usize>> =
            (0..panels).step_by(share).map(|first| first..panels.min(first + share)).collect();
        sums.resize_with(jobs, Vec::new);
        parts.par_iter().zip(&mut *sums).for_each(|(part, sums)| {
            sums.clear();
            sums.reserve(part.len() * count);
            self.some(rows, rounded, part.clone(), &mut |_, _, lanes| sums.push(lanes));
        });
        // Then each thread writes whole rows, or one of them all rows where there are few.
        let group = if count < MANY { count } else { count.div_ceil(jobs) };
        let groups = out[..count * stride].par_chunks_mut(group * stride).enumerate();
        groups.for_each(|(place, out)| {
            let first = place * group;
            for (part, sums) in parts.iter().zip(&*sums) {
                for (panel, sums) in part.clone().zip(sums.chunks_exact(count)) {
                    let rows = (first..).zip(out.chunks_exact_mut(stride)).zip(&sums[first..]);
                    rows.for_each(|((row, out), sums)| write(out, (row, panel), *sums));
                }
            }
        });
    }

    /// The same with some of the panels, one after the other: `give(row, panel, the panel's outputs)`.
    fn some(
        &self,
        rows: Rows<'_>,
        rounded: &Rounded,
        panels: Range<usize>,
        give: &mut impl FnMut(usize, usize, [Lanes; 2]),
    ) {
        match self {
            Self::Floats(matrix) => matrix.multiply(rows, panels, give),
            Self::Eight(strips) => strips.multiply(rounded, panels, give),
        }
    }
}

/// Rows that results go to, and the lanes from one to the next.
pub(crate) type Target<'a> = (&'a mut [Lanes], usize);

/// What a multiplication works with.
#[derive(Debug)]
pub(crate) struct Help {
    rounded: Rounded,
    /// Outputs of the parts that threads computed, `[panel, row]`.
    sums: Vec<Vec<[Lanes; 2]>>,
    /// Rows that are evaluated with an adapter.
    pub(crate) adapted: Adapted,
    /// Whether it is split over the threads of the pool that it runs in.
    pub(crate) team: bool,
}

impl Help {
    pub(crate) fn new(team: bool) -> Self {
        Self { rounded: Rounded::default(), sums: Vec::new(), adapted: Adapted::default(), team }
    }
}

/// Pieces of a multiplication for each thread: more than one, so that a thread that is kept from its core leaves its
/// work to the others.
const PARTS: usize = 2;

/// Rows from which on it is worth it to have them rounded and written by several threads.
pub(crate) const MANY: usize = 32;

const _: () = assert!(BLOCK == 2 * WIDTH, "a block is two lanes");
