//! A matrix of a block with what adapters add to it, for the rows of a batch that are evaluated with one.
//!
//! An adapter's change of a matrix is a product of two thin ones, `b · a`. A row gets `b (a x)` on top of the matrix's own
//! product, so the matrix stays in eight bits and is there once, whatever the number of adapters.

use crate::lanes::{Lanes, WIDTH, flat, lanes};
use crate::matrix::{Help, Layout, Matrix, Target};
use crate::panels::Rows;
use crate::tensors::Values;
use deliberate_decoder::{Adapter, LowRank};
use deliberate_engine::Variant;
use rayon::prelude::*;
use std::ops::Range;

/// A matrix and its changes.
#[derive(Debug)]
pub(crate) struct Linear {
    base: Matrix,
    /// One for each adapter; none where it leaves the matrix as it is.
    changes: Vec<Option<Change>>,
}

/// What one adapter adds to a block, on its way.
#[derive(Debug)]
pub(crate) struct Added {
    rank: usize,
    scale: f32,
    changes: [LowRank; 7],
}

impl Added {
    /// Taken from the adapter, block by block: what is packed can have the memory of what was read.
    pub(crate) fn take(adapter: &mut Adapter, block: usize) -> Self {
        let changes = std::mem::take(&mut adapter.blocks[block]);
        Self { rank: adapter.rank as usize, scale: adapter.scale(), changes }
    }
}

/// What one adapter adds to a matrix that is put together from several tensors.
#[derive(Debug)]
struct Change {
    /// To the rank: for each tensor lanes of its own.
    narrow: Thin,
    /// And back, from the lanes of the tensor that the outputs belong to.
    wide: Thin,
}

/// A matrix with few outputs, or few inputs: `[group of outputs, inputs]`, a group being as wide as the lanes.
#[derive(Debug)]
struct Thin {
    data: Vec<Lanes>,
    inputs: usize,
    /// Where in a row the inputs of each group begin.
    from: Vec<usize>,
}

/// The rows of a batch that are evaluated with an adapter.
#[derive(Debug, Default)]
pub(crate) struct Adapted {
    /// Rows of one adapter after those of another.
    rows: Vec<usize>,
    /// The adapter of some consecutive ones of these.
    tiles: Vec<(usize, Range<usize>)>,
    /// Where each row of the batch stands among them.
    places: Vec<Option<usize>>,
    /// What is added to them, as much as the last multiplication needed.
    sums: Vec<Lanes>,
}

/// Rows of one adapter that are multiplied together. No result depends on it.
const TILE: usize = 4;

impl Adapted {
    /// Takes down which rows those are.
    pub(crate) fn set(&mut self, variants: impl Iterator<Item = Variant>) {
        let Self { rows, tiles, places, .. } = self;
        let variants: Vec<Variant> = variants.collect();
        rows.clear();
        rows.extend((0..variants.len()).filter(|&row| variants[row] > 0));
        rows.sort_by_key(|&row| variants[row]);
        places.clear();
        places.resize(variants.len(), None);
        rows.iter().enumerate().for_each(|(place, &row)| places[row] = Some(place));
        tiles.clear();
        for (place, &row) in rows.iter().enumerate() {
            let adapter = variants[row] as usize - 1;
            match tiles.last_mut() {
                Some((same, tile)) if *same == adapter && tile.len() < TILE => tile.end = place + 1,
                _ => tiles.push((adapter, place..place + 1)),
            }
        }
    }
}

impl Linear {
    /// Packs a matrix, and what adapters add to the tensors that it is put together from: `matrices` in the order of
    /// [`Adapter::MATRICES`].
    pub(crate) fn pack(
        layout: &Layout<'_>,
        parts: Vec<Values>,
        (added, matrices): (&[Added], Range<usize>),
    ) -> Self {
        let base = Matrix::pack(layout, parts);
        let outputs = base.output_lanes() * WIDTH;
        let change = |added: &Added| Change::pack(layout, outputs, added, &added.changes[matrices.clone()]);
        let changes = added.iter().map(change).collect();
        Self { base, changes }
    }

    /// Lanes of one row of results.
    pub(crate) fn output_lanes(&self) -> usize {
        self.base.output_lanes()
    }

    /// As [`Matrix::multiply`], with what their adapters add to the rows; `write` is not told the row.
    pub(crate) fn multiply(
        &self,
        rows: Rows<'_>,
        help: &mut Help,
        to: Target<'_>,
        write: &(impl Fn(&mut [Lanes], usize, [Lanes; 2]) + Sync),
    ) {
        if help.adapted.rows.is_empty() || self.changes.iter().all(Option::is_none) {
            return self.base.multiply(rows, help, to, &|out, (_, panel), sums| write(out, panel, sums));
        }
        let mut adapted = std::mem::take(&mut help.adapted);
        let width = self.output_lanes();
        self.add(rows, help.team, &mut adapted);
        self.base.multiply(rows, help, to, &|out, (row, panel), [left, right]| match adapted.places[row] {
            None => write(out, panel, [left, right]),
            Some(place) => {
                let added = &adapted.sums[place * width + 2 * panel..];
                write(out, panel, [left.plus(added[0]), right.plus(added[1])]);
            }
        });
        help.adapted = adapted;
    }

