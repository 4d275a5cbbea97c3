//! One search for one sample.

use crate::{Judge, JudgedBy, Latent, Neighbours, Process, Strategies};
use deliberate_search::{Budget, Outcome, Roles, SearchError, Settings, Silent, SpecError, search};
use futures::executor::block_on;
use std::sync::Arc;

/// How a sample is searched for.
#[derive(Clone)]
pub struct Search {
    /// How samples come to be.
    pub process: Process,
    /// What they are worth.
    pub judge: Arc<dyn Judge>,
    /// What decides.
    pub strategy: Strategies,
    /// Function evaluations that a search may cost, those of the judge included.
    pub budget: f64,
}

/// Why a search brought nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SearchFailure {
    /// Not one sample.
    #[error(
        "{budget} function evaluations do not afford one sample (it takes {needed}; raise the budget, or take fewer steps)"
    )]
    Budget {
        /// What there is.
        budget: f64,
        /// What one sample takes.
        needed: f64,
    },
    /// The strategy's own size does not fit.
    #[error(transparent)]
    Size(#[from] SpecError),
    /// The executor refused.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// A role failed in all that it was asked.
    #[error("{0}")]
    Role(String),
}

impl Search {
    /// Searches once. Charged operations in the ledger are function evaluations.
    ///
    /// # Errors
    /// [`SearchFailure`] if there is no sample in the end.
    pub fn run(&self, seed: u64) -> Result<Outcome<Latent>, SearchFailure> {
        let mut strategy = self.strategy.build(&self.process, &*self.judge, self.budget)?;
        let verifier = JudgedBy { judge: self.judge.clone(), process: self.process.clone() };
        let reviser = Neighbours { process: self.process.clone(), radius: self.strategy.radius() };
        let roles = Roles {
            proposer: &self.process,
            verifier: Some(&verifier),
            reviser: Some(&reviser),
            answers: &self.process,
        };
        // A ten-thousandth of an evaluation forgives the rounding of sums of prices.
        let budget = Budget { flops: Some(self.budget + 1e-4), ..Budget::default() };
        let settings = Settings::new(budget, seed);
        let outcome = block_on(search(Latent::root(), &mut *strategy, &roles, settings, &mut Silent))?;
        match outcome.ended.failure() {
            Some(failure) => Err(SearchFailure::Role(failure)),
            None if outcome.choice.node.is_none() => {
                Err(SearchFailure::Budget { budget: self.budget, needed: self.process.whole() as f64 })
            }
            None => Ok(outcome),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Counted, Denoiser, ExactValue, GaussianMixture, Linear, PredictedClean, Reward, ScheduleSpec, Shape,
    };

    fn mixture() -> GaussianMixture {
        GaussianMixture::ring(3, 1.5, 0.3).unwrap()
    }

    fn process(denoiser: Arc<dyn Denoiser>, sampler: &str) -> Process {
        let schedule = ScheduleSpec::shaped(Shape::Log, 8).between(10.0, 0.05).build().unwrap();
        Process { denoiser, schedule, sampler: sampler.parse().unwrap() }
    }

    fn predicted() -> Arc<dyn Judge> {
        Arc::new(PredictedClean { reward: Arc::new(Linear { slope: vec![1.0, 0.0] }) })
    }

    const ALL: [&str; 8] = [
        "best-of-n",
        "beam:branching=2",
        "beam:branching=2,lookahead=2",
        "particle",
        "mcts",
        "pivot",
        "steering:lambda=2",
        "tree-sampling:lambda=2",
    ];

    #[test]
    fn bills_are_true_and_within_the_budget() {
        for strategy in ALL {
            for sampler in ["euler", "ddim:eta=1", "heun", "stochastic:churn=4"] {
                let counted = Arc::new(Counted::new(mixture()));
                let search = Search {
                    process: process(counted.clone(), sampler),
                    judge: predicted(),
                    strategy: strategy.parse().unwrap(),
                    budget: 150.0,
                };
                let outcome = search.run(3).unwrap();
                let ledger = outcome.ledger;
                let named = format!("{strategy}, {sampler}: {ledger:?}");
                assert!(ledger.charged.flops <= 150.001 && ledger.charged.flops > 75.0, "{named}");
                // The verifier's own price is a fraction of an evaluation, the rest is what the denoiser did.
                let price = Linear { slope: vec![1.0, 0.0] }.flops() / mixture().flops();
                let own = ledger.verifier.prefilled as f64 * price;
                let measured = ledger.flops() - own;
                assert!(
                    (measured - counted.predictions() as f64).abs() < 1e-6,
                    "{named} {}",
                    counted.predictions()
                );
                assert!(ledger.charged.flops >= ledger.flops() - 1e-6, "{named}");
            }
        }
    }

    #[test]
    fn searches_find_more_reward_than_a_single_sample() {
        let mean = |strategy: &str| {
            let search = Search {
                process: process(Arc::new(mixture()), "ddim:eta=1"),
                judge: predicted(),
                strategy: strategy.parse().unwrap(),
                budget: 150.0,
            };
            let rewards = (0..40).map(|seed| search.run(seed).unwrap().answer().unwrap().x[0]);
            rewards.sum::<f64>() / 40.0
        };
        let single = mean("best-of-n:generations=1");
        for strategy in ALL {
            assert!(mean(strategy) > single + 1.0, "{strategy}: {} {single}", mean(strategy));
        }
    }

    #[test]
    fn equal_seeds_give_equal_trees() {
        for strategy in ALL {
            let search = Search {
                process: process(Arc::new(mixture()), "ddim:eta=1"),
                judge: predicted(),
                strategy: strategy.parse().unwrap(),
                budget: 100.0,
            };
            assert_eq!(search.run(5).unwrap().tree, search.run(5).unwrap().tree, "{strategy}");
        }
    }

    #[test]
    fn the_greedy_limit_of_steering_is_best_of_n() {
        let search = |strategy: &str, budget| Search {
            process: process(Arc::new(mixture()), "euler"),
            judge: predicted(),
            strategy: strategy.parse().unwrap(),
            budget,
        };
        for seed in 0..20 {
            let best = search("best-of-n", 80.7).run(seed).unwrap();
            // Weighed at the end alone, so both see the same ten samples.
            let steered =
                search("steering:lambda=1000,every=9,least=0,choose=drawn", 80.7).run(seed).unwrap();
            assert_eq!(best.tree.answers().count(), 10);
            assert_eq!(best.answer().unwrap().x, steered.answer().unwrap().x);
        }
    }

    #[test]
    fn steering_and_trees_with_exact_values_draw_from_the_tilted_mixture() {
        let (lambda, slope) = (1.0, vec![1.0, 0.0]);
        let judge: Arc<dyn Judge> = Arc::new(ExactValue { mixture: mixture(), slope: slope.clone(), lambda });
        let target = mixture().tilted(&slope).projected(&slope);
        for strategy in ["steering:lambda=1,choose=drawn", "tree-sampling:lambda=1,choose=drawn"] {
            let schedule = ScheduleSpec::shaped(Shape::Tangent(1.0), 24).between(10.0, 0.05).build().unwrap();
            let search = Search {
                process: Process {
                    denoiser: Arc::new(mixture()),
                    schedule,
                    sampler: "ddim:eta=1".parse().unwrap(),
                },
                judge: judge.clone(),
                strategy: strategy.parse().unwrap(),
                budget: 800.0,
            };
            let drawn: Vec<f64> =
                (0..400).map(|seed| search.run(seed).unwrap().answer().unwrap().x[0]).collect();
            for point in [-0.5, 0.5, 1.5] {
                let share = drawn.iter().filter(|&&x| x < point).count() as f64 / 400.0;
                assert!(
                    (share - target.below(point)).abs() < 0.1,
                    "{strategy} below {point}: {share} {}",
                    target.below(point)
                );
            }
        }
    }

    #[test]
    fn a_budget_below_one_sample_is_refused() {
        let search = Search {
            process: process(Arc::new(mixture()), "heun"),
            judge: predicted(),
            strategy: Strategies::best_of_n(),
            budget: 12.0,
        };
        let error = search.run(1).unwrap_err().to_string();
        assert!(
            error.starts_with("12 function evaluations do not afford one sample (it takes 15.0"),
            "{error}"
        );
    }
}
