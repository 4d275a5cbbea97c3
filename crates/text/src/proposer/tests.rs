//! Facts about drawing, on a simulated model.

use super::*;
use crate::simulated::Simulated;
use futures::executor::block_on;
use proptest::prelude::*;

const PROMPT: &str = "Q: 2 + 2?\nA:\n";

fn root() -> Trace {
    Trace::root("2 + 2?", 6, Simulated::tokens(PROMPT, false))
}

fn settings(rule: &str) -> DrawSettings {
    let ending = Ending { answer_lines: vec!["The answer is".into()], stop: vec!["\nQuestion:".into()] };
    DrawSettings { steps: rule.parse().unwrap(), ending, ..DrawSettings::default() }
}

fn proposer(script: &str, rule: &str) -> TextProposer<Simulated> {
    TextProposer::new(Simulated::script(script), settings(rule))
}

fn expansion(state: &Trace, seeds: &[u64], reach: Reach, limit: Option<u64>) -> Expansion<'static, Trace> {
    let state = Box::leak(Box::new(state.clone()));
    Expansion { state, seeds: seeds.to_vec(), reach, draw: Draw::Sample, limit }
}

fn propose(
    proposer: &TextProposer<Simulated>,
    state: &Trace,
    reach: Reach,
    limit: Option<u64>,
) -> Proposal<Trace> {
    let batch = [expansion(state, &[1], reach, limit)];
    let mut drawn = block_on(proposer.propose(&batch)).unwrap().drawn;
    drawn.remove(0).remove(0).unwrap()
}

/// Draws one step after the other to the end.
fn step_by_step(proposer: &TextProposer<Simulated>) -> Proposal<Trace> {
    let mut drawn = 0;
    let mut state = root();
    loop {
        let proposal = propose(proposer, &state, Reach::Steps(1), None);
        drawn += proposal.drawn;
        if proposal.status != Status::Open {
            return Proposal { drawn, ..proposal };
        }
        assert!(!proposal.state.step_text(proposal.state.step_count() - 1).trim().is_empty());
        state = proposal.state;
    }
}

fn check(rule: &str, script: &str, status: Status, steps: &[&str]) {
    let by_step = step_by_step(&proposer(script, rule));
    assert_eq!(by_step.status, status, "{script:?}");
    assert_eq!(by_step.state.step_texts().collect::<Vec<_>>(), steps, "{script:?}");
    let several = propose(&proposer(script, rule), &root(), Reach::Steps(1000), None);
    assert_eq!(several, by_step, "{script:?}");
    let whole = propose(&proposer(script, rule), &root(), Reach::End, None);
    assert_eq!((whole.state, whole.status), (by_step.state, by_step.status), "{script:?}");
}

#[test]
fn a_solution_has_the_same_steps_however_it_is_drawn() {
    check("newline", "a\nb\n", Status::Complete, &["a\n", "b\n"]);
    check("newline", "a\n\n\nb\n\n", Status::Complete, &["a\n\n", "\nb\n\n"]);
    check("newline", "a\n", Status::Complete, &["a\n"]);
    check("newline", "", Status::Complete, &[]);
    check("newline", "\n \n", Status::Complete, &[]);
    check("newline", "a1\n2b\nSo c", Status::Complete, &["a1\n", "2b\n", "So c"]);
    check("blank-line", "a\nb\n\nc", Status::Complete, &["a\nb\n\n", "c"]);
    check("lines:2", "a\nb\n\nc\nd\ne", Status::Complete, &["a\nb\n\n", "c\nd\n", "e"]);
    check("lines:3", "a\n\n\nb\n\n", Status::Complete, &["a\n\n\nb\n\n"]);
    check("step", "Step 1: a\nStep 2: b", Status::Complete, &["Step 1: a\n", "Step 2: b"]);
    check("tokens:3", "abcdefgh", Status::Complete, &["abc", "def", "gh"]);
    check("tokens:3", "abcdef", Status::Complete, &["abc", "def"]);
}

