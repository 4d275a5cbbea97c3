//! Facts about revising, on a simulated model.

use super::*;
use crate::StepRule;
use crate::simulated::Simulated;
use deliberate_search::{Expansion, Proposer, State};
use futures::executor::block_on;

fn solved(solution: &str) -> Trace {
    let root = Trace::root("Q? {attempts}", 13, Simulated::tokens("Q? {attempts}\nA:\n", false));
    let proposer = TextProposer::new(Simulated::script(solution), DrawSettings::default());
    let batch =
        [Expansion { state: &root, seeds: vec![1], reach: Reach::End, draw: Draw::Sample, limit: None }];
    block_on(proposer.propose(&batch)).unwrap().drawn.remove(0).remove(0).unwrap().state
}

/// Reviews when asked for a review, and else writes a solution of two steps.
fn model() -> Simulated {
    Simulated::new(|text, seed| {
        let review = text.contains("Do not write a new solution");
        Ok(match (review, text.ends_with("assistant\n")) {
            (true, _) => format!("review {}", seed % 1000),
            (false, true) => "x = 1\nThe answer is 1.".to_owned(),
            (false, false) => "The answer is 1.".to_owned(),
        })
    })
}

fn reviser(prompt: &str, critique: bool) -> TextReviser<Simulated> {
    let critique = critique.then(|| Critique { prompt: Prompt::load("critique").unwrap(), tokens: 64 });
    let settings = DrawSettings { steps: StepRule::Newline, ..DrawSettings::default() };
    block_on(TextReviser::new(model(), Prompt::load(prompt).unwrap(), critique, settings)).unwrap()
}

#[test]
fn a_revision_has_a_prompt_of_its_own_that_shows_the_attempts() {
    let reviser = reviser("revise", false);
    let attempts = [solved("a\nThe answer is 3."), solved("b\nThe answer is 4.")];
    let batch = [Attempt { earlier: attempts.iter().collect(), seeds: vec![1, 2], limit: None }];
    let drawn = block_on(reviser.revise(&batch)).unwrap();
    let revision = drawn.drawn[0][0].as_ref().unwrap();
    assert_eq!(
        (revision.status, revision.state.steps(), revision.state.answer()),
        (Status::Complete, 2, Some("1"))
    );
    assert_eq!(revision.state.question(), "Q? {attempts}");
    let prompt = Simulated::spell(&revision.state.tokens()[..revision.state.prompt_tokens()]);
    assert!(
        prompt.contains("Problem:\nQ? {attempts}\n\nAttempt 1:\na\nThe answer is 3.\nAttempt 2:\nb\n"),
        "{prompt}"
    );
    let log = reviser.model().log.lock().unwrap();
    assert_eq!((log.generated[0].seeds.as_slice(), drawn.drawn[0].len()), ([1, 2].as_slice(), 2));
}

#[test]
fn the_opening_is_an_upper_bound_of_the_prompt() {
    for (name, critique) in [("revise", false), ("revise-few-shot", false), ("critique-and-revise", true)] {
        let reviser = reviser(name, critique);
        let all = [solved("a\nThe answer is 3."), solved(""), solved("\n\n c")];
        for count in 1..=all.len() {
            let earlier: Vec<&Trace> = all[..count].iter().collect();
            let opening = reviser.opening(&earlier);
            let batch = [Attempt { earlier, seeds: vec![1], limit: None }];
            let drawn = block_on(reviser.revise(&batch)).unwrap().drawn.remove(0).remove(0).unwrap();
            let prompt = drawn.state.prompt_tokens() as u64;
            assert!(prompt <= opening && opening <= prompt + 100, "{name}: {prompt} {opening}");
        }
    }
}

#[test]
fn each_revision_may_have_a_critique_of_its_own() {
    let reviser = reviser("critique-and-revise", true);
    let attempt = solved("a\nThe answer is 3.");
    let batch = [Attempt { earlier: vec![&attempt], seeds: vec![1, 2], limit: Some(40) }];
    let drawn = block_on(reviser.revise(&batch)).unwrap();
    let prompts: Vec<String> = drawn.drawn[0]
        .iter()
        .map(|draw| draw.as_ref().unwrap())
        .map(|draw| Simulated::spell(&draw.state.tokens()[..draw.state.prompt_tokens()]))
        .collect();
    assert!(prompts.iter().all(|prompt| prompt.contains("A review of the last attempt:\nreview ")));
    assert_ne!(prompts[0], prompts[1]);
    let total: u64 = drawn.drawn[0].iter().map(|draw| draw.as_ref().unwrap().drawn).sum();
    assert_eq!(drawn.usage.decoded, total, "critiques count as drawn");
}

#[test]
fn critique_and_revision_together_keep_the_limit() {
    let reviser = reviser("critique-and-revise", true);
    let attempt = solved("a\nThe answer is 3.");
    for limit in 1..30 {
        let batch = [Attempt { earlier: vec![&attempt], seeds: vec![1], limit: Some(limit) }];
        let drawn = block_on(reviser.revise(&batch)).unwrap().drawn.remove(0).remove(0).unwrap();
        assert!(drawn.drawn <= limit, "{limit}: {}", drawn.drawn);
    }
}

#[test]
fn prompts_and_critiques_must_fit_each_other() {
    let build = |prompt: &str, critique: Option<&str>| {
        let critique = critique.map(|name| Critique { prompt: Prompt::load(name).unwrap(), tokens: 9 });
        block_on(TextReviser::new(model(), Prompt::load(prompt).unwrap(), critique, DrawSettings::default()))
            .err()
            .unwrap()
            .to_string()
    };
    assert!(build("critique-and-revise", None).contains("`{critique}`"));
    assert!(build("revise", Some("critique")).contains("`{critique}`"));
    assert!(build("chat", None).contains("not for `revise`"));
    assert!(build("revise", Some("judge")).contains("not for `critique`"));
}

#[test]
fn attempts_that_fill_the_context_truncate_the_revision() {
    let mut model = model();
    model.facts.context = 500;
    let settings = DrawSettings::default();
    let reviser = block_on(TextReviser::new(model, Prompt::load("revise").unwrap(), None, settings)).unwrap();
    let long = solved(&"abc\n".repeat(120));
    let batch = [Attempt { earlier: vec![&long], seeds: vec![1], limit: None }];
    let drawn = block_on(reviser.revise(&batch)).unwrap().drawn.remove(0).remove(0).unwrap();
    assert_eq!((drawn.status, drawn.drawn), (Status::Truncated, 0));
}
