//! Whether PRM and ORM tell right from wrong, and what that is worth in choosing.

use super::Bench;
use super::choose::{aggregated, chosen_right, classes};
use super::statistics::{Bin, area, difference, mean, reliability};
use crate::build::{Watch, unless_broken};
use crate::{BuildError, ServeError, serve};
use deliberate_lab::judge;
use deliberate_lm::LanguageModel;
use deliberate_run::Interval;
use deliberate_search::{Aggregation, Rule};
use deliberate_text::{Trace, VerifierSpec};
use deliberate_train::gather::{
    Asked, ReturnsPlan, Sampled, Scores, Solution, estimate_returns, score_solutions,
};
use futures::executor::block_on;
use serde::Serialize;

/// How good a way of choosing is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Chosen {
    /// What chooses.
    pub by: String,
    /// Share of questions with a right choice.
    pub accuracy: Interval,
    /// Difference from the majority on the same samples.
    pub gain: Interval,
}

/// What the verifiers can do.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Verifiers {
    /// Area under the curve of the PRM's step scores against the oracle: is the right answer still in reach after
    /// this step?
    pub step_area: Option<f64>,
    /// Area under the curve of last-step PRM scores against right answers.
    pub answer_area: Option<f64>,
    /// The same for the ORM.
    pub orm_area: Option<f64>,
    /// The PRM's step scores against fresh rollouts.
    pub reliability: Vec<Bin>,
    /// Choosing among all samples.
    pub chosen: Vec<Chosen>,
}

