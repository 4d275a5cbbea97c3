//! What stages drew, from what they left in their files: exact whatever interrupted them.

use deliberate_lm::LanguageModel;
use deliberate_train::gather::{Chains, Picked, Returns, Sampled, Solution};
use serde::Serialize;

/// What a stage drew.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Gathered {
    /// The stage.
    pub stage: &'static str,
    /// Questions.
    pub questions: usize,
    /// Solutions, or rollouts.
    pub solutions: u64,
    /// Share of right ones, where they are judged one by one.
    pub right: Option<f64>,
    /// Tokens drawn.
    pub tokens: u64,
    /// Floating-point operations of drawing them: twice the parameters for each, without those of attention and of prompts.
    pub flops: f64,
}

impl Gathered {
    fn new(
        stage: &'static str,
        questions: usize,
        solutions: u64,
        tokens: u64,
        model: &impl LanguageModel,
    ) -> Self {
        let parameters = model.facts().architecture.map_or(0, |architecture| architecture.parameters);
        let flops = 2.0 * parameters as f64 * tokens as f64;
        Self { stage, questions, solutions, right: None, tokens, flops }
    }

    fn judged<'s>(
        stage: &'static str,
        questions: usize,
        solutions: impl Iterator<Item = &'s Solution>,
        model: &impl LanguageModel,
    ) -> Self {
        let (mut all, mut right, mut tokens) = (0_u64, 0_u64, 0);
        for solution in solutions {
            all += 1;
            right += u64::from(solution.right);
            tokens += solution.trace.solution_tokens() as u64;
        }
        let share = (all > 0).then(|| right as f64 / all as f64);
        Self { right: share, ..Self::new(stage, questions, all, tokens, model) }
    }

    pub(crate) fn samples(stage: &'static str, drawn: &[Sampled], model: &impl LanguageModel) -> Self {
        Self::judged(stage, drawn.len(), drawn.iter().flat_map(Sampled::iter), model)
    }

    pub(crate) fn chains(chains: &[Chains], model: &impl LanguageModel) -> Self {
        Self::judged("chains", chains.len(), chains.iter().flat_map(Chains::attempts), model)
    }

    pub(crate) fn returns(returns: &[Returns], rollouts: u32, model: &impl LanguageModel) -> Self {
        let tokens = returns.iter().map(|question| question.drawn).sum();
        let solutions = returns.iter().flat_map(|question| &question.solutions);
        // The last step's value is the solution itself; equal beginnings were valued once, so this is the most there can be.
        let steps: usize = solutions.map(|valued| valued.returns.len().saturating_sub(1)).sum();
        Self::new("returns", returns.len(), steps as u64 * u64::from(rollouts), tokens, model)
    }

    pub(crate) fn searches(picked: &[Picked], generations: u32, model: &impl LanguageModel) -> Self {
        let tokens = picked.iter().map(|one| one.drawn).sum();
        Self::new("searches", picked.len(), picked.len() as u64 * u64::from(generations), tokens, model)
    }
}
