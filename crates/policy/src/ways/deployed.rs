//! The policy of a fixed budget as it is deployed: the first samples tell the bin, and the rest of the budget is spent as
//! is best for that bin, everything counted.
//!
//! This replays exactly what [`ByDifficulty`](crate::ByDifficulty) does. Where the bin's choice is a selection over
//! samples, those that told the bin take part in it, so it has as many as it was measured with. Where the choice is a
//! search, what is left pays for it, and its answers alone vote. The paper's version, which knows the bin from all samples
//! and does not count them, is [`fit_fixed`](crate::fit_fixed).

use super::{Replayed, WaySettings, training, way_folds};
use crate::bins::Bins;
use crate::difficulty::{EASE_FEATURES, EasePredictor, affordable_bins, ease_features};
use crate::file::{BinChoice, Fixed, FixedBudget};
use crate::folds::folds;
use crate::frontier::Spent;
use crate::orders::shuffled;
use crate::outcomes::{Cell, Outcomes, OutcomesError};
use crate::rounds::{every_selection, sampling_strategy};
use crate::sheet::{Seen, Sheet};
use crate::tally::Tally;
use deliberate_search::Selection;

/// Folds inside the training questions on which the number of first samples is chosen.
const INNER_FOLDS: usize = 3;

/// How the deployed policy is fitted.
#[derive(Debug, Clone, PartialEq)]
pub struct Deployed {
    /// Bins of difficulty at most; few questions have fewer.
    pub bins: usize,
    /// Numbers of first samples that may tell the bin.
    pub first: Vec<u32>,
    /// A bin leaves the best single strategy only for one that is better there by so many standard errors. Of 0, 1 and
    /// 2 the paper's 0 was best on the development questions of two pools.
    pub standard_errors: f64,
    /// Orders, folds and seed.
    pub replay: WaySettings,
}

impl Default for Deployed {
    fn default() -> Self {
        Self { bins: 5, first: vec![1, 2, 4, 8], standard_errors: 0.0, replay: WaySettings::default() }
    }
}

/// A strategy that a bin may be given.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Candidate {
    /// So many samples, those that told the bin among them.
    Samples(Selection, u32),
    /// A row of the table of searches.
    Search(usize),
}

/// One order of one question.
struct Path {
    /// Whether each sampling candidate is right.
    right: Vec<bool>,
    /// What the first samples look like, by entry of [`Deployed::first`].
    first: Vec<[f64; EASE_FEATURES.len()]>,
    /// Tokens of the first 0, 1, 2 … samples.
    tokens: Vec<f64>,
}

/// Everything that choices are made from.
struct Trials<'a> {
    sheet: &'a Sheet,
    searches: &'a Outcomes,
    how: &'a Deployed,
    /// Entries of [`Deployed::first`] that there are samples for.
    first: Vec<u32>,
    /// Those over samples come first.
    candidates: Vec<Candidate>,
    /// `[questions][orders]`.
    paths: Vec<Vec<Path>>,
}

/// What is done at one budget.
struct Fitted {
    /// Place in [`Trials::first`].
    first: usize,
    predictor: EasePredictor,
    bins: Bins,
    /// Place of each bin's candidate.
    choices: Vec<usize>,
}

/// Held-out outcomes at `budgets`, in generations: the predictor, the edges of the bins, the choices and the number of
/// first samples of every question were fitted on other folds. `searches` are outcomes of strategies that are run, on the
/// sheet's questions; no arms if there are none.
///
/// # Errors
/// [`OutcomesError`] if the searches do not cover the sheet's questions.
pub fn deployed(
    sheet: &Sheet,
    searches: &Outcomes,
    budgets: &[u32],
    how: &Deployed,
) -> Result<Replayed, OutcomesError> {
    let trials = Trials::new(sheet, searches, budgets, how)?;
    let fold = way_folds(sheet, &how.replay);
    let mut way = Replayed { name: "compute-optimal, deployed", spent: Vec::new(), chosen: Vec::new() };
    for &budget in budgets {
        let fit = |tested| trials.fit(&training(&fold, tested), budget);
        let fitted: Vec<Fitted> = (0..how.replay.folds).map(fit).collect();
        let cells = fold.iter().enumerate().map(|(at, &fold)| trials.apply(&fitted[fold], at));
        way.spent.push(Spent::of(budget.into(), cells));
        way.chosen.push(fitted.iter().map(|one| trials.words(one)).collect());
    }
    Ok(way)
}