impl Bench<'_> {
    /// Scores of solutions by a verifier of the family.
    pub(super) fn scores(
        &mut self,
        model: &str,
        spec: &str,
        solutions: &[(&Asked, Vec<&Trace>)],
        file: &str,
    ) -> Result<Vec<Scores>, BuildError> {
        self.observer.stage(file);
        let engine = self.engine(model)?;
        let spec: VerifierSpec = spec.parse().expect("the family's formats are built in");
        let verifier = block_on(spec.build(engine.clone(), engine.facts())).map_err(ServeError::from)?;
        let verifier = verifier.expect("a model is behind it");
        let mut watch = Watch::new(self.observer);
        let (concurrency, file) = (self.plan.returns.concurrency, self.work.join(file));
        let scores = block_on(score_solutions(&*verifier, solutions, concurrency, &file, &mut watch));
        unless_broken(scores)
    }

    pub(super) fn verifiers(&mut self, sampled: &[Sampled]) -> Result<Verifiers, BuildError> {
        let asked = self.asked.clone();
        let solutions = traces(&asked, sampled);
        let prm = self.scores("prm", "prm:signs", &solutions, "prm-scores.jsonl")?;
        let orm = self.scores("orm", "orm:signs", &solutions, "orm-scores.jsonl")?;
        let mut steps = Vec::new();
        for ((question, sampled), scores) in self.questions.iter().zip(sampled).zip(&prm) {
            for (solution, scores) in sampled.iter().zip(&scores.scores) {
                let Ok(judged) = judge(question, solution.trace.text()) else { continue };
                steps.extend(scores.iter().zip(judged).map(|(score, truth)| (*score, truth.reachable)));
            }
        }
        let answers = |scores: &[Scores]| {
            let pairs = sampled.iter().zip(scores).flat_map(|(sampled, scores)| {
                let last = scores.scores.iter().map(|scores| scores.last().copied());
                sampled.iter().zip(last).filter_map(|(solution, last)| Some((last?, solution.right)))
            });
            area(&pairs.collect::<Vec<_>>())
        };
        Ok(Verifiers {
            step_area: area(&steps),
            answer_area: answers(&prm),
            orm_area: answers(&orm),
            reliability: self.reliability(sampled)?,
            chosen: self.chosen(sampled, &prm, &orm),
        })
    }

    /// The PRM's scores of the first questions' first samples, against rollouts that it has never seen.
    fn reliability(&mut self, sampled: &[Sampled]) -> Result<Vec<Bin>, BuildError> {
        let (questions, rollouts) = self.extent.rollouts;
        let questions = questions.min(sampled.len());
        self.observer.stage("rollouts.jsonl");
        let plan = ReturnsPlan {
            solutions: 4,
            rollouts,
            seed: self.extent.seed + 1,
            concurrency: self.plan.returns.concurrency,
        };
        let engine = self.engine("proposer")?;
        let domain = serve::domain(&engine, self.plan.temperature)?;
        let (asked, some) = (self.asked[..questions].to_vec(), &sampled[..questions]);
        let file = self.work.join("rollouts.jsonl");
        let mut watch = Watch::new(self.observer);
        let returns = block_on(estimate_returns(&domain, &asked, some, &plan, &file, &mut watch));
        let returns = unless_broken(returns)?;
        let valued: Vec<(&Asked, Vec<&Trace>)> = asked
            .iter()
            .zip(&returns)
            .map(|(asked, one)| (asked, one.solutions.iter().map(|valued| &valued.trace).collect()))
            .collect();
        let scores = self.scores("prm", "prm:signs", &valued, "rollout-scores.jsonl")?;
        let mut pairs = Vec::new();
        for (returns, scores) in returns.iter().zip(&scores) {
            for (valued, scores) in returns.solutions.iter().zip(&scores.scores) {
                // The last step's return is its answer, which is no estimate of anything.
                let steps = valued.returns.len().saturating_sub(1);
                pairs
                    .extend(scores.iter().zip(&valued.returns).take(steps).map(|(s, r)| (*s, f64::from(*r))));
            }
        }
        Ok(reliability(&pairs, 10))
    }

    fn chosen(&self, sampled: &[Sampled], prm: &[Scores], orm: &[Scores]) -> Vec<Chosen> {
        let n = self.extent.samples;
        let accuracy = |rule: Rule, weights: &dyn Fn(usize) -> Vec<Option<f64>>| -> Vec<f64> {
            sampled
                .iter()
                .enumerate()
                .map(|(index, one)| {
                    let solutions: Vec<&Solution> = one.iter().collect();
                    let right = chosen_right(&solutions, &classes(&solutions), &weights(index), rule);
                    if right { 1.0 } else { 0.0 }
                })
                .collect()
        };
        let votes = |index: usize| vec![Some(1.0); sampled[index].solutions.len()];
        let majority = accuracy(Rule::Majority, &votes);
        let mut all = vec![(format!("majority of {n}"), majority.clone())];
        for aggregation in Aggregation::ALL {
            let name = format!("{aggregation:?}").to_lowercase();
            let weights = |index: usize| aggregated(&prm[index].scores, aggregation);
            all.push((format!("best-of-{n} weighted, PRM {name}"), accuracy(Rule::Weighted, &weights)));
        }
        let last = |index: usize| aggregated(&prm[index].scores, Aggregation::Last);
        all.push((format!("best-of-{n}, PRM last"), accuracy(Rule::Best, &last)));
        let whole = |index: usize| aggregated(&orm[index].scores, Aggregation::Last);
        all.push((format!("best-of-{n} weighted, ORM"), accuracy(Rule::Weighted, &whole)));
        all.push((format!("best-of-{n}, ORM"), accuracy(Rule::Best, &whole)));
        let seed = self.extent.seed;
        all.into_iter()
            .map(|(by, right)| Chosen {
                by,
                accuracy: mean(&right, seed),
                gain: difference(&right, &majority, seed),
            })
            .collect()
    }
}

/// The traces of samples beside their questions.
fn traces<'a>(asked: &'a [Asked], sampled: &'a [Sampled]) -> Vec<(&'a Asked, Vec<&'a Trace>)> {
    let rows = asked.iter().zip(sampled);
    rows.map(|(asked, one)| (asked, one.iter().map(|solution| &solution.trace).collect())).collect()
}
