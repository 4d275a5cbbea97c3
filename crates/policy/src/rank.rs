//! Rank correlation and agreement of bins.

/// Ranks from 1, ties sharing their mean.
pub fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    for tied in order.chunk_by(|&a, &b| values[a].total_cmp(&values[b]).is_eq()) {
        let before = order.iter().position(|at| *at == tied[0]).unwrap_or(0);
        let rank = before as f64 + f64::midpoint(tied.len() as f64, 1.0);
        for &at in tied {
            ranks[at] = rank;
        }
    }
    ranks
}

/// Pearson correlation over `drawn` places; NaN where one side does not vary.
pub(crate) fn correlation(ours: &[f64], theirs: &[f64], drawn: &[usize]) -> f64 {
    let count = drawn.len() as f64;
    let mean = |values: &[f64]| drawn.iter().map(|&at| values[at]).sum::<f64>() / count;
    let (a, b) = (mean(ours), mean(theirs));
    let (mut both, mut one, mut other) = (0.0, 0.0, 0.0);
    for &at in drawn {
        let (x, y) = (ours[at] - a, theirs[at] - b);
        both += x * y;
        one += x * x;
        other += y * y;
    }
    both / (one * other).sqrt()
}

/// Spearman's rank correlation with ties; `None` where one side does not vary.
pub fn spearman(ours: &[f64], theirs: &[f64]) -> Option<f64> {
    let all: Vec<usize> = (0..ours.len()).collect();
    let found = correlation(&ranks(ours), &ranks(theirs), &all);
    (!found.is_nan()).then_some(found)
}

/// Questions by (our bin, their bin): `[ours][theirs]`.
pub fn confusion(ours: &[usize], theirs: &[usize], bins: usize) -> Vec<Vec<u32>> {
    let mut matrix = vec![vec![0; bins]; bins];
    for (&one, &other) in ours.iter().zip(theirs) {
        matrix[one][other] += 1;
    }
    matrix
}

/// Share of questions whose bins differ by at most `apart`.
pub fn bin_agreement(ours: &[usize], theirs: &[usize], apart: usize) -> f64 {
    let near = ours.iter().zip(theirs).filter(|(one, other)| one.abs_diff(**other) <= apart).count();
    near as f64 / ours.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_their_mean_rank() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0]), [3.5, 1.0, 3.5, 2.0]);
        assert!((spearman(&[1.0, 2.0, 3.0], &[10.0, 20.0, 400.0]).unwrap() - 1.0).abs() < 1e-12);
        assert!((spearman(&[1.0, 2.0, 2.0], &[3.0, 1.0, 1.0]).unwrap() + 1.0).abs() < 1e-12);
        assert_eq!(spearman(&[1.0, 1.0], &[1.0, 2.0]), None);
    }

    #[test]
    fn the_confusion_matrix_counts_every_question_once() {
        let matrix = confusion(&[0, 1, 1, 2], &[0, 1, 2, 0], 3);
        assert_eq!(matrix, [[1, 0, 0], [0, 1, 1], [1, 0, 0]]);
        assert!((bin_agreement(&[0, 1, 1, 2], &[0, 1, 2, 0], 1) - 0.75).abs() < 1e-12);
    }
}