/// Fits on all questions: what a policy file holds.
///
/// # Errors
/// [`OutcomesError`] if the searches do not cover the sheet's questions.
pub fn fit_deployed(
    sheet: &Sheet,
    searches: &Outcomes,
    budgets: &[u32],
    how: &Deployed,
) -> Result<Fixed, OutcomesError> {
    let trials = Trials::new(sheet, searches, budgets, how)?;
    let all: Vec<usize> = (0..sheet.questions.len()).collect();
    let at = |&budget: &u32| {
        let Fitted { predictor, bins, choices, .. } = trials.fit(&all, budget);
        let choices = choices.into_iter().map(|candidate| trials.choice(candidate)).collect();
        FixedBudget { budget, predictor, bins, choices }
    };
    Ok(Fixed { budgets: budgets.iter().map(at).collect() })
}

impl<'a> Trials<'a> {
    fn new(
        sheet: &'a Sheet,
        searches: &'a Outcomes,
        budgets: &[u32],
        how: &'a Deployed,
    ) -> Result<Self, OutcomesError> {
        if let Some(arm) = searches.arms.first() {
            searches.check()?;
            let (found, expected) = (searches.questions.len(), sheet.ids.len());
            if searches.questions != sheet.ids {
                return Err(OutcomesError::Incomplete { arm: arm.name.clone(), found, expected });
            }
        }
        let depth = sheet.depth() as u32;
        let first: Vec<u32> =
            how.first.iter().copied().filter(|&first| (1..=depth).contains(&first)).collect();
        let mut samples: Vec<u32> = (0..32).map(|power| 1 << power).take_while(|&k| k <= depth).collect();
        samples.extend(first.iter().chain(budgets).copied().filter(|&k| k <= depth));
        samples.sort_unstable();
        samples.dedup();
        let mut candidates: Vec<Candidate> = every_selection()
            .into_iter()
            .flat_map(|selection| samples.iter().map(move |&k| Candidate::Samples(selection, k)))
            .collect();
        let mut trials = Self { sheet, searches, how, first, candidates: Vec::new(), paths: Vec::new() };
        trials.paths = (0..sheet.questions.len()).map(|at| trials.paths_of(at, &candidates)).collect();
        candidates.extend((0..searches.arms.len()).map(Candidate::Search));
        trials.candidates = candidates;
        Ok(trials)
    }

    fn paths_of(&self, question: usize, sampling: &[Candidate]) -> Vec<Path> {
        let draws = &self.sheet.questions[question];
        let path = |order| {
            let order = shuffled(draws.len(), question, order, self.how.replay.seed);
            let seen: Vec<Seen> = order.iter().map(|&at| draws[at].seen).collect();
            let mut right = vec![false; sampling.len()];
            let mut tokens = vec![0.0];
            let mut tally = Tally::default();
            for (at, one) in seen.iter().enumerate() {
                tally.push(at as u32, one);
                tokens.push(tokens[at] + f64::from(draws[order[at]].tokens));
                for (right, candidate) in right.iter_mut().zip(sampling) {
                    if let Candidate::Samples(selection, k) = candidate
                        && *k == tally.drawn
                    {
                        let presented = tally.presented(*selection);
                        *right = presented.is_some_and(|at| draws[order[at as usize]].correct);
                    }
                }
            }
            let first = self.first.iter().map(|&first| ease_features(&seen[..first as usize])).collect();
            Path { right, first, tokens }
        };
        (0..self.how.replay.orders).map(path).collect()
    }

    /// Generations that a candidate is allowed, the `first` samples included.
    fn cost(&self, candidate: usize, first: u32) -> u32 {
        match self.candidates[candidate] {
            Candidate::Samples(_, samples) => samples,
            Candidate::Search(row) => self.searches.arms[row].budget + first,
        }
    }

    /// What a candidate gives and costs, the `first` samples included.
    fn outcome(&self, question: usize, path: &Path, candidate: usize, first: u32) -> Cell {
        match self.candidates[candidate] {
            Candidate::Samples(_, samples) => Cell {
                accuracy: f64::from(u8::from(path.right[candidate])),
                runs: 1.0,
                generations: samples.into(),
                tokens: path.tokens[samples as usize],
                flops: 0.0,
            },
            Candidate::Search(row) => {
                let cell = self.searches.cells[row][question];
                Cell {
                    accuracy: cell.accuracy,
                    runs: cell.runs,
                    generations: cell.generations + f64::from(first),
                    tokens: cell.tokens + path.tokens[first as usize],
                    flops: 0.0,
                }
            }
        }
    }

