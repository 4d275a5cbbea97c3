//! Keeps the busy slots next to each other: backends take a batch whose slots have gaps apart into several passes.

use crate::Slot;

/// The fewest moves `(from, to)` after which the busy slots (rising) are consecutive, with `to` idle before.
pub(crate) fn moves(busy: &[Slot]) -> Vec<(Slot, Slot)> {
    let count = busy.len() as Slot;
    let (Some(&first), Some(&last)) = (busy.first(), busy.last()) else { return Vec::new() };
    if last - first + 1 == count {
        return Vec::new();
    }
    // The window that holds most of them begins at one of them, or ends at the last.
    let starts = busy.iter().copied().filter(|&start| start + count <= last + 1);
    let inside = |start: Slot| {
        busy.partition_point(|&slot| slot < start + count) - busy.partition_point(|&slot| slot < start)
    };
    let start = starts.max_by_key(|&start| (inside(start), std::cmp::Reverse(start))).unwrap_or(first);
    let window = start..start + count;
    let holes = window.clone().filter(|slot| busy.binary_search(slot).is_err());
    let outside = busy.iter().copied().filter(|slot| !window.contains(slot));
    outside.zip(holes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(busy: &[Slot], expected: &[(Slot, Slot)]) {
        assert_eq!(moves(busy), expected, "{busy:?}");
    }

    #[test]
    fn busy_slots_close_their_ranks_with_the_fewest_moves() {
        check(&[], &[]);
        check(&[5], &[]);
        check(&[3, 4, 5], &[]);
        check(&[0, 2], &[(2, 1)]);
        check(&[0, 1, 2, 7], &[(7, 3)]);
        check(&[0, 5, 6, 8], &[(0, 7)]);
        check(&[0, 2, 4, 6], &[(4, 1), (6, 3)]);
    }

    #[test]
    fn every_set_of_eight_slots_becomes_consecutive() {
        for set in 1u32..256 {
            let mut busy: Vec<Slot> = (0..8).filter(|slot| set >> slot & 1 == 1).collect();
            for (from, to) in moves(&busy) {
                assert!(busy.contains(&from) && !busy.contains(&to));
                busy.retain(|&slot| slot != from);
                busy.push(to);
            }
            busy.sort_unstable();
            assert!(busy.windows(2).all(|pair| pair[1] == pair[0] + 1), "{set:b}");
        }
    }
}
