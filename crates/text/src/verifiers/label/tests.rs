//! Facts about verifiers by label tokens, on a simulated model.

use super::*;
use crate::proposer::{DrawSettings, TextProposer};
use crate::simulated::Simulated;
use deliberate_lm::Fingerprint;
use deliberate_search::{Draw, Expansion, Proposer, Reach};
use futures::executor::block_on;

const PROMPT: &str = "Q?\nA:\n";

/// A trace drawn to its end.
fn solved(solution: &str) -> Trace {
    let root = Trace::root("Q?", 2, Simulated::tokens(PROMPT, false));
    let proposer = TextProposer::new(Simulated::script(solution), DrawSettings::default());
    let batch =
        [Expansion { state: &root, seeds: vec![1], reach: Reach::End, draw: Draw::Sample, limit: None }];
    block_on(proposer.propose(&batch)).unwrap().drawn.remove(0).remove(0).unwrap().state
}

/// Likes even steps.
fn reader() -> Simulated {
    Simulated::silent().with_read(|text, token| {
        let good = text.matches(['b', 'd']).count() > 0;
        let plus = Simulated::bytes(token).ends_with(b"+");
        if good == plus { f32::ln(0.03) } else { f32::ln(0.01) }
    })
}

fn verifier(format: &str, granularity: Granularity) -> LabelVerifier<Simulated> {
    let model = reader();
    let facts = model.facts().clone();
    let format = LabelFormat::load(format).unwrap();
    block_on(LabelVerifier::new(model, format, granularity, &facts)).unwrap()
}

fn verify(
    verifier: &LabelVerifier<Simulated>,
    trace: &Trace,
    known: &[f64],
) -> (Vec<f64>, deliberate_search::Usage) {
    let batch = [Verification { state: trace, known }];
    let mut assessed = block_on(verifier.verify(&batch)).unwrap();
    (assessed.scores.remove(0).unwrap(), assessed.usage)
}

/// What the model read, `▸` after each marked token.
fn read(verifier: &LabelVerifier<Simulated>) -> Vec<String> {
    let log = verifier.model.log.lock().unwrap();
    let show = |request: &ScoreRequest| {
        let mut text = String::new();
        for (index, &token) in request.tokens.iter().enumerate() {
            text += &Simulated::spell(&[token]);
            if request.marks.iter().any(|mark| mark.position == index) {
                text.push('▸');
            }
        }
        text
    };
    log.scored.iter().map(show).collect()
}

#[test]
fn every_step_is_scored_once_and_a_trailing_separator_is_no_step() {
    let verifier = verifier("signs", Granularity::Step);
    let (scores, _) = verify(&verifier, &solved("a\nb\n\n"), &[]);
    assert_eq!(scores.len(), 2);
    assert!((scores[0] - 0.25).abs() < 1e-6 && (scores[1] - 0.75).abs() < 1e-6, "{scores:?}");
    assert_eq!(read(&verifier), ["Q?\nA:\na\n▸b\n\n▸"]);
}

#[test]
fn only_new_steps_are_evaluated_and_marked() {
    let verifier = verifier("signs", Granularity::Step);
    let short = solved("aaaa\nbbbb\n");
    let (known, first) = verify(&verifier, &short, &[]);
    assert_eq!((first.prefilled, first.cached), (short.tokens().len() as u64, 0));
    let long = solved("aaaa\nbbbb\ncccc\n");
    let (new, second) = verify(&verifier, &long, &known);
    assert_eq!(new.len(), 1);
    assert_eq!((second.prefilled, second.cached), (5, short.tokens().len() as u64));
    assert_eq!(read(&verifier)[1], "Q?\nA:\naaaa\nbbbb\ncccc\n▸");
    let (none, free) = verify(&verifier, &long, &[0.5; 3]);
    assert_eq!((none, free.prefilled + free.cached), (vec![], 0));
}

#[test]
fn math_shepherd_reads_at_a_tag_after_each_step() {
    let verifier = verifier("math-shepherd", Granularity::Step);
    verify(&verifier, &solved("a\nStep 2: b\nc"), &[]);
    assert_eq!(read(&verifier), ["<s>Q? Step 1: a ки▸\nStep 2: b ки▸\nStep 3: c ки▸"]);
    let (known, _) = verify(&verifier, &solved("a\n"), &[]);
    let (_, usage) = verify(&verifier, &solved("a\nb"), &known);
    assert!(usage.cached >= Simulated::tokens("Q? Step 1: a ки\nStep 2: ", false).len() as u64, "{usage:?}");
}

#[test]
fn rlhflow_takes_each_step_as_a_turn_and_assumes_that_it_was_good() {
    let verifier = verifier("rlhflow", Granularity::Step);
    verify(&verifier, &solved("a\nb"), &[]);
    let turn = "<|im_end|>\n<|im_start|>";
    let expected = format!("<s><|im_start|>user\nQ? a{turn}assistant\n▸+{turn}user\nb{turn}assistant\n▸");
    assert_eq!(read(&verifier), [expected]);
}

