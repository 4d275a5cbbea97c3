//! How a packed batch is cut: lanes for the threads, tiles for their caches.

use std::ops::Range;

/// Tokens that a tile does not exceed, unless it is one longer example.
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

/// Consecutive whole examples.
#[derive(Debug, Clone)]
pub(crate) struct Tile {
    /// Rows of the batch.
    pub(crate) rows: Range<usize>,
    /// The examples, counted from the start of the tile.
    pub(crate) sequences: Vec<Range<usize>>,
}

/// All lanes of a batch, in order.
#[derive(Debug, Clone)]
pub(crate) struct Lanes(pub(crate) Vec<Lane>);

impl Lanes {
    /// Cuts a batch whose examples lie at `sequences`.
    pub(crate) fn new(sequences: &[Range<usize>]) -> Self {
        let tokens = sequences.last().map_or(0, |last| last.end);
        let count = tokens.div_ceil(LANE_TOKENS).clamp(2, MOST_LANES);
        let mut lanes: Vec<Lane> = Vec::new();
        for tile in tiles(sequences) {
            let due = tokens * lanes.len() / count;
            match lanes.last_mut() {
                Some(lane) if tile.rows.start < due => {
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

fn tiles(sequences: &[Range<usize>]) -> Vec<Tile> {
    let mut tiles: Vec<Tile> = Vec::new();
    for sequence in sequences {
        match tiles.last_mut() {
            Some(tile) if tile.rows.len() + sequence.len() <= TILE_TOKENS => {
                tile.sequences.push(sequence.start - tile.rows.start..sequence.end - tile.rows.start);
                tile.rows.end = sequence.end;
            }
            _ => {
                let sequences = std::iter::once(0..sequence.len()).collect();
                tiles.push(Tile { rows: sequence.clone(), sequences });
            }
        }
    }
    tiles
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_example_is_in_one_tile_of_one_lane(lengths in prop::collection::vec(1usize..700, 1..60)) {
            let mut end = 0;
            let sequences: Vec<_> = lengths.iter().map(|n| { let start = end; end += n; start..end }).collect();
            let lanes = Lanes::new(&sequences);
            let mut found = Vec::new();
            let mut row = 0;
            for lane in &lanes.0 {
                prop_assert_eq!(lane.rows.start, row);
                for tile in &lane.tiles {
                    prop_assert_eq!(tile.rows.start, row);
                    found.extend(tile.sequences.iter().map(|s| s.start + row..s.end + row));
                    row = tile.rows.end;
                    prop_assert!(tile.sequences.len() == 1 || tile.rows.len() <= TILE_TOKENS);
                }
                prop_assert_eq!(lane.rows.end, row);
            }
            prop_assert_eq!(found, sequences);
            prop_assert!(lanes.0.len() <= MOST_LANES);
        }
    }
}
