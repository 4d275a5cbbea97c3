//! What follows from the evidence: difficulty, the best way for each difficulty and budget, stopping in time, and what
//! all that saves. Everything is measured on questions that the choices did not see.

mod arms;
mod chain;
mod exchange;
mod savings;
mod single;

use crate::StudyError;
use crate::evidence::{Evidence, Found};
use arms::{Arms, Spending};
pub use chain::Chain;
use deliberate_policy::{
    Account, Deployed, Fit, FitSettings, Interval, OnlineSettings, Outcomes, PredictorRow, Replayed, Sheet,
    WaySettings, adaptive_consistency, confusion, deployed, early_rejection, early_stopping, every_selection,
    fit_fixed, judge_held_out, log_odds_voting, online_frontier, predicted_ease, predictor_rows, prior_row,
    rank_bins, ranked_answers, reselect, score_threshold, share_interval, total_frontier,
};
use deliberate_search::StrategySpec;
pub use exchange::{Exchange, RATIOS, exchanges};
pub use savings::Saving;
use serde::Serialize;
pub use single::{Against, BEST_RULE, BestRule, Single};

/// Bins of difficulty, as in the paper.
pub const BINS: usize = 5;

/// Samples that cheap predictors of difficulty read.
const FIRST_SAMPLES: [u32; 4] = [1, 2, 4, 8];

/// A mean over questions at one setting.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Measured {
    /// Generations that it was allowed.
    pub budget: f64,
    /// Share of right answers.
    pub accuracy: Interval,
    /// The same by bins of oracle difficulty, the easiest first.
    pub by_bin: Vec<Interval>,
    /// Generations spent, mean per question.
    pub generations: f64,
    /// The same by bins of oracle difficulty.
    pub generations_by_bin: Vec<f64>,
    /// Tokens drawn, mean per question.
    pub tokens: f64,
    /// FLOPs, mean per question; 0 where nobody counted.
    pub flops: f64,
    /// What was there to choose from, mean per question, where it was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<Found>,
}

/// One way to spend, at several settings.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Way {
    /// What it is called.
    pub name: String,
    /// Its settings, cheap ones first.
    pub points: Vec<Measured>,
}

/// A way beside best-of-N weighted of as many generations, on the same questions.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Beside {
    /// What it is called.
    pub way: String,
    /// Generations that both may spend.
    pub budget: u32,
    /// How often it is right.
    pub accuracy: Interval,
    /// That less the accuracy of best-of-N weighted; the interval is that of the paired bootstrap.
    pub difference: Interval,
}

/// A policy of a fixed budget per question, held out, and its choices.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Fixed {
    /// `oracle` or `predicted`: how difficulty was known.
    pub difficulty: &'static str,
    /// Held-out outcomes by budget.
    pub way: Way,
    /// The gain over the best single arm at each budget.
    pub gain: Vec<Interval>,
    /// The arm for each budget and bin, fitted on all questions.
    pub choices: Vec<Choice>,
}

/// What to do with a bin at a budget.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Choice {
    /// Generations.
    pub budget: u32,
    /// From 0, the easiest.
    pub bin: usize,
    /// The arm, and its own budget.
    pub arm: String,
    /// Generations that the arm spends.
    pub spends: u32,
}

