//! How a packed batch is cut: lanes for the threads, tiles for their caches.

use crate::batch::Sequence;
use std::ops::Range;

/// Tokens that a tile does not exceed, unless it is one longer example, or the examples of one longer prompt.
const TILE_TOKENS: usize = 512;
/// Tokens for which one more lane is worth its own sums of gradients.
const LANE_TOKENS: usize = 1024;
const MOST_LANES: usize = 16;

/// Consecutive tiles that one thread works off.
#[derive(Debug, Clone)]
pub(crate) struct Lane {
    /// Rows of the batch.
    pub(crate) rows: Range<usize>,
    pub(crate) tiles: Vec<Tile>,
}

/// Consecutive whole examples, with the prompts that they share.
#[derive(Debug, Clone)]
pub(crate) struct Tile {
    /// Rows of the batch.
    pub(crate) rows: Range<usize>,
    /// What lies in it, counted from its start.
    pub(crate) sequences: Vec<Sequence>,
}

/// All lanes of a batch, in order.
#[derive(Debug, Clone)]
pub(crate) struct Lanes(pub(crate) Vec<Lane>);

impl Lanes {
    /// Cuts a batch of these sequences.
    pub(crate) fn new(sequences: &[Sequence]) -> Self {
        let tokens = sequences.last().map_or(0, |last| last.own.end);
        let count = tokens.div_ceil(LANE_TOKENS).clamp(2, MOST_LANES);
        let mut lanes: Vec<Lane> = Vec::new();
        for tile in tiles(sequences) {
            let due = tokens * lanes.len() / count;
            match lanes.last_mut() {
                // By its middle, so that lanes stay equal where tiles are as long as they.
                Some(lane) if usize::midpoint(tile.rows.start, tile.rows.end) < due => {
                    lane.rows.end = tile.rows.end;
                    lane.tiles.push(tile);
                }
                _ => lanes.push(Lane { rows: tile.rows.clone(), tiles: vec![tile] }),
            }
        }
        Self(lanes)
    }

    /// Cuts a matrix with one row of `width` for each token into the lanes' parts.
    pub(crate) fn split<'a>(&self, mut matrix: &'a mut [f32], width: usize) -> Vec<&'a mut [f32]> {
        let cut = |lane: &Lane| {
            let (own, rest) = std::mem::take(&mut matrix).split_at_mut(lane.rows.len() * width);
            matrix = rest;
            own
        };
        self.0.iter().map(cut).collect()
    }

    /// Tokens of the longest tile.
    pub(crate) fn longest_tile(&self) -> usize {
        self.0.iter().flat_map(|lane| &lane.tiles).map(|tile| tile.rows.len()).max().unwrap_or(0)
    }
}

fn tiles(sequences: &[Sequence]) -> Vec<Tile> {
    let mut tiles: Vec<Tile> = Vec::new();
    for family in sequences.chunk_by(|_, next| !next.before.is_empty()) {
        let rows = family[0].own.start..family[family.len() - 1].own.end;
        match tiles.last_mut() {
            Some(tile) if tile.rows.len() + rows.len() <= TILE_TOKENS => tile.rows.end = rows.end,
            _ => tiles.push(Tile { rows, sequences: Vec::new() }),
        }
        let tile = tiles.last_mut().expect("one was pushed if there was none");
        let start = tile.rows.start;
        tile.sequences.extend(family.iter().map(|sequence| sequence.from(start)));
    }
    tiles
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_example_is_in_one_tile_of_one_lane(
            lengths in prop::collection::vec((1usize..700, any::<bool>()), 1..60),
        ) {
            let (mut end, mut trunk) = (0, 0..0);
            let mut sequences = Vec::new();
            for (index, (length, shares)) in lengths.into_iter().enumerate() {
                let own = end..end + length;
                end = own.end;
                let before = if shares && index > 0 { trunk.clone() } else { 0..0 };
                if before.is_empty() {
                    trunk = own.clone();
                }
                sequences.push(Sequence { before, own });
            }
            let lanes = Lanes::new(&sequences);
            let mut found = Vec::new();
            let mut row = 0;
            for lane in &lanes.0 {
                prop_assert_eq!(lane.rows.start, row);
                for tile in &lane.tiles {
                    prop_assert_eq!(tile.rows.start, row);
                    let moved = |range: &Range<usize>| range.start + row..range.end + row;
                    found.extend(tile.sequences.iter().map(|s| Sequence {
                        before: if s.before.is_empty() { 0..0 } else { moved(&s.before) },
                        own: moved(&s.own),
                    }));
                    row = tile.rows.end;
                    let families = tile.sequences.iter().filter(|s| s.before.is_empty()).count();
                    prop_assert!(families == 1 || tile.rows.len() <= TILE_TOKENS);
                    prop_assert!(tile.sequences.iter().all(|s| s.before.end <= s.own.start));
                }
                prop_assert_eq!(lane.rows.end, row);
            }
            prop_assert_eq!(found, sequences);
            prop_assert!(lanes.0.len() <= MOST_LANES);
        }
    }
}
