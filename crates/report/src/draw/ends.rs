//! Names at the ends of lines, moved apart until none covers another.

/// A name, and the end that it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct End {
    pub(super) name: String,
    pub(super) class: String,
    pub(super) from: (f64, f64),
    /// Where the name stands.
    pub(super) y: f64,
}

impl End {
    pub(super) fn new(name: &str, class: String, from: (f64, f64)) -> Self {
        Self { name: name.to_owned(), class, from, y: from.1 }
    }
}

/// Moves names at least `gap` apart, as little as possible and in the order of their ends, between `top` and
/// `bottom` as far as they fit.
pub(super) fn spread(ends: &mut [End], top: f64, bottom: f64, gap: f64) {
    ends.sort_by(|a, b| a.from.1.total_cmp(&b.from.1));
    // Names that touch form a block around the mean of their wishes; blocks that touch join.
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    let height = |count: usize| (count - 1) as f64 * gap;
    let within = |middle: f64, count: usize| {
        let half = height(count) / 2.0;
        middle.min(bottom - half).max(top + half)
    };
    for end in ends.iter() {
        blocks.push((within(end.from.1, 1), 1));
        while let [.., (above, more), (below, count)] = blocks[..] {
            if below - height(count) / 2.0 - above - height(more) / 2.0 >= gap {
                break;
            }
            let all = more + count;
            let mean = (above * more as f64 + below * count as f64) / all as f64;
            blocks.truncate(blocks.len() - 2);
            blocks.push((within(mean, all), all));
        }
    }
    let mut places = blocks.iter().flat_map(|&(middle, count)| {
        (0..count).map(move |index| middle - height(count) / 2.0 + index as f64 * gap)
    });
    for end in ends.iter_mut() {
        end.y = places.next().unwrap_or(end.from.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(wishes: &[f64], expected: &[f64]) {
        let mut ends: Vec<End> = wishes.iter().map(|&y| End::new("a", String::new(), (0.0, y))).collect();
        spread(&mut ends, 0.0, 100.0, 10.0);
        let places: Vec<f64> = ends.iter().map(|end| end.y).collect();
        assert_eq!(places, expected);
    }

    #[test]
    fn names_move_no_more_than_they_must() {
        check(&[10.0, 50.0, 90.0], &[10.0, 50.0, 90.0]);
        check(&[50.0, 50.0], &[45.0, 55.0]);
        check(&[52.0, 50.0, 80.0], &[46.0, 56.0, 80.0]);
    }

    #[test]
    fn names_stay_inside() {
        check(&[100.0, 100.0, 99.0], &[80.0, 90.0, 100.0]);
        check(&[-5.0], &[0.0]);
    }
}
