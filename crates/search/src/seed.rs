//! Seeds derived from a node's place in the tree, never from the order in which things arrive.

/// Seed of child number `ordinal` of a node with seed `parent` (`SplitMix64` finaliser over both).
pub fn mix(parent: u64, ordinal: u64) -> u64 {
    let mut z = parent ^ ordinal.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