    /// Fits with the number of first samples that does best inside the training questions; of equal ones the smallest.
    fn fit(&self, training: &[usize], budget: u32) -> Fitted {
        let affordable: Vec<usize> =
            (0..self.first.len()).filter(|&at| self.first[at] <= budget.max(1)).collect();
        if let &[only] = affordable.as_slice() {
            return self.fit_with(training, only, budget);
        }
        let inner = folds(&vec![0; training.len()], INNER_FOLDS, self.how.replay.seed);
        let merit = |first: usize| {
            let mut right = 0.0;
            for tested in 0..INNER_FOLDS {
                let part = |inside: bool| -> Vec<usize> {
                    let members = training.iter().zip(&inner);
                    members.filter(|(_, fold)| (**fold == tested) == inside).map(|(at, _)| *at).collect()
                };
                let fitted = self.fit_with(&part(false), first, budget);
                right += part(true).iter().map(|&at| self.apply(&fitted, at).accuracy).sum::<f64>();
            }
            (right * 1e9).round()
        };
        let merits = affordable.into_iter().map(|first| (first, merit(first)));
        let best = merits.reduce(|best, next| if next.1 > best.1 { next } else { best });
        self.fit_with(training, best.expect("one sample is always affordable").0, budget)
    }

    fn fit_with(&self, training: &[usize], first: usize, budget: u32) -> Fitted {
        let samples = self.first[first];
        let predictor = EasePredictor::fit_on(self.sheet, training, samples);
        let paths = || training.iter().flat_map(|&at| self.paths[at].iter().map(move |path| (at, path)));
        let guesses: Vec<f64> = paths().map(|(_, path)| predictor.model.at(&path.first[first])).collect();
        let bins = Bins::fit(&guesses, affordable_bins(training.len(), self.how.bins));
        let allowed: Vec<usize> = (0..self.candidates.len())
            .filter(|&candidate| (samples..=budget).contains(&self.cost(candidate, samples)))
            .collect();
        // Sums over orders: `[bins][questions]` of paths, and of right answers by candidate.
        let mut sums = vec![vec![(0.0, vec![0.0; allowed.len()]); training.len()]; bins.count()];
        for (at, &question) in training.iter().enumerate() {
            for path in &self.paths[question] {
                let bin = bins.place(predictor.model.at(&path.first[first]));
                let (count, right) = &mut sums[bin][at];
                *count += 1.0;
                for (right, &candidate) in right.iter_mut().zip(&allowed) {
                    *right += self.outcome(question, path, candidate, samples).accuracy;
                }
            }
        }
        let whole: Vec<&(f64, Vec<f64>)> = sums.iter().flatten().collect();
        // Merits are sums of shares: what differs by rounding alone is equal, and then the cheapest is best.
        let cost = |place: usize| self.cost(allowed[place], samples);
        let best = |merit: &dyn Fn(usize) -> f64| {
            let merits = (0..allowed.len()).map(|place| (place, (merit(place) * 1e9).round()));
            let better = |a: &(usize, f64), b: &(usize, f64)| {
                a.1.total_cmp(&b.1).then(cost(b.0).cmp(&cost(a.0))).then(b.0.cmp(&a.0))
            };
            merits.max_by(better).map_or(0, |best| best.0)
        };
        let single = best(&|place| whole.iter().map(|(_, right)| right[place]).sum());
        let choose = |questions: &Vec<(f64, Vec<f64>)>| {
            let gain = |place: usize| surely_better(questions, place, single, self.how.standard_errors);
            allowed[best(&|place| if place == single { 0.0 } else { gain(place) })]
        };
        Fitted { first, choices: sums.iter().map(choose).collect(), predictor, bins }
    }

    /// What the fitted policy gives on a question, mean over orders.
    fn apply(&self, fitted: &Fitted, question: usize) -> Cell {
        let mut sum = Cell::default();
        for path in &self.paths[question] {
            let bin = fitted.bins.place(fitted.predictor.model.at(&path.first[fitted.first]));
            let first = fitted.predictor.samples;
            let cell = self.outcome(question, path, fitted.choices[bin], first);
            sum.accuracy += cell.accuracy;
            sum.generations += cell.generations;
            sum.tokens += cell.tokens;
        }
        sum.over(self.how.replay.orders)
    }

