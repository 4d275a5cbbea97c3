//! What is learnt from: tokens, and what should be said at some of them.

use std::ops::Range;

/// One sequence of tokens and its targets.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// The sequence; attention does not leave it.
    pub tokens: Vec<u32>,
    /// What the logits at some positions are compared with. Positions without a target cost nothing.
    pub targets: Vec<Target>,
    /// Tokens at the beginning, the prompt of a solution, that are computed once for all neighbours in a batch that begin
    /// with the same ones; 0 to share nothing. It changes the cost and nothing else.
    pub shared: usize,
}

/// What the next-token logits at one position are compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Target {
    /// The token after which the logits are taken, counted from the start of the example.
    pub position: u32,
    /// What should be said there.
    pub goal: Goal,
    /// Share in the mean loss of a batch; finite, not negative, usually 1.
    pub weight: f32,
}

/// What should be said.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    /// This token comes next: cross-entropy over the vocabulary.
    Token(u32),
    /// A soft yes or no: binary cross-entropy of `share` with `sigmoid(logit[positive] - logit[negative])`, the
    /// probability of the positive token if one of the two comes next.
    Label {
        /// From 0 (negative) to 1 (positive).
        share: f32,
        /// The token that says yes.
        positive: u32,
        /// The token that says no.
        negative: u32,
    },
}

impl Example {
    /// Every token after the first is to be predicted.
    pub fn language(tokens: Vec<u32>) -> Self {
        let all = 1..tokens.len();
        Self::continuation(tokens, all)
    }

    /// Only the tokens at `predicted` are to be predicted, each from those before it. The first token of an example
    /// cannot be.
    pub fn continuation(tokens: Vec<u32>, predicted: Range<usize>) -> Self {
        let predicted = predicted.start.max(1)..predicted.end.min(tokens.len());
        let target =
            |at: usize| Target { position: at as u32 - 1, goal: Goal::Token(tokens[at]), weight: 1.0 };
        let targets = predicted.map(target).collect();
        Self { tokens, targets, shared: 0 }
    }

    /// A soft label at each of `labels`: the position after which the verdict is taken, and the share of yes.
    pub fn labelled(tokens: Vec<u32>, labels: &[(usize, f32)], positive: u32, negative: u32) -> Self {
        let target = |&(at, share): &(usize, f32)| Target {
            position: at as u32,
            goal: Goal::Label { share, positive, negative },
            weight: 1.0,
        };
        Self { tokens, targets: labels.iter().map(target).collect(), shared: 0 }
    }

    /// The same example, whose first `tokens` tokens are a prompt that others have too.
    pub fn sharing(self, tokens: usize) -> Self {
        Self { shared: tokens, ..self }
    }

    /// What it may share: nothing if nothing would be left to itself.
    pub(crate) fn trunk(&self) -> &[u32] {
        if self.shared < self.len() { &self.tokens[..self.shared] } else { &[] }
    }

    /// Tokens that it adds to a batch behind the example before it.
    pub(crate) fn added(&self, before: Option<&Self>) -> usize {
        match before {
            Some(before) if before.trunk() == self.trunk() => self.len() - self.trunk().len(),
            _ => self.len(),
        }
    }

    /// Tokens in it.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether it has no tokens.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }
}