#[test]
fn an_outcome_verifier_gives_one_score_for_the_whole() {
    let orm = verifier("signs", Granularity::Whole);
    assert_eq!(orm.granularity(), Granularity::Whole);
    assert_eq!(verify(&orm, &solved("a\nb"), &[]).0.len(), 1);
    assert_eq!(verify(&orm, &solved(""), &[]).0.len(), 1);
    assert_eq!(read(&orm), ["Q?\nA:\na\nb▸", "Q?\nA:\n▸"]);
    let text = verifier("math-shepherd", Granularity::Whole);
    verify(&text, &solved("a\nb\n"), &[]);
    assert_eq!(read(&text), ["<s>Q? a\nb ки▸"]);
}

#[test]
fn more_known_scores_than_steps_are_no_reason_to_panic() {
    let known = [0.5; 9];
    assert_eq!(verify(&verifier("signs", Granularity::Step), &solved("a\nb"), &known).0, [0.0; 0]);
    assert_eq!(verify(&verifier("signs", Granularity::Whole), &solved("a\nb"), &known).0.len(), 1);
    assert_eq!(verify(&verifier("math-shepherd", Granularity::Whole), &solved(""), &known).0.len(), 1);
}

#[test]
fn a_batch_scores_as_its_members_would_alone() {
    let verifier = verifier("math-shepherd", Granularity::Step);
    let (one, other) = (solved("a\nb"), solved("d\na\nc"));
    let batch = [Verification { state: &one, known: &[] }, Verification { state: &other, known: &[0.5] }];
    let together: Vec<_> =
        block_on(verifier.verify(&batch)).unwrap().scores.into_iter().map(Result::unwrap).collect();
    assert_eq!(together, [verify(&verifier, &one, &[]).0, verify(&verifier, &other, &[0.5]).0]);
}

#[test]
fn one_trace_that_is_too_long_fails_alone() {
    let mut model = reader();
    model.facts.context = 20;
    let facts = model.facts().clone();
    let format = LabelFormat::load("signs").unwrap();
    let verifier = block_on(LabelVerifier::new(model, format, Granularity::Step, &facts)).unwrap();
    let (short, long) = (solved("a\n"), solved("aaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"));
    let batch = [Verification { state: &long, known: &[] }, Verification { state: &short, known: &[] }];
    let scores = block_on(verifier.verify(&batch)).unwrap().scores;
    assert!(scores[0].as_ref().unwrap_err().reason.contains("does not fit"));
    assert_eq!(scores[1].as_ref().unwrap().len(), 1);
}

#[test]
fn a_model_that_is_no_such_verifier_is_refused() {
    let build = |toml: &str, vocabulary: u32| {
        let model = reader();
        let facts = ModelFacts { vocabulary, ..model.facts().clone() };
        let format = LabelFormat::parse("mine", toml).unwrap();
        block_on(LabelVerifier::new(model, format, Granularity::Step, &facts)).err().unwrap().to_string()
    };
    let words = "about='x'\nsource='text'\npositive='good'\nnegative='-'";
    assert!(build(words, 400).contains("`good` is not one token of `simulated` but 4"));
    let same = "about='x'\nsource='text'\npositive='-'\nnegative='-'";
    assert!(build(same, 400).contains("same token"));
    let tokens = "about='x'\nsource='tokens'\npositive='+'\nnegative='-'";
    let refused = build(tokens, 500);
    assert!(refused.contains("another vocabulary") && refused.contains("source = \"text\""), "{refused}");
}

#[test]
fn a_proposer_whose_tokens_spell_something_else_is_refused_though_both_have_as_many() {
    let model = reader();
    let other = Fingerprint::of((0..400).map(|token: u32| format!("other {token}")));
    let proposer = ModelFacts { spelling: other, name: "stranger".to_owned(), ..model.facts().clone() };
    let format = LabelFormat::load("signs").unwrap();
    let refused = block_on(LabelVerifier::new(model, format, Granularity::Step, &proposer));
    let said = refused.err().unwrap().to_string();
    assert!(said.contains("`stranger`") && said.contains("source = \"text\""), "{said}");
    let text = LabelFormat::load("math-shepherd").unwrap();
    assert!(block_on(LabelVerifier::new(reader(), text, Granularity::Step, &proposer)).is_ok());
}

#[test]
fn certainty_costs_nothing_and_scores_every_new_step() {
    use crate::verifiers::{CertaintyVerifier, Confidence};
    let trace = solved("a\nbb\n");
    let verifier = CertaintyVerifier::new(Confidence::Logprob);
    let batch = [Verification { state: &trace, known: &[] }, Verification { state: &trace, known: &[0.5] }];
    let assessed = block_on(verifier.verify(&batch)).unwrap();
    let scores: Vec<_> = assessed.scores.into_iter().map(Result::unwrap).collect();
    assert_eq!((scores[0].len(), &scores[0][1..]), (2, scores[1].as_slice()));
    assert_eq!(assessed.usage, deliberate_search::Usage::default());
    let mute = Trace::root("q", 1, vec![1]);
    assert_eq!(
        block_on(verifier.verify(&[Verification { state: &mute, known: &[] }])).unwrap().scores,
        [Ok(vec![])]
    );
}

#[test]
fn the_bare_question_has_a_score_as_well() {
    let verifier = verifier("math-shepherd", Granularity::Step);
    let root = Trace::root("Q?", 2, Simulated::tokens(PROMPT, false));
    let prior = block_on(verifier.prior(&root)).unwrap().unwrap();
    assert!((prior - 0.25).abs() < 1e-6, "{prior}");
    assert!(read(&verifier)[0].ends_with('▸'), "{:?}", read(&verifier));
}
