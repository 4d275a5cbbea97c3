//! What a sequential policy looks at: numbers about one answer, and about all that was drawn, from samples alone.

use crate::tally::{AnswerTally, Tally};

/// Numbers about one candidate answer.
pub const ANSWER_FEATURES: [&str; 15] = [
    "vote-logit",
    "vote-margin",
    "last-share",
    "product-share",
    "best-product",
    "mean-product",
    "best-last",
    "mean-last",
    "best-mean",
    "best-min",
    "product-margin",
    "answers",
    "entropy",
    "all-mean-product",
    "log-steps",
];

/// Numbers about the state of a question, once the chances of its answers are known.
pub const STATE_FEATURES: [&str; 11] = [
    "chance",
    "chance-spread",
    "chance-logit",
    "second-chance",
    "vote-share",
    "answers",
    "entropy",
    "all-mean-product",
    "best-product",
    "log-steps",
    "product-spread",
];

const LAST: usize = 0;
const MIN: usize = 1;
const PRODUCT: usize = 2;
const MEAN: usize = 3;

/// Log-odds of a score, kept within those of 0.0005 and 0.9995: half-precision scores say no more.
pub(crate) fn logit(score: f64) -> f64 {
    let score = score.clamp(5e-4, 1.0 - 5e-4);
    (score / (1.0 - score)).ln()
}

/// Numbers shared by all answers of a question.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shared {
    drawn: f64,
    answers: f64,
    entropy: f64,
    mean_product: f64,
    log_steps: f64,
    top_count: (u32, u32),
    top_product: (f32, f32),
}

/// The highest and the second highest.
fn top_two<T: PartialOrd + Copy>(values: impl Iterator<Item = T>, floor: T) -> (T, T) {
    values.fold((floor, floor), |(first, second), value| {
        if value > first {
            (value, first)
        } else if value > second {
            (first, value)
        } else {
            (first, second)
        }
    })
}

impl Shared {
    pub(crate) fn of(tally: &Tally) -> Self {
        let drawn = f64::from(tally.drawn.max(1));
        let entropy = tally.answers.iter().map(|answer| {
            let share = f64::from(answer.count) / drawn;
            -share * share.ln()
        });
        Self {
            drawn,
            answers: tally.answers.len() as f64 / drawn,
            entropy: entropy.sum(),
            mean_product: logit(tally.total[PRODUCT] / drawn),
            log_steps: (tally.steps as f64 / drawn).max(1.0).ln(),
            top_count: top_two(tally.answers.iter().map(|answer| answer.count), 0),
            top_product: top_two(tally.answers.iter().map(|answer| answer.best[PRODUCT]), 0.0),
        }
    }
}

/// [`ANSWER_FEATURES`] of one answer.
pub(crate) fn answer_features(
    tally: &Tally,
    answer: &AnswerTally,
    shared: &Shared,
) -> [f64; ANSWER_FEATURES.len()] {
    let count = f64::from(answer.count);
    let share = |at: usize| if tally.total[at] > 0.0 { answer.sum[at] / tally.total[at] } else { 0.0 };
    let others = |top: (f64, f64), own: f64| if own >= top.0 { top.1 } else { top.0 };
    let top = (f64::from(shared.top_count.0), f64::from(shared.top_count.1));
    let product = (f64::from(shared.top_product.0), f64::from(shared.top_product.1));
    let best = |at: usize| f64::from(answer.best[at]);
    [
        ((count + 0.5) / (shared.drawn - count + 0.5)).ln(),
        (count - others(top, count)) / shared.drawn,
        share(LAST),
        share(PRODUCT),
        logit(best(PRODUCT)),
        logit(answer.sum[PRODUCT] / count),
        logit(best(LAST)),
        logit(answer.sum[LAST] / count),
        logit(best(MEAN)),
        logit(best(MIN)),
        logit(best(PRODUCT)) - logit(others(product, best(PRODUCT))),
        shared.answers,
        shared.entropy,
        shared.mean_product,
        shared.log_steps,
    ]
}

/// [`STATE_FEATURES`]: `chance` and `second` are the highest and second highest chance of an answer to be right.
pub(crate) fn state_features(shared: &Shared, chance: f64, second: f64) -> [f64; STATE_FEATURES.len()] {
    let best = logit(f64::from(shared.top_product.0));
    [
        chance,
        chance * (1.0 - chance),
        logit(chance),
        second,
        f64::from(shared.top_count.0) / shared.drawn,
        shared.answers,
        shared.entropy,
        shared.mean_product,
        best,
        shared.log_steps,
        best - shared.mean_product,
    ]
}
