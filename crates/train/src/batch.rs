//! Examples packed end to end: no padding, no attention across examples, and a prompt that neighbours share only once.

use crate::{Example, Goal, TrainError};
use deliberate_decoder::Shape;
use std::ops::Range;

/// Examples laid end to end, checked against a shape.
#[derive(Debug, Clone)]
pub struct Batch {
    /// All tokens: `[tokens]`.
    pub(crate) tokens: Vec<u32>,
    /// What sees what; their own rows follow each other without gaps.
    pub(crate) sequences: Vec<Sequence>,
    /// Rows of `tokens` after which something should be said: `[targets]`.
    pub(crate) rows: Vec<u32>,
    /// What should be said there: `[targets]`.
    pub(crate) goals: Vec<Goal>,
    /// Shares in the mean: `[targets]`.
    pub(crate) weights: Vec<f32>,
}

/// Rows of a batch that lie together: an example, a prompt that several share, or what comes after it in one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sequence {
    /// Rows of the prompt before it; empty where it begins by itself. They lie shortly before it, with nothing but other
    /// sequences of the same prompt between.
    pub(crate) before: Range<usize>,
    /// Its rows: each sees the prompt, itself and those between.
    pub(crate) own: Range<usize>,
}

impl Sequence {
    /// Tokens with those before.
    pub(crate) fn len(&self) -> usize {
        self.before.len() + self.own.len()
    }

    /// The same, counted from row `start`.
    pub(crate) fn from(&self, start: usize) -> Self {
        let before = if self.before.is_empty() { 0..0 } else { shifted(&self.before, start) };
        Self { before, own: shifted(&self.own, start) }
    }

    /// Places of its own rows in their examples.
    pub(crate) fn positions(&self) -> Range<usize> {
        self.before.len()..self.len()
    }
}

fn shifted(range: &Range<usize>, start: usize) -> Range<usize> {
    range.start - start..range.end - start
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
        let mut trunk: (Range<usize>, &[u32]) = (0..0, &[]);
        for (index, example) in examples.iter().enumerate() {
            check(example, shape).map_err(|reason| TrainError::Example { index, reason })?;
            let begin = example.trunk();
            if begin != trunk.1 {
                let rows = if begin.is_empty() { 0..0 } else { batch.lay(0..0, begin) };
                trunk = (rows, begin);
            }
            let before = trunk.0.clone();
            let own = batch.lay(before.clone(), &example.tokens[before.len()..]);
            for target in &example.targets {
                let at = target.position as usize;
                let row = if at < before.len() { before.start + at } else { own.start + at - before.len() };
                batch.rows.push(row as u32);
                batch.goals.push(target.goal);
                batch.weights.push(target.weight);
            }
        }
        Ok(batch)
    }

    /// Appends tokens that see the rows `before` and themselves.
    fn lay(&mut self, before: Range<usize>, tokens: &[u32]) -> Range<usize> {
        let start = self.tokens.len();
        self.tokens.extend(tokens);
        let own = start..self.tokens.len();
        self.sequences.push(Sequence { before, own: own.clone() });
        own
    }

    /// The two tokens between which all targets decide, if all are labels of the same two.
    pub(crate) fn verdict(&self) -> Option<[u32; 2]> {
        let verdict = |goal: &Goal| match *goal {
            Goal::Label { positive, negative, .. } => Some([positive, negative]),
            Goal::Token(_) => None,
        };
        let first = verdict(self.goals.first()?)?;
        self.goals.iter().all(|goal| verdict(goal) == Some(first)).then_some(first)
    }

    /// The same batch where the vocabulary is these two tokens and nothing else.
    pub(crate) fn between(&self, verdict: [u32; 2]) -> Self {
        let mut batch = self.clone();
        for goal in &mut batch.goals {
            if let Goal::Label { positive, negative, .. } = goal {
                debug_assert_eq!([*positive, *negative], verdict, "asked of what `verdict` gave");
                (*positive, *negative) = (0, 1);
            }
        }
        batch
    }

    /// Tokens that are computed: those of all examples, a prompt that neighbours share counted once.
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
        assert_eq!(batch.sequences, [0..3, 3..7].map(|own| Sequence { before: 0..0, own }));
        assert_eq!(batch.rows, [0, 1, 4, 5]);
        assert_eq!(batch.goals, [2, 3, 6, 7].map(Goal::Token));
        assert_eq!(batch.shares(), [0.25; 4]);
    }

    #[test]
    fn a_prompt_that_neighbours_share_is_laid_once() {
        let example = |tokens: &[u32]| Example::continuation(tokens.to_vec(), 2..tokens.len()).sharing(2);
        let examples = [
            example(&[1, 2, 3, 4]),
            example(&[1, 2, 5]),
            Example::language(vec![1, 2, 6]),
            example(&[1, 7, 3]),
            // Nothing is left behind what it would share.
            Example::language(vec![1, 7]).sharing(2),
        ];
        let batch = Batch::pack(&examples, &shape()).unwrap();
        assert_eq!(batch.tokens, [1, 2, 3, 4, 5, 1, 2, 6, 1, 7, 3, 1, 7]);
        let laid: Vec<_> = batch.sequences.iter().map(|s| (s.before.clone(), s.own.clone())).collect();
        let alone = |own: Range<usize>| (0..0, own);
        let expected = [
            alone(0..2),
            (0..2, 2..4),
            (0..2, 4..5),
            alone(5..8),
            alone(8..10),
            (8..10, 10..11),
            alone(11..13),
        ];
        assert_eq!(laid, expected);
        assert_eq!(batch.rows, [1, 2, 1, 5, 6, 9, 11]);
        let added = examples.iter().enumerate();
        let added = added.map(|(index, one)| one.added(index.checked_sub(1).map(|before| &examples[before])));
        assert_eq!(added.sum::<usize>(), batch.tokens());
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
