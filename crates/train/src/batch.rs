//! Examples packed end to end: no padding, no attention across examples.

use crate::{Example, Goal, TrainError};
use deliberate_decoder::Shape;
use std::ops::Range;

/// Examples laid end to end, checked against a shape.
#[derive(Debug, Clone)]
pub struct Batch {
    /// All tokens: `[tokens]`.
    pub(crate) tokens: Vec<u32>,
    /// Where each example lies; they follow each other without gaps.
    pub(crate) sequences: Vec<Range<usize>>,
    /// Rows of `tokens` after which something should be said: `[targets]`.
    pub(crate) rows: Vec<u32>,
    /// What should be said there: `[targets]`.
    pub(crate) goals: Vec<Goal>,
    /// Shares in the mean: `[targets]`.
    pub(crate) weights: Vec<f32>,
}

impl Batch {
    /// Packs whole examples.
    ///
    /// # Errors
    /// [`TrainError::Example`] if one is empty, longer than the context, names a token outside the vocabulary, or has
    /// a target outside itself, a share outside 0..=1 or a weight that is negative or not finite.
    pub fn pack(examples: &[Example], shape: &Shape) -> Result<Self, TrainError> {
        let mut batch =
            Self { tokens: vec![], sequences: vec![], rows: vec![], goals: vec![], weights: vec![] };
        for (index, example) in examples.iter().enumerate() {
            check(example, shape).map_err(|reason| TrainError::Example { index, reason })?;
            let start = batch.tokens.len();
            batch.tokens.extend(&example.tokens);
            batch.sequences.push(start..batch.tokens.len());
            for target in &example.targets {
                batch.rows.push(start as u32 + target.position);
                batch.goals.push(target.goal);
                batch.weights.push(target.weight);
            }
        }
        Ok(batch)
    }

    /// Tokens of all examples.
    pub fn tokens(&self) -> usize {
        self.tokens.len()
    }

    /// Targets of all examples.
    pub fn targets(&self) -> usize {
        self.rows.len()
    }

    /// Sum of the targets' weights.
    pub fn weight(&self) -> f64 {
        self.weights.iter().map(|&weight| f64::from(weight)).sum()
    }

    /// The targets' weights as shares of their sum; all 0 if the sum is.
    pub(crate) fn shares(&self) -> Vec<f32> {
        let total = self.weight();
        let share = |&weight: &f32| if total > 0.0 { (f64::from(weight) / total) as f32 } else { 0.0 };
        self.weights.iter().map(share).collect()
    }
}

fn check(example: &Example, shape: &Shape) -> Result<(), String> {
    let (length, context) = (example.tokens.len(), shape.context as usize);
    if length == 0 {
        return Err("it has no tokens".to_owned());
    }
    if length > context {
        return Err(format!("its {length} tokens do not fit a context of {context}"));
    }
    let vocabulary = shape.vocabulary;
    let known = |token: u32| {
        if token < vocabulary {
            Ok(())
        } else {
            Err(format!("token {token} is outside a vocabulary of {vocabulary}"))
        }
    };
    example.tokens.iter().try_for_each(|&token| known(token))?;
    for target in &example.targets {
        if target.position as usize >= length {
            return Err(format!("a target at {} lies outside its {length} tokens", target.position));
        }
        if !target.weight.is_finite() || target.weight < 0.0 {
            return Err(format!("a target weighs {}", target.weight));
        }
        match target.goal {
            Goal::Token(token) => known(token)?,
            Goal::Label { share, positive, negative } => {
                known(positive)?;
                known(negative)?;
                if positive == negative {
                    return Err(format!("token {positive} says both yes and no"));
                }
                if !(0.0..=1.0).contains(&share) {
                    return Err(format!("a label of {share} is outside 0..=1"));
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape() -> Shape {
        crate::testing::shape(16, 8, 1, 2, 2)
    }

    #[test]
    fn examples_lie_end_to_end() {
        let examples = [Example::language(vec![1, 2, 3]), Example::continuation(vec![4, 5, 6, 7], 2..4)];
        let batch = Batch::pack(&examples, &shape()).unwrap();
        assert_eq!(batch.tokens, [1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(batch.sequences, [0..3, 3..7]);
        assert_eq!(batch.rows, [0, 1, 4, 5]);
        assert_eq!(batch.goals, [2, 3, 6, 7].map(Goal::Token));
        assert_eq!(batch.shares(), [0.25; 4]);
    }

    #[test]
    fn faulty_examples_are_named() {
        let check = |example: Example, expected: &str| {
            let message =
                Batch::pack(&[Example::language(vec![1]), example], &shape()).unwrap_err().to_string();
            assert!(message.contains("example 1") && message.contains(expected), "{message}");
        };
        check(Example::language(vec![]), "no tokens");
        check(Example::language(vec![16]), "vocabulary of 16");
        check(Example::language(vec![0; 65]), "context of 64");
        check(Example::labelled(vec![1, 2], &[(2, 0.5)], 0, 1), "a target at 2");
        check(Example::labelled(vec![1, 2], &[(1, 1.5)], 0, 1), "1.5");
        check(Example::labelled(vec![1, 2], &[(1, 0.5)], 1, 1), "both");
        let mut heavy = Example::language(vec![1, 2]);
        heavy.targets[0].weight = f32::NAN;
        check(heavy, "NaN");
    }
}
