//! Which servers hold the beginning of which prompt: those that it was sent to.

use deliberate_lm::Token;
use std::collections::HashMap;

/// Prefixes are remembered at multiples of so many tokens, as servers' caches do.
const BLOCK: usize = 16;
/// Prefixes that are remembered at least; twice as many at most.
const KEPT: usize = 1 << 16;

/// A set of servers, one bit for each.
pub(crate) type Servers = u64;

/// Which servers hold which prefix. What was not asked for since [`KEPT`] others came is forgotten.
#[derive(Debug, Default)]
pub(crate) struct Prefixes {
    young: HashMap<u64, Servers>,
    old: HashMap<u64, Servers>,
}

/// What tells the prefixes of a prompt from others, the shortest first.
pub(crate) fn digests(prompt: &[Token]) -> Vec<u64> {
    let block = |digest: &mut u64, block: &[Token]| {
        *digest = block.iter().fold(*digest, |digest, &token| {
            (digest ^ u64::from(token)).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23)
        });
        Some(*digest)
    };
    prompt.chunks_exact(BLOCK).scan(0xcbf2_9ce4_8422_2325, block).collect()
}

impl Prefixes {
    /// Those among `able` that hold the longest prefix of a prompt; none where nobody holds any.
    pub(crate) fn holders(&self, digests: &[u64], able: Servers) -> Servers {
        let holding = |&digest| self.known(digest) & able;
        digests.iter().rev().map(holding).find(|&holders| holders != 0).unwrap_or(0)
    }

    /// Takes down that a prompt was sent to a server.
    pub(crate) fn sent(&mut self, digests: &[u64], server: usize) {
        for &digest in digests {
            let known = self.known(digest);
            self.young.insert(digest, known | 1 << server);
        }
        if self.young.len() > KEPT {
            self.old = std::mem::take(&mut self.young);
        }
    }

    fn known(&self, digest: u64) -> Servers {
        self.young.get(&digest).or_else(|| self.old.get(&digest)).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_is_found_and_prompts_that_part_early_are_not_taken_for_each_other() {
        let prompt: Vec<Token> = (0..100).collect();
        let mut other = prompt.clone();
        other[40] = 7;
        let mut prefixes = Prefixes::default();
        prefixes.sent(&digests(&prompt[..64]), 0);
        prefixes.sent(&digests(&other), 1);
        assert_eq!(prefixes.holders(&digests(&prompt), 0b11), 0b01);
        assert_eq!(prefixes.holders(&digests(&other), 0b11), 0b10);
        assert_eq!(prefixes.holders(&digests(&prompt[..40]), 0b11), 0b11, "both hold two blocks");
        assert_eq!(prefixes.holders(&digests(&prompt), 0b10), 0b10, "two blocks are more than none");
        assert_eq!(prefixes.holders(&digests(&prompt[1..]), 0b11), 0);
        assert_eq!(prefixes.holders(&digests(&prompt[..15]), 0b11), 0, "too short to be told apart");
    }

    #[test]
    fn what_nobody_asks_for_is_forgotten_and_what_is_asked_for_stays() {
        let mut prefixes = Prefixes::default();
        let [kept, lost]: [Vec<Token>; 2] = [vec![1; BLOCK], vec![2; BLOCK]];
        prefixes.sent(&digests(&lost), 0);
        for index in 0..3 * KEPT as Token {
            let fresh: Vec<Token> = [9, 9, 9].into_iter().chain(index..index + BLOCK as Token - 3).collect();
            prefixes.sent(&digests(&fresh), 1);
            prefixes.sent(&digests(&kept), 0);
        }
        assert_eq!(prefixes.holders(&digests(&kept), 0b11), 0b01);
        assert_eq!(prefixes.holders(&digests(&lost), 0b11), 0);
        assert!(prefixes.young.len() + prefixes.old.len() <= 2 * (KEPT + 1));
    }
}
