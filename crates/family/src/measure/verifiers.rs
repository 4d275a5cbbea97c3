//! Whether PRM and ORM tell right from wrong, and what that is worth in choosing.

use super::Bench;
use super::choose::{aggregated, chosen_right, classes, right_among};
use super::statistics::{Bin, area, difference, mean, reliability};
use crate::watch::{Watch, unless_broken};
use crate::{BuildError, ServeError, serve};
use deliberate_lab::{Family, judge};
use deliberate_run::Interval;
use deliberate_search::{Aggregation, Rule};
use deliberate_text::Trace;
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
    /// The share by family of questions.
    pub families: Vec<(Family, Interval)>,
}

/// Areas under the curve: how often something right scores above something wrong.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Areas {
    /// The PRM's step scores against the oracle: is the right answer still in reach after this step?
    pub step: Option<f64>,
    /// Last-step PRM scores against right answers.
    pub answer: Option<f64>,
    /// The same for the ORM.
    pub orm: Option<f64>,
    /// The same for the PRM's score times the likelihood of the solution to the proposer.
    pub product: Option<f64>,
}

/// What scored the samples of every question.
struct Scored {
    prm: Vec<Scores>,
    orm: Vec<Scores>,
    product: Vec<Scores>,
}

/// Accuracy against how many solutions were chosen from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Curve {
    /// What chooses.
    pub by: String,
    /// Solutions, and share of questions with a right choice.
    pub points: Vec<(u32, Interval)>,
}

