//! Recorded samples in random orders, looked at after every round: what a sequential policy learns from and is tested
//! on. No model is fitted here.

use crate::features::{ANSWER_FEATURES, Shared, answer_features};
use crate::sheet::Sheet;
use crate::tally::Tally;
use deliberate_search::{Selection, mix};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// An answer that some selection would present.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub(crate) features: [f64; ANSWER_FEATURES.len()],
    /// Place in the list of selections of the first that presents it.
    pub(crate) selection: usize,
    /// Whether it is right. For fitting and measuring only.
    pub(crate) correct: bool,
}

/// A question after some rounds.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    pub(crate) shared: Shared,
    /// Empty if no sample has an answer.
    pub(crate) candidates: Vec<Candidate>,
    /// Tokens of all samples so far.
    pub(crate) tokens: f64,
}

/// The distinct answers that `selections` would present, with what speaks for each: (selection, features, sample).
pub(crate) fn candidates(
    tally: &Tally,
    shared: &Shared,
    selections: &[Selection],
) -> Vec<(usize, [f64; ANSWER_FEATURES.len()], u32)> {
    let mut taken: Vec<usize> = Vec::new();
    let mut found = Vec::new();
    for (at, &selection) in selections.iter().enumerate() {
        let Some(answer) = tally.choose(selection).filter(|answer| !taken.contains(answer)) else { continue };
        taken.push(answer);
        let presented = tally.presented(selection).expect("an answer was chosen");
        found.push((at, answer_features(tally, &tally.answers[answer], shared), presented));
    }
    found
}

/// Looks at every question in `orders` random orders after every round: `[questions][orders][rounds]`.
pub(crate) fn look(
    sheet: &Sheet,
    selections: &[Selection],
    rounds: &[u32],
    orders: u32,
    seed: u64,
) -> Vec<Vec<Vec<Look>>> {
    let mut tally = Tally::default();
    let question = |(at, draws): (usize, &Vec<crate::Draw>)| {
        (0..orders)
            .map(|order| {
                let mut random = ChaCha8Rng::seed_from_u64(mix(mix(seed, at as u64), u64::from(order)));
                let mut drawn: Vec<usize> = (0..draws.len()).collect();
                drawn.shuffle(&mut random);
                tally.clear();
                let mut tokens = 0.0;
                let mut next = 0;
                rounds
                    .iter()
                    .map(|&round| {
                        for place in next..round as usize {
                            let draw = &draws[drawn[place]];
                            tally.push(place as u32, &draw.seen);
                            tokens += f64::from(draw.tokens);
                        }
                        next = round as usize;
                        let shared = Shared::of(&tally);
                        let candidates = candidates(&tally, &shared, selections).into_iter();
                        let candidates = candidates.map(|(selection, features, sample)| Candidate {
                            features,
                            selection,
                            correct: draws[drawn[sample as usize]].correct,
                        });
                        Look { candidates: candidates.collect(), shared, tokens }
                    })
                    .collect()
            })
            .collect()
    };
    sheet.questions.iter().enumerate().map(question).collect()
}