    /// Computes what is added.
    fn add(&self, rows: Rows<'_>, team: bool, adapted: &mut Adapted) {
        let width = self.output_lanes();
        let Adapted { rows: indices, tiles, sums, .. } = adapted;
        sums.resize(indices.len() * width, Lanes::ZERO);
        let mut rest = sums.as_mut_slice();
        let mut work = Vec::with_capacity(tiles.len());
        for (adapter, tile) in tiles.iter() {
            let (these, others) = rest.split_at_mut(tile.len() * width);
            rest = others;
            work.push((self.changes[*adapter].as_ref(), &indices[tile.clone()], these));
        }
        let one = |(change, indices, sums): (Option<&Change>, &[usize], &mut [Lanes])| match change {
            None => sums.fill(Lanes::ZERO),
            Some(change) => change.multiply(rows, indices, sums),
        };
        if team { work.into_par_iter().for_each(one) } else { work.into_iter().for_each(one) }
    }
}

impl Change {
    fn pack(layout: &Layout<'_>, outputs: usize, added: &Added, parts: &[LowRank]) -> Option<Self> {
        if parts.iter().all(|part| part.a.is_empty()) {
            return None;
        }
        let Added { rank, scale, .. } = *added;
        let padded = lanes(rank) * WIDTH;
        let narrow = |output: usize, input: usize| {
            let (part, line) = (&parts[output / padded].a, output % padded);
            let column = layout.column.map_or(Some(input), |column| column(input));
            let column = column.filter(|_| line < rank && !part.is_empty());
            column.map_or(0.0, |column| part[line * layout.columns + column])
        };
        let place = |output: usize| (output < layout.outputs).then(|| (layout.row)(output)).flatten();
        let wide = |output: usize, input: usize| {
            let place = place(output).filter(|&(part, _)| !parts[part].b.is_empty());
            place.map_or(0.0, |(part, row)| scale * parts[part].b[row * rank + input])
        };
        let part = |group: usize| {
            let mut places = (group * WIDTH..(group + 1) * WIDTH).filter_map(place).map(|(part, _)| part);
            let first = places.next().unwrap_or(0);
            assert!(places.all(|part| part == first), "the lanes of a group are of one tensor");
            first * padded
        };
        Some(Self {
            narrow: Thin::pack(parts.len() * padded, layout.inputs, narrow, |_| 0),
            wide: Thin::pack(outputs, rank, wide, part),
        })
    }

    /// What is added to some rows, a tile at most.
    fn multiply(&self, rows: Rows<'_>, indices: &[usize], sums: &mut [Lanes]) {
        if indices.len() == TILE {
            return self.some::<TILE>(rows, indices, sums);
        }
        for (index, sums) in indices.chunks_exact(1).zip(sums.chunks_exact_mut(self.wide.from.len())) {
            self.some::<1>(rows, index, sums);
        }
    }

    /// The same for `N` rows.
    fn some<const N: usize>(&self, rows: Rows<'_>, indices: &[usize], sums: &mut [Lanes]) {
        let row = |at: usize| flat(&rows.data[indices[at] * rows.stride..][..rows.stride]);
        let width = self.narrow.from.len();
        let mut between = vec![Lanes::ZERO; N * width];
        self.narrow.multiply::<N>(std::array::from_fn(row), &mut between);
        let between = |at: usize| flat(&between[at * width..][..width]);
        self.wide.multiply::<N>(std::array::from_fn(between), sums);
    }
}

impl Thin {
    fn pack(
        outputs: usize,
        inputs: usize,
        weight: impl Fn(usize, usize) -> f32,
        from: impl Fn(usize) -> usize,
    ) -> Self {
        let groups = outputs / WIDTH;
        let lanes = |group: usize, input: usize| {
            Lanes::from_array(std::array::from_fn(|lane| weight(group * WIDTH + lane, input)))
        };
        let data = (0..groups).flat_map(|group| (0..inputs).map(move |input| (group, input)));
        let data = data.map(|(group, input)| lanes(group, input)).collect();
        Self { data, inputs, from: (0..groups).map(from).collect() }
    }

    /// Multiplies `N` rows; every output is one chain of fused multiply-adds over the inputs in their order.
    fn multiply<const N: usize>(&self, rows: [&[f32]; N], to: &mut [Lanes]) {
        let width = self.from.len();
        for (group, &from) in self.from.iter().enumerate() {
            let weights = &self.data[group * self.inputs..][..self.inputs];
            let sums = products(rows.map(|row| &row[from..][..weights.len()]), weights);
            for (row, sum) in sums.into_iter().enumerate() {
                to[row * width + group] = sum;
            }
        }
    }
}

/// Products of `N` rows with one group, apart from other code so that the sums stay in registers.
#[inline(never)]
fn products<const N: usize>(rows: [&[f32]; N], weights: &[Lanes]) -> [Lanes; N] {
    let mut sums = [Lanes::ZERO; N];
    for (index, weight) in weights.iter().enumerate() {
        for (sum, row) in sums.iter_mut().zip(rows) {
            *sum = Lanes::splat(row[index]).times_plus(*weight, *sum);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_one_adapter_are_taken_together() {
        let mut adapted = Adapted::default();
        adapted.set([0, 2, 1, 2, 0, 1, 1, 1, 1].into_iter());
        assert_eq!(adapted.rows, [2, 5, 6, 7, 8, 1, 3]);
        assert_eq!(adapted.tiles, [(0, 0..4), (0, 4..5), (1, 5..7)]);
        let place = Some;
        let expected = [None, place(5), place(0), place(6), None, place(1), place(2), place(3), place(4)];
        assert_eq!(adapted.places, expected);
        adapted.set([0, 0].into_iter());
        assert!(adapted.rows.is_empty() && adapted.tiles.is_empty());
    }
}
