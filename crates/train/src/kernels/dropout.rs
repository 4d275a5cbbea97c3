//! Dropout masks as a function of a seed and a place, so that nothing is stored and threads do not matter.

/// What is dropped at one place of the network in one step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mask {
    seed: u64,
    /// Entries whose hash lies below are dropped.
    threshold: u32,
    scale: f32,
}

impl Mask {
    /// The mask number `place` of a seed; none where nothing is dropped.
    pub(crate) fn new(share: f32, seed: u64, place: u64) -> Option<Self> {
        (share > 0.0).then(|| Self {
            seed: spread(seed ^ spread(place.wrapping_add(1))),
            threshold: (f64::from(share) * 4_294_967_296.0) as u32,
            scale: 1.0 / (1.0 - share),
        })
    }

    /// What entry `index` is multiplied by: 0 or 1 / (1 - share).
    #[inline]
    pub(crate) fn factor(self, index: u32) -> f32 {
        let hash = mix(mix(index ^ self.seed as u32) ^ (self.seed >> 32) as u32);
        if hash < self.threshold { 0.0 } else { self.scale }
    }

    /// Multiplies entries `first..` of the place.
    pub(crate) fn apply(self, values: &mut [f32], first: usize) {
        for (index, value) in values.iter_mut().enumerate() {
            *value *= self.factor((first + index) as u32);
        }
    }
}

/// A 32-bit finaliser (that of `MurmurHash3`).
#[inline]
fn mix(mut hash: u32) -> u32 {
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    hash ^ (hash >> 16)
}

/// Spreads a counter over 64 bits (`SplitMix64`).
pub(crate) fn spread(counter: u64) -> u64 {
    let mut hash = counter.wrapping_add(0x9e37_79b9_7f4a_7c15);
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "the same function of the same place")]
    fn the_stated_share_is_dropped_and_the_mean_kept() {
        let mask = Mask::new(0.3, 7, 2).unwrap();
        let mut values = vec![1.0; 100_000];
        mask.apply(&mut values, 5);
        let kept = values.iter().filter(|v| **v > 0.0).count();
        assert!((69_300..70_700).contains(&kept), "{kept}");
        assert_eq!(values[10], mask.factor(15));
        assert!(Mask::new(0.0, 7, 2).is_none());
    }

    #[test]
    fn places_and_seeds_differ() {
        let bits = |seed, place| {
            let mask = Mask::new(0.5, seed, place).unwrap();
            (0..64).map(|i| mask.factor(i) > 0.0).collect::<Vec<_>>()
        };
        assert_ne!(bits(1, 0), bits(1, 1));
        assert_ne!(bits(1, 0), bits(2, 0));
        assert_eq!(bits(1, 0), bits(1, 0));
    }
}