#[test]
fn the_next_question_is_not_part_of_the_solution() {
    let invented = "So 4.\nThe answer is 4.\n\nQuestion: 3 + 3?\n";
    check("newline", invented, Status::Complete, &["So 4.\n", "The answer is 4.\n"]);
    check("newline", "So 4.\n\nQuestion: 3 + 3?\nAnswer:", Status::Complete, &["So 4.\n\n"]);
    let once = "So 4.\nQuestion: 3?\n\nx";
    let whole = propose(&proposer(once, "blank-line"), &root(), Reach::End, None);
    assert_eq!((whole.state.text(), whole.status), ("So 4.", Status::Complete));
    assert_eq!(
        whole.state.solution_tokens(),
        Simulated::tokens("So 4.", false).len(),
        "those that spell the kept text"
    );
    assert_eq!(whole.drawn, Simulated::tokens("So 4.\nQuestion:", false).len() as u64);
}

#[test]
fn length_is_never_an_end() {
    let cut = DrawSettings { answer_tokens: 6, ..settings("newline") };
    let proposer = TextProposer::new(Simulated::script("abc\nThe answer is 4 or so"), cut);
    let proposal = propose(&proposer, &root(), Reach::End, None);
    assert_eq!((proposal.status, proposal.drawn, proposal.state.step_count()), (Status::Truncated, 6, 1));
    assert_eq!(proposal.state.answer(), None);
    let long_step = DrawSettings { step_tokens: 4, ..settings("newline") };
    let proposer = TextProposer::new(Simulated::script("abcdefg\n"), long_step);
    assert_eq!(propose(&proposer, &root(), Reach::Steps(1), None).status, Status::Truncated);
    assert_eq!(propose(&proposer, &root(), Reach::End, None).status, Status::Complete);
}

#[test]
fn a_limit_is_kept_exactly() {
    for limit in 1..14 {
        let proposer = proposer("ab\ncd\n\nef\ngh", "newline");
        for reach in [Reach::Steps(2), Reach::End] {
            let proposal = propose(&proposer, &root(), reach, Some(limit));
            assert!(proposal.drawn <= limit);
            let whole = reach == Reach::Steps(2) && limit >= 6 || limit >= 12;
            assert_eq!(proposal.status == Status::Truncated, !whole, "{limit} {reach:?} {proposal:?}");
        }
    }
}

#[test]
fn a_full_context_truncates() {
    let mut model = Simulated::script("abcdefghij\n");
    model.facts.context = PROMPT.len() + 4;
    let proposer = TextProposer::new(model, settings("newline"));
    let proposal = propose(&proposer, &root(), Reach::Steps(1), None);
    assert_eq!(proposal.status, Status::Truncated);
    let full = Trace::root("q", 1, vec![97; PROMPT.len() + 4]);
    let proposal = propose(&proposer, &full, Reach::Steps(1), None);
    assert_eq!((proposal.status, proposal.drawn, proposal.state == full), (Status::Truncated, 0, false));
}

#[test]
fn one_failed_generation_fails_its_own_draws() {
    let model = Simulated::new(|text, seed| match seed {
        7 => Err(LmError::Backend { model: "simulated".into(), reason: "seven".into() }),
        _ => Ok(if text.ends_with("A:\n") { "a\nb".into() } else { "b".into() }),
    });
    let proposer = TextProposer::new(model, settings("newline"));
    let batch =
        [expansion(&root(), &[7, 8], Reach::Steps(1), None), expansion(&root(), &[9], Reach::Steps(1), None)];
    let drawn = block_on(proposer.propose(&batch)).unwrap().drawn;
    assert!(drawn[0].iter().all(|draw| draw.as_ref().unwrap_err().reason.contains("seven")));
    assert_eq!(drawn[1][0].as_ref().unwrap().state.text(), "a\n");
}

#[test]
fn a_model_that_has_shut_down_fails_the_batch() {
    let model = Simulated::new(|_, _| Err(LmError::Closed { model: "simulated".into(), reason: None }));
    let proposer = TextProposer::new(model, settings("newline"));
    let batch = [expansion(&root(), &[7], Reach::End, None)];
    assert!(block_on(proposer.propose(&batch)).unwrap_err().reason.contains("shut down"));
}

