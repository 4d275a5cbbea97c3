//! Bootstrap over questions with the number of resamples that thousands of intervals can afford.

pub use deliberate_run::Interval;

/// Resamples of every interval of this crate.
const RESAMPLES: usize = 1_000;

/// Mean with a 95 % interval; `None` without values.
fn mean_interval(values: &[f64], seed: u64) -> Option<Interval> {
    let mean = |drawn: &[usize]| drawn.iter().map(|&at| values[at]).sum::<f64>() / drawn.len() as f64;
    bootstrap(values.len(), seed, mean)
}

/// Share of right answers with a 95 % interval, which is never certain; `None` without values.
pub fn share_interval(values: &[f64], seed: u64) -> Option<Interval> {
    Some(mean_interval(values, seed)?.with_doubt(values.len()))
}

/// A statistic of question numbers with a 95 % interval, as [`deliberate_run::bootstrap`] has it.
pub fn bootstrap(questions: usize, seed: u64, statistic: impl Fn(&[usize]) -> f64) -> Option<Interval> {
    deliberate_run::bootstrap(questions, RESAMPLES, seed, statistic)
}

/// Mean difference of two lists over the same questions, with a 95 % interval of the paired bootstrap.
pub fn paired_difference(ours: &[f64], theirs: &[f64], seed: u64) -> Option<Interval> {
    let differences: Vec<f64> = ours.iter().zip(theirs).map(|(one, other)| one - other).collect();
    mean_interval(&differences, seed)
}