/// Everything that was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Findings {
    /// Questions.
    pub questions: usize,
    /// Samples of each.
    pub samples: usize,
    /// Whose scores were used.
    pub verifier: String,
    /// Unbiased pass@k.
    pub pass_at: Vec<(u32, Interval)>,
    /// Mean pass@1 of each bin of oracle difficulty.
    pub bins: Vec<f64>,
    /// Every selection over the pool.
    pub selections: Vec<Way>,
    /// Best-of-N weighted under each verifier, where several scored the samples.
    pub verifiers: Vec<Way>,
    /// Searches and revisions that were run, beside majority and best-of-N from the half of the pool that does not tell
    /// difficulty.
    pub ways: Vec<Way>,
    /// Searches that were run, and majority, against best-of-N weighted over the whole pool.
    pub beside_weighted: Vec<Beside>,
    /// Attempts along a chain of revisions, where one was run.
    pub chain: Option<Chain>,
    /// Cheap predictors of difficulty.
    pub predictors: Vec<PredictorRow>,
    /// Questions by predicted bin (row) and oracle bin (column), all samples read.
    pub confusion: Vec<Vec<u32>>,
    /// Compute-optimal, fixed budget per question.
    pub fixed: Vec<Fixed>,
    /// Deciding after every round whether to go on: all cost counted.
    pub online: Way,
    /// A total budget over all questions, spent where the gain is highest: all cost counted.
    pub total: Way,
    /// What else may be done with the recorded samples, held out, all cost counted: baselines that a policy has to beat,
    /// newer ways, and the fixed policy as it is deployed.
    pub replayed: Vec<Way>,
    /// Cost of being as good as those two, where that can be claimed.
    pub savings: Vec<Saving>,
    /// Policies against the best single rule and best-of-N weighted, in points at equal cost.
    pub single: Option<Single>,
    /// Against the larger model, at matched FLOPs.
    pub exchange: Vec<Exchange>,
}

/// The raw results that a policy file is written from.
pub struct Fitted {
    /// Oracle bins of the questions.
    pub bins: Vec<usize>,
    /// On bins of oracle difficulty.
    pub oracle: Fit,
    /// On bins of predicted difficulty.
    pub predicted: Fit,
    /// How the sequential policy was fitted.
    pub online: OnlineSettings,
}

/// Looks at the evidence. `standard_errors` are those of [`FitSettings`].
///
/// # Errors
/// [`StudyError::Outcomes`] if the parts do not fit together.
pub fn find(evidence: &Evidence, standard_errors: f64, seed: u64) -> Result<(Findings, Fitted), StudyError> {
    let sheet = &evidence.sheet;
    // No sample tells the difficulty of a question and the outcome there as well.
    let (sorting, measuring) =
        if sheet.depth() > 1 { sheet.halves() } else { (sheet.clone(), sheet.clone()) };
    let ease = predicted_ease(&sorting);
    let bins = rank_bins(&sorting.pass_at_one(), &ease, BINS);
    let predicted_bins = rank_bins(&ease, &vec![0.0; ease.len()], BINS);
    let pass = measuring.pass_at_one();
    let selected = |sheet: &Sheet| {
        reselect(sheet, &every_selection(), &powers_of_two(sheet.depth()), arms::subsets(seed))
    };
    let (again, half) = (selected(sheet), selected(&measuring));
    let arms = Arms { evidence, again: &again, bins: &bins, seed };
    let by_bin = Arms { again: &half, ..arms };
    let table = by_bin.table();
    let settings = FitSettings { standard_errors, seed, ..FitSettings::default() };
    let (oracle, predicted) =
        (fit_fixed(&table, &bins, settings)?, fit_fixed(&table, &predicted_bins, settings)?);
    let online = OnlineSettings { seed, ..OnlineSettings::default() };
    let judged = judge_held_out(sheet, &online);
    let wanted: Vec<f64> = steps_of_cost(sheet.depth());
    let (stopping, sharing) = (online_frontier(&judged, &wanted), total_frontier(&judged, &wanted));
    let (stopping, sharing) = (arms.spent("online", &stopping), arms.spent("total budget", &sharing));
    let (optimal, guessed) = (Arms::fitted("oracle", &oracle), Arms::fitted("predicted", &predicted));
    let others = replayed(&arms, standard_errors)?;
    let (online_way, total_way) = (arms.way(&stopping), arms.way(&sharing));
    let other_ways = others.iter().map(|way| arms.way(way)).collect();
    let policies: Vec<Spending> = [optimal, guessed, stopping, sharing].into_iter().chain(others).collect();
    let interval =
        |values: &[f64]| share_interval(values, seed).unwrap_or(Interval { value: 0.0, low: 0.0, high: 0.0 });
    let mut predictors = predictor_rows(sheet, &FIRST_SAMPLES, BINS, seed);
    predictors.extend(evidence.priors.as_ref().and_then(|priors| prior_row(sheet, priors, BINS, seed)));
    let findings = Findings {
        questions: pass.len(),
        samples: sheet.depth(),
        verifier: sheet.verifier.clone(),
        pass_at: again.ks.iter().zip(&again.pass).map(|(&k, pass)| (k, interval(pass))).collect(),
        bins: (0..BINS).map(|bin| arms::mean_of(&pass, &bins, bin)).collect(),
        selections: again.selections.iter().map(|&one| arms.way(&arms.selected(one))).collect(),
        verifiers: arms.verifiers(),
        ways: by_bin.ways(&table),
        beside_weighted: arms.beside_weighted(),
        chain: evidence.chain.as_deref().and_then(|attempts| Chain::of(attempts, seed)),
        predictors,
        confusion: confusion(&predicted_bins, &bins, BINS),
        fixed: vec![arms.fixed("oracle", &oracle), arms.fixed("predicted", &predicted)],
        online: online_way,
        total: total_way,
        replayed: other_ways,
        savings: savings::savings(&arms, &policies),
        single: Single::of(&arms, &policies),
        exchange: Vec::new(),
    };
    let fitted = Fitted { bins, oracle, predicted, online };
    let exchange = exchanges(evidence, &fitted, Account::Formula, &RATIOS, seed)?;
    Ok((Findings { exchange, ..findings }, fitted))
}