/// Writes lines that depend on the seed and on what stands before.
fn dreamer() -> Simulated {
    Simulated::new(|text, seed| {
        let lines = text.matches('\n').count();
        Ok(if lines > 5 { "The answer is 4.".into() } else { format!("{seed:x} at {lines}\nmore\n") })
    })
}

#[test]
fn a_batch_answers_as_its_members_would_alone() {
    let proposer = TextProposer::new(dreamer(), settings("newline"));
    let other = Trace::root("x", 1, Simulated::tokens("Q: x\nA:\n", false));
    let batch = [
        expansion(&root(), &[1, 2, 3], Reach::End, None),
        expansion(&other, &[2], Reach::Steps(2), None),
        expansion(&root(), &[3], Reach::End, Some(40)),
    ];
    let together = block_on(proposer.propose(&batch)).unwrap().drawn;
    let alone: Vec<_> = batch
        .iter()
        .map(|one| block_on(proposer.propose(std::slice::from_ref(one))).unwrap().drawn.remove(0))
        .collect();
    assert_eq!(together, alone);
    assert_ne!(together[0][0], together[0][1]);
    let again = block_on(proposer.propose(&batch)).unwrap().drawn;
    assert_eq!(together, again);
}

#[test]
fn steps_of_one_state_share_a_generation_and_a_chain_evaluates_one_token_twice() {
    let proposer = proposer("a\nb\nc", "newline");
    let batch = [expansion(&root(), &[1, 2, 3], Reach::Steps(1), None)];
    let usage = block_on(proposer.propose(&batch)).unwrap().usage;
    let prompt = root().tokens().len() as u64;
    assert_eq!(proposer.model().log.lock().unwrap().generated.len(), 1);
    assert_eq!((usage.prefilled, usage.cached, usage.decoded), (prompt, 2 * prompt, 6));
    propose(&proposer, &root(), Reach::Steps(3), None);
    let log = proposer.model().log.lock().unwrap();
    let last = &log.generated.last().unwrap();
    assert_eq!(*last.prompt, *Simulated::tokens("Q: 2 + 2?\nA:\na\nb\n", false), "continued by tokens");
}

#[test]
fn greedy_is_greedy_and_statistics_follow_their_tokens() {
    let proposer = proposer("a\nb", "newline");
    let mut one = expansion(&root(), &[1], Reach::Steps(1), None);
    one.draw = Draw::Greedy;
    let drawn = block_on(proposer.propose(&[one])).unwrap().drawn.remove(0).remove(0).unwrap();
    assert_eq!(proposer.model().log.lock().unwrap().generated[0].sampling, Sampling::GREEDY);
    assert_eq!(drawn.state.stats().unwrap().len(), 2);
    let end = propose(&proposer, &drawn.state, Reach::End, None);
    assert_eq!(end.state.stats().unwrap().len(), 3);
    let written = serde_json::to_string(&end).unwrap();
    assert_eq!(serde_json::from_str::<Proposal<Trace>>(&written).unwrap(), end);
}

proptest! {
    #[test]
    fn a_rollout_is_cut_into_the_steps_that_drawing_one_by_one_gives(
        script in proptest::collection::vec(
            proptest::sample::select(vec![
                "a", "\n", "\n\n", ".\n", "\nSo", "1\n2", " ", "Step", "\nStep", "The answer is", " 4", "Question:", "é", "\n ",
            ]),
            0..14,
        ),
        rule in proptest::sample::select(vec!["newline", "lines:2", "blank-line", "step", "tokens:1", "tokens:4"]),
        answer_tokens in 1u32..40,
    ) {
        let script = script.concat();
        let make = || {
            let settings = DrawSettings { answer_tokens, ..settings(rule) };
            TextProposer::new(Simulated::script(&script), settings)
        };
        let several = propose(&make(), &root(), Reach::Steps(1000), None);
        let by_step = step_by_step(&make());
        prop_assert_eq!(&several, &by_step);
        let whole = propose(&make(), &root(), Reach::End, None);
        prop_assert_eq!(whole.state.step_texts().collect::<Vec<_>>(), by_step.state.step_texts().collect::<Vec<_>>());
        prop_assert_eq!(whole.status, by_step.status);
        for step in by_step.state.step_texts() {
            prop_assert!(!step.trim().is_empty());
        }
    }
}
