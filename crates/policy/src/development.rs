//! Questions to look at while a method is still being changed, and questions that are measured once, when it is frozen.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// To which part a question belongs, for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Portion {
    /// About a third of all questions: whatever is chosen by looking (candidates, rules, constants) is chosen on these.
    Development,
    /// The others: measured once, after everything is chosen.
    Test,
}

impl Portion {
    /// The part of a question, from a digest of its id alone: no seed, no order and no other question moves it, so a
    /// larger dataset has the same question in the same part.
    pub fn of(id: &str) -> Self {
        let digest = Sha256::digest(id.as_bytes());
        let first: [u8; 8] = digest[..8].try_into().expect("a digest has 32 bytes");
        if u64::from_be_bytes(first).is_multiple_of(3) { Self::Development } else { Self::Test }
    }

    /// Places of the questions of this part, in their order.
    pub fn places(self, ids: &[String]) -> Vec<usize> {
        (0..ids.len()).filter(|&at| Self::of(&ids[at]) == self).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(count: usize) -> Vec<String> {
        (0..count).map(|at| format!("lab/test/{at}")).collect()
    }

    #[test]
    fn a_third_is_for_development_and_every_question_in_one_part() {
        let ids = ids(3_000);
        let [development, test] = [Portion::Development, Portion::Test].map(|part| part.places(&ids));
        assert!((900..1_100).contains(&development.len()), "{}", development.len());
        let mut all = [development, test].concat();
        all.sort_unstable();
        assert_eq!(all, (0..3_000).collect::<Vec<_>>());
    }

    #[test]
    fn more_questions_in_another_order_move_none() {
        let few: Vec<Portion> = ids(20).iter().map(|id| Portion::of(id)).collect();
        let mut many = ids(200);
        many.reverse();
        let again: Vec<Portion> = many.iter().rev().take(20).map(|id| Portion::of(id)).collect();
        assert_eq!(few, again);
    }

    /// What was cut once stays cut: another version of this program must not look at what an earlier one tested.
    #[test]
    fn the_cut_is_pinned() {
        let cut: String = ids(24)
            .iter()
            .map(|id| if Portion::of(id) == Portion::Development { 'd' } else { 't' })
            .collect();
        assert_eq!(cut, "ttdttdtddtttdtttddddtddd");
    }
}
