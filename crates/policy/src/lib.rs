//! Which strategy, how many samples, for which question (Snell et al. 2024, section 3): fitted on recorded outcomes,
//! measured held out.
//!
//! Three regimes over the same data: a fixed budget per question, a sequential policy that decides after every round
//! whether to go on, and a total budget over many questions. This crate has never heard of models, engines, prompts,
//! asynchrony or the command line; the first two regimes' live use is a pure function.

mod bins;
mod by_ranking;
mod conditional;
mod decide;
mod development;
mod difficulty;
mod efficiency;
mod equal_cost;
mod exchange;
mod features;
mod file;
mod fit;
mod folds;
mod frontier;
#[cfg(test)]
mod held_out_tests;
mod live;
mod online;
mod orders;
mod outcomes;
pub mod pool;
mod rank;
mod regression;
mod resample;
mod reselect;
mod rounds;
mod sheet;
#[cfg(test)]
mod simulated;
#[cfg(test)]
mod simulated_study;
mod single_rule;
mod states;
mod subset;
mod tally;
mod total;
mod ways;

pub use bins::{Bins, rank_bins};
pub use by_ranking::ByRanking;
pub use decide::{Act, Decision, Online};
pub use development::Portion;
pub use difficulty::{
    EASE_FEATURES, EasePredictor, PredictorRow, affordable_bins, ease_features, predicted_ease,
    predictor_rows, prior_row,
};
pub use efficiency::{CLAIMED, Efficiency, efficiency};
pub use equal_cost::{Advantage, Allowance, Coin, Curve, advantage};
pub use exchange::{Account, Bought, ExchangeError, ExchangeRow, Exchanged, Sides, Winner, exchange};
pub use features::{ANSWER_FEATURES, STATE_FEATURES};
pub use file::{BinChoice, CurveRow, Fixed, FixedBudget, Policy, PolicyError, Provenance, VERSION};
pub use fit::{Fit, FitPoint, FitSettings, FixedChoice, fit_fixed};
pub use folds::folds;
pub use frontier::{Judged, OnlineSettings, Spent, fit_online, judge_held_out, online_frontier};
pub use live::{ByDifficulty, Reasons, Sequential};
pub use online::{OnlineModel, Penalties};
pub use outcomes::{Arm, Cell, Cost, Outcomes, OutcomesError};
pub use pool::{Pool, PoolError};
pub use rank::{bin_agreement, confusion, ranks, spearman};
pub use regression::{Design, Linear, sigmoid};
pub use resample::{Interval, bootstrap, paired_difference, share_interval};
pub use reselect::{Reselection, reselect};
pub use rounds::{doubling_rounds, every_selection, sampling_strategy, selection_name};
pub use sheet::{AGGREGATIONS, Draw, Seen, Sheet, StepScore};
pub use single_rule::SingleRule;
pub use subset::{Subsets, subset_accuracy};
pub use tally::{AnswerTally, Tally};
pub use total::total_frontier;
pub use ways::{
    Deployed, LogOdds, RANKING_FEATURES, Ranking, Replayed, SOLUTION_FEATURES, WaySettings,
    adaptive_consistency, best_single_rule, deployed, early_rejection, early_stopping, fit_deployed,
    log_odds_voting, ranked_answers, score_threshold, uniform,
};
