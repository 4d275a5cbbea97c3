//! Strategies by name, sized to a budget in function evaluations.

use super::{Pivot, Steering, TreeSampling};
use crate::form::Form;
use crate::{FormError, Judge, Process, SearchFailure};
use deliberate_search::strategies::BestOfN;
use deliberate_search::{Aggregation, Rule, Selection, SpecError, Strategy, StrategySpec};
use std::num::NonZeroU32;
use std::str::FromStr;

/// Every strategy for latents.
#[derive(Debug, Clone, PartialEq)]
pub enum Strategies {
    /// One of the search core's.
    Core(StrategySpec),
    /// Zero-order search.
    Pivot(Pivot),
    /// Feynman-Kac steering.
    Steering(Steering),
    /// Diffusion Tree Sampling.
    TreeSampling(TreeSampling),
}

/// A text that names no strategy.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error(transparent)]
#[non_exhaustive]
pub enum StrategyError {
    /// One of this crate's with wrong options.
    Form(#[from] FormError),
    /// None of the core's either.
    Core(#[from] SpecError),
}

/// Reads `pivot:neighbours=4,radius=0.5`, `steering:lambda=1,potential=difference,every=1,least=0.5,choose=best`,
/// `tree-sampling:lambda=1,widening=2,growth=0.7,exploration=1,choose=best`, or a strategy of the core such as
/// `best-of-n` or `beam:branching=4`.
impl FromStr for Strategies {
    type Err = StrategyError;

    fn from_str(text: &str) -> Result<Self, StrategyError> {
        let name = text.split(':').next().unwrap_or_default();
        if !OWN.contains(&name.trim()) {
            return Ok(Self::Core(text.parse()?));
        }
        let mut form = Form::read("strategy", text)?;
        let strategy = match form.name {
            "pivot" => Self::Pivot(Pivot::read(&mut form)?),
            "steering" => Self::Steering(Steering::read(&mut form)?),
            _ => Self::TreeSampling(TreeSampling::read(&mut form)?),
        };
        form.finish()?;
        Ok(strategy)
    }
}

const OWN: [&str; 3] = ["pivot", "steering", "tree-sampling"];

impl Strategies {
    /// One sample, whatever the budget: what no search is.
    pub fn single() -> Self {
        Self::Core(StrategySpec::BestOfN(BestOfN {
            generations: Some(NonZeroU32::MIN),
            ..BestOfN::default()
        }))
    }

    /// The best of as many as the budget affords.
    pub fn best_of_n() -> Self {
        Self::Core(StrategySpec::BestOfN(BestOfN::default()))
    }

    /// How far revisions are from what they revise.
    pub(crate) fn radius(&self) -> f64 {
        match self {
            Self::Pivot(pivot) => pivot.radius,
            _ => 0.5,
        }
    }

    /// The strategy, as large as this budget affords.
    ///
    /// # Errors
    /// [`SearchFailure::Budget`] if that is nothing, [`SearchFailure::Size`] if the strategy asks for more.
    pub fn build(
        &self,
        process: &Process,
        judge: &dyn Judge,
        budget: f64,
    ) -> Result<Box<dyn Strategy>, SearchFailure> {
        let last = process.last_step();
        let values = |every: u32| -> f64 {
            let weighed = (1..=last).filter(|step| *step == last || step % every == 0);
            weighed.map(|step| judge.evaluations(process, step)).sum()
        };
        let each = process.whole() as f64
            + match self {
                Self::Core(StrategySpec::BestOfN(_) | StrategySpec::Revisions(_))
                | Self::Pivot(_)
                | Self::TreeSampling(_) => values(last),
                Self::Core(_) => values(1),
                Self::Steering(steering) => values(steering.every),
            };
        // A ten-thousandth of an evaluation forgives the rounding of sums of prices.
        let affordable = ((budget + 1e-4) / each) as u32;
        if affordable == 0 {
            return Err(SearchFailure::Budget { budget, needed: each });
        }
        match self {
            Self::Core(spec) => {
                let best = Selection { rule: Rule::Best, aggregation: Aggregation::Last };
                let mut spec = spec.clone().with_selection(best);
                lengthen(&mut spec, last);
                Ok(spec.with_generations(affordable)?.build()?)
            }
            Self::Pivot(pivot) => Ok(pivot.build()),
            Self::Steering(steering) => Ok(steering.build(affordable, judge.spread())),
            Self::TreeSampling(sampling) => Ok(sampling.build(judge.spread())),
        }
    }
}

/// Lets a strategy of the core that counts rounds go down all levels.
fn lengthen(spec: &mut StrategySpec, steps: u32) {
    let rounds = match spec {
        StrategySpec::Beam(beam) => &mut beam.rounds,
        StrategySpec::Dvts(dvts) => &mut dvts.rounds,
        StrategySpec::Rebase(rebase) => &mut rebase.rounds,
        StrategySpec::Particle(particle) => &mut particle.rounds,
        StrategySpec::Mcts(mcts) => &mut mcts.rounds,
        _ => return,
    };
    *rounds = NonZeroU32::new(steps).map_or(*rounds, |steps| steps.max(*rounds));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_both_crates_are_known_and_faults_named() {
        for text in
            ["best-of-n", "beam:branching=2", "pivot:radius=0.3", "steering:potential=max", "tree-sampling"]
        {
            assert!(text.parse::<Strategies>().is_ok(), "{text}");
        }
        let error = |text: &str| text.parse::<Strategies>().unwrap_err().to_string();
        assert_eq!(
            error("pivot:radius=2"),
            "`radius=2` of strategy `pivot` is not a number above 0, 1 at most"
        );
        assert_eq!(error("steering:rounds=2"), "strategy `steering` has no option `rounds`");
        assert!(error("greedy").contains("unknown strategy `greedy`"));
    }
}
