//! Recorded samples in random orders, looked at after every round: what a sequential policy learns from and is tested
//! on. No model is fitted here.

use crate::features::{ANSWER_FEATURES, Shared, answer_features};
use crate::frontier::OnlineSettings;
use crate::orders::shuffled;
use crate::sheet::Sheet;
use crate::tally::Tally;
use deliberate_search::Selection;

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

/// One question's looks: `[orders][rounds]`.
pub(crate) type Paths = Vec<Vec<Look>>;

/// Looks at every question along random orders after every round: `[questions]`.
pub(crate) fn look(sheet: &Sheet, rounds: &[u32], settings: &OnlineSettings) -> Vec<Paths> {
    let mut tally = Tally::default();
    let question = |(at, draws): (usize, &Vec<crate::Draw>)| {
        (0..settings.orders)
            .map(|order| {
                let drawn = shuffled(draws.len(), at, order, settings.seed);
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
                        let candidates = candidates(&tally, &shared, &settings.selections).into_iter();
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
