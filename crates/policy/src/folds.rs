//! Who is tested when: every question is in exactly one fold, and what is applied to it is fitted on the others.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// The fold of each question, balanced within every stratum (a bin, say). Depends on the strata and the seed alone,
/// never on outcomes.
pub fn folds(strata: &[usize], count: usize, seed: u64) -> Vec<usize> {
    let count = count.max(1);
    let mut fold = vec![0; strata.len()];
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut members: std::collections::BTreeMap<usize, Vec<usize>> = std::collections::BTreeMap::new();
    for (question, &stratum) in strata.iter().enumerate() {
        members.entry(stratum).or_default().push(question);
    }
    // Going on where the last stratum ended balances the whole as well.
    let mut next = 0;
    for questions in members.values_mut() {
        questions.shuffle(&mut random);
        for &question in questions.iter() {
            fold[question] = next % count;
            next += 1;
        }
    }
    fold
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn folds_are_balanced_in_every_stratum(strata in prop::collection::vec(0_usize..4, 1..60), count in 1_usize..6, seed: u64) {
            let found = folds(&strata, count, seed);
            for stratum in 0..4 {
                let sizes: Vec<usize> = (0..count).map(|fold| (0..strata.len()).filter(|&at| strata[at] == stratum && found[at] == fold).count()).collect();
                prop_assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1);
            }
            prop_assert_eq!(found, folds(&strata, count, seed));
        }
    }
}
