//! Answers and verifiers of a search whose answers have a form.

use super::{Form, Said};
use crate::{TextAnswers, Trace};
use deliberate_search::{Answer, Answers, Assessed, Granularity, Status, Usage, Verification, Verifier};
use std::ops::Range;

/// Compares answers in their form; those in words as mathematics.
#[derive(Debug, Clone, Copy)]
pub struct FormAnswers<'f>(pub &'f Form);

impl FormAnswers<'_> {
    fn said(self, state: &Trace) -> Option<Said> {
        self.0.read(state.text()).ok()
    }
}

impl Answers<Trace> for FormAnswers<'_> {
    /// Whoever may call a tool and does not has answered by that.
    fn given(&self, state: &Trace) -> bool {
        let form = self.0;
        form.read(state.text()).is_ok() && (!form.is_free() || TextAnswers.given(state))
    }

    fn same(&self, one: &Trace, other: &Trace) -> bool {
        let (Some(left), Some(right)) = (self.said(one), self.said(other)) else { return false };
        self.0.same(&left, &right).unwrap_or_else(|| {
            match (TextAnswers.given(one), TextAnswers.given(other)) {
                (true, true) => TextAnswers.same(one, other),
                (left, right) => left == right,
            }
        })
    }

    fn copies(&self, one: &Trace, other: &Trace) -> bool {
        TextAnswers.copies(one, other)
    }
}

/// A verifier that is not asked for finished solutions that are not in their form: these score 0.
pub struct FormVerifier<'f> {
    form: &'f Form,
    asked: &'f dyn Verifier<Trace>,
}

impl<'f> FormVerifier<'f> {
    /// In front of a verifier.
    pub fn new(form: &'f Form, asked: &'f dyn Verifier<Trace>) -> Self {
        Self { form, asked }
    }

    fn misfits(&self, state: &Trace) -> bool {
        state.status() == Status::Complete && self.form.read(state.text()).is_err()
    }

    /// As many scores as are wanted, all 0.
    fn nothing(&self, Verification { state, known }: &Verification<'_, Trace>) -> Vec<f64> {
        let scores = match self.granularity() {
            Granularity::Step => state.step_count().saturating_sub(known.len()),
            Granularity::Whole => 1,
        };
        vec![0.0; scores]
    }
}

impl Verifier<Trace> for FormVerifier<'_> {
    fn verify<'a>(&'a self, batch: &'a [Verification<'a, Trace>]) -> Answer<'a, Assessed> {
        Box::pin(async move {
            let fits: Vec<Verification<'_, Trace>> =
                batch.iter().filter(|one| !self.misfits(one.state)).cloned().collect();
            let Assessed { scores, usage } = if fits.is_empty() {
                Assessed { scores: Vec::new(), usage: Usage::default() }
            } else {
                self.asked.verify(&fits).await?
            };
            let mut scores = scores.into_iter();
            let score = |one: &Verification<'_, Trace>| {
                if self.misfits(one.state) { Some(Ok(self.nothing(one))) } else { scores.next() }
            };
            // Where the verifier gave fewer than it was asked for, so does this one, and the executor refuses it.
            Ok(Assessed { scores: batch.iter().map_while(score).collect(), usage })
        })
    }

    fn granularity(&self) -> Granularity {
        self.asked.granularity()
    }

    fn prior<'a>(&'a self, root: &'a Trace) -> Answer<'a, Option<f64>> {
        self.asked.prior(root)
    }

    fn flops(&self, positions: Range<u64>) -> f64 {
        self.asked.flops(positions)
    }
}