    fn choice(&self, candidate: usize) -> BinChoice {
        match self.candidates[candidate] {
            Candidate::Samples(selection, samples) => {
                BinChoice { arm: sampling_strategy(selection), arm_budget: samples }
            }
            Candidate::Search(row) => {
                let arm = &self.searches.arms[row];
                BinChoice { arm: arm.name.clone(), arm_budget: arm.budget }
            }
        }
    }

    fn words(&self, fitted: &Fitted) -> String {
        let choices = fitted.choices.iter().map(|&candidate| self.choice(candidate));
        let choices: Vec<String> =
            choices.map(|BinChoice { arm, arm_budget }| format!("{arm} at {arm_budget}")).collect();
        format!("after {}: {}", fitted.predictor.samples, choices.join("; "))
    }
}

/// Mean gain of a candidate over the single one in a bin, less its standard errors; questions are what is drawn anew, not
/// their orders. `questions` holds (paths in the bin, right answers by candidate).
fn surely_better(questions: &[(f64, Vec<f64>)], place: usize, single: usize, errors: f64) -> f64 {
    let total: f64 = questions.iter().map(|(count, _)| count).sum();
    if questions.iter().filter(|(count, _)| *count > 0.0).count() < 2 {
        return f64::NEG_INFINITY;
    }
    let gain = |right: &[f64]| right[place] - right[single];
    let mean = questions.iter().map(|(_, right)| gain(right)).sum::<f64>() / total;
    let squares: f64 = questions.iter().map(|(count, right)| (gain(right) - count * mean).powi(2)).sum();
    mean - errors * squares.sqrt() / total
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Arm;
    use crate::simulated::{questions_of_known_ease, simulate};

    fn how() -> Deployed {
        Deployed { replay: WaySettings { orders: 8, ..WaySettings::default() }, ..Deployed::default() }
    }

    #[test]
    fn it_never_spends_more_than_the_budget_and_a_search_pays_for_the_first_samples() {
        let sheet = questions_of_known_ease(60, 16, 1);
        let cell = Cell { accuracy: 1.0, runs: 1.0, generations: 4.0, tokens: 400.0, flops: 0.0 };
        let searches = Outcomes {
            questions: sheet.ids.clone(),
            arms: vec![Arm { name: "beam".to_owned(), budget: 4 }],
            cells: vec![vec![cell; 60]],
        };
        let way = deployed(&sheet, &searches, &[4, 8], &how()).unwrap();
        assert!(way.spent[0].generations.iter().all(|&spent| spent <= 4.0));
        // A search that is always right is taken wherever samples are not, and where it can be paid: after one sample.
        assert!(way.spent[1].accuracy.iter().sum::<f64>() > 59.0);
        assert!(way.spent[1].generations.iter().all(|&spent| spent <= 8.0));
        assert!(way.chosen[1].iter().all(|chosen| chosen.contains("beam at 4")), "{:?}", way.chosen);
    }

    #[test]
    fn no_choice_depends_on_the_fold_it_is_applied_to() {
        let sheet = questions_of_known_ease(50, 8, 2);
        let fold = way_folds(&sheet, &how().replay);
        let mut turned = sheet.clone();
        for (draws, _) in turned.questions.iter_mut().zip(&fold).filter(|(_, fold)| **fold == 3) {
            for draw in draws {
                draw.correct = !draw.correct;
            }
        }
        let none = Outcomes::default();
        let before = deployed(&sheet, &none, &[4], &how()).unwrap();
        let after = deployed(&turned, &none, &[4], &how()).unwrap();
        assert_eq!(before.chosen[0][3], after.chosen[0][3]);
    }

    #[test]
    fn a_pool_of_one_question_or_one_sample_has_a_policy_too() {
        for (questions, samples) in [(1, 4), (3, 4), (8, 1)] {
            let sheet = simulate(&vec![0.5; questions], samples, 2, 1, |_, _| 0.5);
            let fixed = fit_deployed(&sheet, &Outcomes::default(), &[1, 4], &how()).unwrap();
            assert!(fixed.budgets.iter().all(|one| one.choices.len() == one.bins.count()));
            assert_eq!(deployed(&sheet, &Outcomes::default(), &[1, 4], &how()).unwrap().spent.len(), 2);
        }
    }
}
