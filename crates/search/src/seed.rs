//! Seeds derived from (the run's seed, the question, a node's place in its tree), never from the order in which things
//! arrive.

/// Seed of child number `ordinal` of a node with seed `parent` (`SplitMix64` finaliser over both).
pub fn mix(parent: u64, ordinal: u64) -> u64 {
    let mut z = parent ^ ordinal.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The seed with which one question of a run is searched, for [`crate::Settings::seed`].
///
/// Whoever works on many questions under one seed calls this for each, by its id: were they all searched with the run's
/// own seed, the first draw of each would be the same dice, and what is measured of a thousand questions would be
/// measured of one stream of random numbers. The same run and id give the same seed on every machine and in every
/// version: FNV-1a of the id's bytes (64 bits), mixed into the run's seed.
pub fn question_seed(run: u64, question: &str) -> u64 {
    let fnv = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    mix(run, question.bytes().fold(0xcbf2_9ce4_8422_2325, fnv))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_seed_of_a_question_stays_what_it_was() {
        // Stored studies and journals depend on these numbers.
        assert_eq!(question_seed(0, ""), mix(0, 0xcbf2_9ce4_8422_2325));
        assert_eq!(question_seed(7, "a"), mix(7, 0xaf63_dc4c_8601_ec8c));
        assert_eq!(question_seed(7, "foobar"), mix(7, 0x8594_4171_f739_67e8));
    }

    #[test]
    fn questions_and_runs_have_seeds_of_their_own() {
        let seeds: BTreeSet<u64> =
            (0..20).flat_map(|run| (0..500).map(move |id| question_seed(run, &format!("q{id}")))).collect();
        assert_eq!(seeds.len(), 20 * 500);
    }
}
