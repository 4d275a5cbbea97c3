//! What a batch must be like, and how it is cut into jobs.

use deliberate_engine::{Capacity, RuntimeError, Span};
use std::ops::Range;

/// What a batch is checked against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) capacity: Capacity,
    pub(crate) vocabulary: u32,
    pub(crate) adapters: usize,
}

/// Checks a batch against what the slots hold.
///
/// # Errors
/// Names the first span that does not fit.
pub(crate) fn check(spans: &[Span], held: &[usize], limits: &Limits) -> Result<(), RuntimeError> {
    let Limits { capacity, vocabulary, adapters } = *limits;
    let fail = |reason: String| Err(RuntimeError { reason });
    let mut total = 0;
    let mut next = 0;
    for Span { slot, variant, start, tokens, read } in spans {
        if *slot < next || *slot >= capacity.slots {
            return fail(format!("slot {slot} is out of order, or not below {}", capacity.slots));
        }
        next = slot + 1;
        let held = held[*slot as usize];
        if *start != held {
            return fail(format!("span starts at {start} in slot {slot}, which holds {held} tokens"));
        }
        if *variant as usize > adapters {
            return fail(format!("slot {slot} wants adapter {variant} of {adapters}"));
        }
        let room = capacity.slot_tokens - held;
        if tokens.is_empty() || tokens.len() > room {
            return fail(format!("{} tokens for slot {slot}, which has room for {room}", tokens.len()));
        }
        let rising = read.is_sorted_by(|left, right| left < right);
        if !rising || read.last().is_some_and(|&last| last >= tokens.len()) {
            return fail(format!(
                "logits wanted out of order or past the {} tokens of slot {slot}",
                tokens.len()
            ));
        }
        if let Some(token) = tokens.iter().find(|&&token| token >= vocabulary) {
            return fail(format!("token {token} is not in the vocabulary"));
        }
        total += tokens.len();
    }
    if total > capacity.batch_tokens {
        return fail(format!("batch of {total} tokens, at most {} fit", capacity.batch_tokens));
    }
    Ok(())
}

/// Fewest tokens worth a job of their own: below that the weights are fetched for too little.
const LEAST: usize = 8;
/// Most tokens of a job that could be two.
const MOST: usize = 96;

/// Cuts a batch into ranges of whole spans, of about equal numbers of tokens and some more than there are threads, so
/// that a thread that is kept from its core leaves its work to the others.
pub(crate) fn jobs(spans: &[Span], threads: usize) -> Vec<Range<usize>> {
    let total: usize = spans.iter().map(|span| span.tokens.len()).sum();
    let share = if threads == 1 { MOST } else { total.div_ceil(2 * threads).clamp(LEAST, MOST) };
    // The last job shall not be the small rest of equal ones.
    let share = total.div_ceil(total.div_ceil(share).max(1)).next_multiple_of(4);
    let mut jobs = Vec::new();
    let (mut first, mut tokens) = (0, 0);
    for (index, span) in spans.iter().enumerate() {
        tokens += span.tokens.len();
        if tokens >= share {
            jobs.push(first..index + 1);
            (first, tokens) = (index + 1, 0);
        }
    }
    if first < spans.len() {
        jobs.push(first..spans.len());
    }
    jobs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(lengths: &[usize]) -> Vec<Span> {
        let span = |(slot, &length): (u32, &usize)| Span {
            slot,
            variant: 0,
            start: 0,
            tokens: vec![1; length],
            read: Vec::new(),
        };
        (0..).zip(lengths).map(span).collect()
    }

    #[test]
    fn jobs_hold_about_equally_many_tokens() {
        let check = |lengths: &[usize], threads, expected: &[Range<usize>]| {
            assert_eq!(jobs(&spans(lengths), threads), expected, "{lengths:?}");
        };
        check(&[], 2, &[]);
        check(&[1; 4], 2, std::slice::from_ref(&(0..4)));
        check(&[1; 32], 2, &[0..8, 8..16, 16..24, 24..32]);
        check(&[1; 32], 1, std::slice::from_ref(&(0..32)));
        check(&[500, 1, 1, 1], 2, &[0..1, 1..4]);
        let many = jobs(&spans(&[1; 256]), 2);
        assert_eq!(many, [0..64, 64..128, 128..192, 192..256]);
    }

    #[test]
    fn batches_that_do_not_fit_are_refused_by_name() {
        let capacity =
            Capacity { slots: 2, slot_tokens: 8, total_tokens: 16, batch_tokens: 10, kv_bytes_per_token: 1 };
        let limits = Limits { capacity, vocabulary: 5, adapters: 1 };
        let span = |slot, start, tokens: &[u32], read: &[usize]| Span {
            slot,
            variant: 0,
            start,
            tokens: tokens.to_vec(),
            read: read.to_vec(),
        };
        let refused = |spans: &[Span], words: &str| {
            let error = check(spans, &[0, 3], &limits).expect_err(words).reason;
            assert!(error.contains(words), "{error}");
        };
        refused(&[span(2, 0, &[1], &[])], "slot 2 is out of order, or not below 2");
        refused(&[span(1, 3, &[1], &[]), span(0, 0, &[1], &[])], "slot 0 is out of order");
        refused(&[span(1, 2, &[1], &[])], "span starts at 2 in slot 1, which holds 3 tokens");
        let strange = Span { variant: 2, ..span(0, 0, &[1], &[]) };
        refused(&[strange], "slot 0 wants adapter 2 of 1");
        refused(&[span(0, 0, &[], &[])], "0 tokens for slot 0, which has room for 8");
        refused(&[span(1, 3, &[1; 6], &[])], "6 tokens for slot 1, which has room for 5");
        refused(&[span(0, 0, &[1, 1], &[1, 0])], "logits wanted out of order");
        refused(&[span(0, 0, &[1, 1], &[2])], "past the 2 tokens of slot 0");
        refused(&[span(0, 0, &[5], &[])], "token 5 is not in the vocabulary");
        refused(&[span(0, 0, &[1; 8], &[]), span(1, 3, &[1; 3], &[])], "batch of 11 tokens, at most 10 fit");
        check(&[span(0, 0, &[4; 8], &[0, 7])], &[0, 3], &limits).expect("it fits");
    }
}