/// What the verifiers can do.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Verifiers {
    /// Over all questions.
    pub areas: Areas,
    /// Family by family, where there is more than one.
    pub families: Vec<(Family, Areas)>,
    /// The PRM's step scores against fresh rollouts.
    pub reliability: Vec<Bin>,
    /// Choosing among all samples.
    pub chosen: Vec<Chosen>,
    /// Choosing among fewer.
    pub curves: Vec<Curve>,
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
        let verifier = block_on(serve::verifier(&engine, spec)).map_err(ServeError::from)?;
        let mut watch = Watch::new(self.observer);
        let (concurrency, file) = (self.plan.method.returns.concurrency, self.work.join(file));
        let scores = block_on(score_solutions(&*verifier, solutions, concurrency, &file, &mut watch));
        unless_broken(scores)
    }

    pub(super) fn verifiers(&mut self, sampled: &[Sampled]) -> Result<Verifiers, BuildError> {
        let asked = self.asked.clone();
        let solutions = traces(&asked, sampled);
        let scored = Scored {
            prm: self.scores("prm", "prm:signs", &solutions, "prm-scores.jsonl")?,
            orm: self.scores("orm", "orm:signs", &solutions, "orm-scores.jsonl")?,
            product: self.scores("prm", "prm:signs*likelihood", &solutions, "product-scores.jsonl")?,
        };
        let families =
            Family::ALL.into_iter().filter(|family| self.questions.iter().any(|q| q.family == *family));
        let families: Vec<(Family, Areas)> =
            families.map(|family| (family, self.areas(Some(family), sampled, &scored))).collect();
        Ok(Verifiers {
            areas: self.areas(None, sampled, &scored),
            families: if families.len() > 1 { families } else { Vec::new() },
            reliability: self.reliability(sampled)?,
            chosen: self.chosen(sampled, &scored),
            curves: self.curves(sampled, &scored),
        })
    }

    /// Areas over the questions of a family, or of all.
    fn areas(&self, family: Option<Family>, sampled: &[Sampled], scored: &Scored) -> Areas {
        let of_family = |index: &usize| family.is_none_or(|family| self.questions[*index].family == family);
        let some: Vec<usize> = (0..sampled.len()).filter(of_family).collect();
        let answers = |scores: &[Scores]| {
            let of_question = |&index: &usize| sampled[index].iter().zip(&scores[index].scores);
            let last = some.iter().flat_map(of_question);
            let pairs = last.filter_map(|(solution, scores)| Some((*scores.last()?, solution.right)));
            area(&pairs.collect::<Vec<_>>())
        };
        let mut steps = Vec::new();
        for &index in &some {
            for (solution, scores) in sampled[index].iter().zip(&scored.prm[index].scores) {
                let Ok(judged) = judge(&self.questions[index], solution.trace.text()) else { continue };
                steps.extend(scores.iter().zip(judged).map(|(score, truth)| (*score, truth.reachable)));
            }
        }
        Areas {
            step: area(&steps),
            answer: answers(&scored.prm),
            orm: answers(&scored.orm),
            product: answers(&scored.product),
        }
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
            concurrency: self.plan.method.returns.concurrency,
        };
        let engine = self.engine("proposer")?;
        let domain = serve::domain(&engine, self.plan.method.temperature)?;
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

    /// Best-of-N weighted by the verifiers, and the majority, at every power of two.
    fn curves(&self, sampled: &[Sampled], by: &Scored) -> Vec<Curve> {
        let ways: [(&str, Rule, Option<&[Scores]>); 4] = [
            ("majority", Rule::Majority, None),
            ("weighted, ORM", Rule::Weighted, Some(&by.orm)),
            ("weighted, PRM", Rule::Weighted, Some(&by.prm)),
            ("weighted, PRM × likelihood", Rule::Weighted, Some(&by.product)),
        ];
        let at = |rule: Rule, scores: Option<&[Scores]>, n: u32| -> Interval {
            let of_question = |(index, one): (usize, &Sampled)| {
                let solutions: Vec<&Solution> = one.iter().collect();
                let weights = match scores {
                    Some(scores) => aggregated(&scores[index].scores, Aggregation::Last),
                    None => vec![Some(1.0); solutions.len()],
                };
                right_among(&solutions, &weights, rule, n as usize)
            };
            mean(&sampled.iter().enumerate().map(of_question).collect::<Vec<_>>(), self.extent.seed)
        };
        let sizes: Vec<u32> =
            (0..32).map(|power| 1 << power).take_while(|n| *n <= self.extent.samples).collect();
        let curve = |(by, rule, scores): (&str, Rule, Option<&[Scores]>)| Curve {
            by: by.to_owned(),
            points: sizes.iter().map(|&n| (n, at(rule, scores, n))).collect(),
        };
        ways.into_iter().map(curve).collect()
    }

    fn chosen(&self, sampled: &[Sampled], scored: &Scored) -> Vec<Chosen> {
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
            let weights = |index: usize| aggregated(&scored.prm[index].scores, aggregation);
            all.push((format!("best-of-{n} weighted, PRM {name}"), accuracy(Rule::Weighted, &weights)));
        }
        let ways = [
            ("weighted, ORM", Rule::Weighted, &scored.orm),
            ("weighted, PRM × likelihood", Rule::Weighted, &scored.product),
        ];
        let best = [
            ("PRM last", Rule::Best, &scored.prm),
            ("ORM", Rule::Best, &scored.orm),
            ("PRM × likelihood", Rule::Best, &scored.product),
        ];
        for (by, rule, scores) in ways.into_iter().chain(best) {
            let weights = |index: usize| aggregated(&scores[index].scores, Aggregation::Last);
            let by = if rule == Rule::Weighted { format!(" {by}") } else { format!(", {by}") };
            all.push((format!("best-of-{n}{by}"), accuracy(rule, &weights)));
        }
        let seed = self.extent.seed;
        all.into_iter()
            .map(|(by, right)| Chosen {
                by,
                accuracy: mean(&right, seed),
                gain: difference(&right, &majority, seed),
                families: self.by_family(&right),
            })
            .collect()
    }
}

/// The traces of samples beside their questions.
fn traces<'a>(asked: &'a [Asked], sampled: &'a [Sampled]) -> Vec<(&'a Asked, Vec<&'a Trace>)> {
    let rows = asked.iter().zip(sampled);
    rows.map(|(asked, one)| (asked, one.iter().map(|solution| &solution.trace).collect())).collect()
}