/// Every other way to spend: all are over the samples alone, but for the deployed policy, which may search, though not
/// revise: a live policy has one verifier, and revisions have another.
fn replayed(arms: &Arms<'_>, standard_errors: f64) -> Result<Vec<Spending>, StudyError> {
    let Evidence { sheet, searches, .. } = arms.evidence;
    let budgets = &arms.again.ks;
    let settings = WaySettings { seed: arms.seed, ..WaySettings::default() };
    let amounts: Vec<f64> = budgets.iter().map(|&budget| budget.into()).collect();
    let ways = [adaptive_consistency, early_stopping, score_threshold, log_odds_voting, ranked_answers];
    let mut replayed: Vec<Replayed> = ways.iter().map(|way| way(sheet, &amounts, &settings)).collect();
    replayed.extend(early_rejection(sheet, &amounts, &settings));
    let how = Deployed { bins: BINS, standard_errors, replay: settings, ..Deployed::default() };
    replayed.push(deployed(sheet, &without_revisions(searches.clone()), budgets, &how)?);
    Ok(replayed.iter().map(|way| arms.spent(way.name, &way.spent)).collect())
}

/// Whether an arm asks for a reviser. Splits of one strategy have a ratio behind its name.
fn revises(arm: &str) -> bool {
    let named = |text: &str| text.parse::<StrategySpec>().ok();
    let strategy = named(arm).or_else(|| named(arm.rsplit_once(' ')?.0));
    strategy.is_some_and(|strategy| strategy.needs().reviser)
}

/// The arms that ask for no reviser: a live policy has one verifier, and revisions have another.
pub fn without_revisions(table: Outcomes) -> Outcomes {
    let rows = table.arms.into_iter().zip(table.cells).filter(|(arm, _)| !revises(&arm.name));
    let (arms, cells) = rows.unzip();
    Outcomes { questions: table.questions, arms, cells }
}

/// 1, 2, 4 … up to what there is.
fn powers_of_two(most: usize) -> Vec<u32> {
    (0..32).map(|power| 1_u32 << power).take_while(|&k| k as usize <= most).collect()
}

/// Mean costs at which a sequential policy is looked at.
fn steps_of_cost(most: usize) -> Vec<f64> {
    let steps = (0..).map(|step| 2.0_f64.powf(f64::from(step) / 2.0));
    steps.take_while(|&cost| cost <= (most as f64) * 0.75).collect()
}

#[cfg(test)]
mod tests {
    use super::revises;

    #[test]
    fn an_arm_asks_for_a_reviser_by_what_it_is_and_not_by_its_name() {
        for arm in ["revisions 1:4", "beam + revisions:length=2", "synthesis", "ab-mcts:parallel=2"] {
            assert!(revises(arm), "{arm}");
        }
        assert!(!revises("beam:branching=4") && !revises("best-of-n"));
    }
}
