//! Whole searches over a simulated model, by the real executor.

use super::*;
use crate::simulated::Simulated;
use crate::{Critique, VerifierSpec, added_steps};
use deliberate_lm::{Message, Role};
use deliberate_search::{
    Aggregation, Budget, Choice, Decision, Ended, Expand, NodeId, Observer, ObserverError, Outcome, Record,
    Revise, Rule, Selection, Settings, Silent, State, Status, StopReason, Strategy, StrategySpec, Tree,
    search, select,
};
use futures::executor::block_on;
use std::sync::Arc;

/// Draws a first step, scores it, solves it `draws` times, scores, revises the first answer, scores that, chooses.
struct Tiny {
    draws: u32,
    revise: bool,
    rule: Rule,
}

impl Strategy for Tiny {
    fn decide(&mut self, tree: &Tree) -> Decision {
        let answers: Vec<NodeId> = tree.answers().collect();
        let Some((first, _)) = tree.iter().nth(1) else {
            return Decision::Expand(vec![Expand::step(NodeId::ROOT, 1)]);
        };
        if self.rule != Rule::Majority && tree.node(first).scores.is_none() {
            return Decision::Verify(vec![first]);
        }
        if answers.is_empty() {
            return Decision::Expand(vec![Expand::solve(first, self.draws)]);
        }
        let unscored: Vec<NodeId> =
            answers.iter().copied().filter(|&id| tree.node(id).scores.is_none()).collect();
        if self.rule != Rule::Majority && !unscored.is_empty() {
            return Decision::Verify(unscored);
        }
        let revised = answers.len() > self.draws as usize;
        if self.revise && !revised {
            return Decision::Revise(vec![Revise { attempts: answers[..2].to_vec(), draws: 1 }]);
        }
        Decision::Stop(StopReason::Finished)
    }

    fn choose(&self, tree: &Tree) -> Choice {
        let answers: Vec<NodeId> = tree.answers().collect();
        select(tree, &answers, Selection { rule: self.rule, aggregation: Aggregation::Last })
    }
}

/// Adds; is often wrong, and knows it when it reads.
fn model() -> Arc<Simulated> {
    let model = Simulated::new(|text, seed| {
        let answer = if seed % 4 == 0 || text.contains("Attempt 2") { 4 } else { 5 };
        Ok(match text {
            _ if text.ends_with("assistant\n") => {
                format!("We add.\n2 + 2 = {answer}\nThe answer is \\boxed{{{answer}}}.")
            }
            _ if text.ends_with("We add.\n") => {
                format!("2 + 2 = {answer}\nThe answer is \\boxed{{{answer}}}.")
            }
            _ => {
                let answer = if text.ends_with("4\n") { 4 } else { 5 };
                format!("The answer is \\boxed{{{answer}}}.")
            }
        })
    });
    Arc::new(model.with_read(|text, token| {
        let good = !text.contains("= 5") || text.contains("Attempt 1") && !text.ends_with("5\n");
        if good == (token == u32::from(b'+')) { f32::ln(0.9) } else { f32::ln(0.1) }
    }))
}

fn domain(verifier: &str) -> Domain<Arc<Simulated>> {
    let model = model();
    let spec: VerifierSpec = verifier.parse().unwrap();
    let verifier = block_on(spec.build(Arc::clone(&model), &model.facts)).unwrap();
    let domain = Domain::new(Arc::clone(&model), &DomainSettings::default()).unwrap().with_verifier(verifier);
    let critique = Critique { prompt: Prompt::load("critique").unwrap(), tokens: 32 };
    let reviser = TextReviser::new(
        model,
        Prompt::load("critique-and-revise").unwrap(),
        Some(critique),
        domain.proposer().settings().clone(),
    );
    domain.with_reviser(block_on(reviser).unwrap())
}

fn run(
    domain: &Domain<Arc<Simulated>>,
    mut strategy: Tiny,
    checkpoint: Vec<Record<Trace>>,
    observer: &mut dyn Observer<Trace>,
) -> Outcome<Trace> {
    let root = block_on(domain.root("What is 2 + 2?")).unwrap();
    let settings = Settings { checkpoint, ..Settings::new(Budget::default(), 7) };
    block_on(search(root, &mut strategy, &domain.roles(), settings, observer)).unwrap()
}

#[test]
fn a_verifier_finds_the_answer_that_the_majority_misses() {
    let vote =
        run(&domain("none"), Tiny { draws: 8, revise: false, rule: Rule::Majority }, vec![], &mut Silent);
    assert_eq!(vote.answer().unwrap().answer(), Some("5"));
    let best =
        run(&domain("prm:signs"), Tiny { draws: 8, revise: false, rule: Rule::Best }, vec![], &mut Silent);
    let answer = best.answer().unwrap();
    assert_eq!((answer.answer(), answer.steps(), best.choice.votes.len()), (Some("4"), 3, 2));
    assert_eq!(best.ledger.failures, 0);
    assert!(best.tree.iter().all(|(_, node)| node.status != Status::Truncated));
}

#[test]
fn the_verifier_evaluates_no_token_that_it_has_seen() {
    let outcome =
        run(&domain("prm:signs"), Tiny { draws: 4, revise: false, rule: Rule::Best }, vec![], &mut Silent);
    let all: u64 = outcome.tree.answers().map(|id| outcome.tree.node(id).units).sum();
    assert!(outcome.ledger.verifier.prefilled < all / 4, "{:?} of {all}", outcome.ledger.verifier);
}

#[derive(Default)]
struct Journal(Vec<String>);

impl Observer<Trace> for Journal {
    fn performed(&mut self, record: &Record<Trace>) -> Result<(), ObserverError> {
        self.0.push(serde_json::to_string(record).map_err(|error| ObserverError(Box::new(error)))?);
        Ok(())
    }
}

#[test]
fn a_search_with_revisions_resumes_from_its_journal_at_any_record() {
    let tiny = || Tiny { draws: 3, revise: true, rule: Rule::Weighted };
    let mut journal = Journal::default();
    let outcome = run(&domain("prm:math-shepherd"), tiny(), vec![], &mut journal);
    assert_eq!(outcome.answer().unwrap().answer(), Some("4"), "{:?}", outcome.choice);
    assert!(journal.0.len() > 3);
    for kept in 0..=journal.0.len() {
        let records = journal.0[..kept].iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let resumed = run(&domain("prm:math-shepherd"), tiny(), records, &mut Silent);
        assert_eq!((resumed.tree, resumed.states), (outcome.tree.clone(), outcome.states.clone()), "{kept}");
        assert_eq!(resumed.ledger.charged, outcome.ledger.charged);
    }
}

#[test]
fn a_budget_in_tokens_is_kept() {
    for tokens in [1, 10, 50, 100, 300] {
        let domain = domain("prm:signs");
        let root = block_on(domain.root("What is 2 + 2?")).unwrap();
        let budget = Budget { units: Some(tokens), ..Budget::default() };
        let mut tiny = Tiny { draws: 4, revise: true, rule: Rule::Best };
        let outcome =
            block_on(search(root, &mut tiny, &domain.roles(), Settings::new(budget, 7), &mut Silent));
        let Ok(outcome) = outcome else { continue };
        assert!(outcome.ledger.charged.units <= tokens && outcome.ledger.failures == 0);
    }
}

#[test]
fn a_question_that_cannot_be_asked_is_named_with_the_way_out() {
    let mut model = Simulated::silent();
    model.facts.context = 300;
    let domain = Domain::new(model, &DomainSettings::default()).unwrap();
    assert!(matches!(block_on(domain.root(" \n")).unwrap_err(), TextError::EmptyQuestion));
    let long = block_on(domain.root(&"x".repeat(300))).unwrap_err().to_string();
    assert!(long.contains("holds 300") && long.contains("raise `context`"), "{long}");
    let root = block_on(domain.root("x")).unwrap();
    assert_eq!((root.question_tokens(), root.text(), root.question()), (1, "", "x"));
}

#[test]
fn settings_are_data() {
    let settings: DomainSettings =
        serde_json::from_str(r#"{"prompt":"few-shot","steps":"tokens:8"}"#).unwrap();
    let domain = Domain::new(Simulated::silent(), &settings).unwrap();
    assert_eq!(domain.proposer().settings().steps, "tokens:8".parse().unwrap());
    assert_eq!(domain.proposer().settings().ending.stop, ["\nQuestion:"]);
    assert!(serde_json::from_str::<DomainSettings>(r#"{"step":1}"#).is_err());
}

#[test]
fn a_verifier_from_a_model_without_labels_is_refused() {
    let model = model();
    let spec: VerifierSpec = "orm:nowhere/mine.toml".parse().unwrap();
    let error = block_on(spec.build(Arc::clone(&model), &model.facts)).err().unwrap().to_string();
    assert!(error.contains("nowhere/mine.toml"), "{error}");
}

#[test]
fn products_of_step_scores_guide_a_search_and_equal_texts_are_copies() {
    let domain = domain("prm:signs*likelihood");
    let root = block_on(domain.root("What is 2 + 2?")).unwrap();
    let spec: StrategySpec = "beam:generations=8,branching=2,distinct=true".parse().unwrap();
    let settings = Settings::new(Budget::default(), 7);
    let outcome =
        block_on(search(root, &mut *spec.build().unwrap(), &domain.roles(), settings, &mut Silent)).unwrap();
    let (tree, text) = (&outcome.tree, |id: NodeId| outcome.state(id).text());
    assert_eq!((outcome.ended.clone(), outcome.ledger.failures), (Ended::Stopped(StopReason::Finished), 0));
    let mut copies = 0;
    for (id, node) in tree.iter().skip(1) {
        assert_eq!(node.scores.as_ref().unwrap().len(), node.steps as usize);
        let first = tree.iter().skip(1).find(|&(other, _)| text(other) == text(id)).unwrap().0;
        assert_eq!(tree.original(id), first, "{:?}", text(id));
        copies += u32::from(first != id);
    }
    assert!(copies > 8, "the model has two ways to go on at most");
    // The one first step that there is gets all eight places.
    assert_eq!(tree.node(NodeId(1)).children.len(), 8);
    assert_eq!(outcome.answer().unwrap().answer(), Some("4"));
}

#[test]
fn what_was_written_before_a_draw_was_cut_is_in_the_tree() {
    let model = model();
    let settings = DomainSettings { answer_tokens: 15, ..DomainSettings::default() };
    let domain = Domain::new(model, &settings).unwrap();
    for strategy in ["majority:generations=1", "beam:generations=1,rule=majority"] {
        let root = block_on(domain.root("What is 2 + 2?")).unwrap();
        let mut strategy = strategy.parse::<StrategySpec>().unwrap().build().unwrap();
        let verifier = crate::CertaintyVerifier::new(crate::Confidence::Logprob);
        let roles = Roles { verifier: Some(&verifier), ..domain.roles() };
        let settings = Settings::new(Budget::default(), 7);
        let outcome = block_on(search(root, &mut *strategy, &roles, settings, &mut Silent)).unwrap();
        let (id, _) = outcome.tree.iter().last().unwrap();
        assert_eq!((outcome.tree.node(id).status, outcome.choice.node), (Status::Truncated, None));
        let written: Vec<&str> =
            (0..=id.0).flat_map(|id| added_steps(&outcome.tree, &outcome.states, NodeId(id))).collect();
        assert_eq!(written.concat(), outcome.state(id).text());
        assert!(written.len() > 1 && written.last().unwrap().starts_with("2 + 2"), "{written:?}");
    }
}

#[test]
fn a_conversation_is_put_as_the_model_s_template_wants_it_and_nothing_is_added() {
    let domain = Domain::new(Simulated::silent(), &DomainSettings::default()).unwrap();
    let message = |role, content: &str| Message::new(role, content);
    let chat = Chat::from(vec![
        message(Role::System, "Be brief."),
        message(Role::User, "Hi"),
        message(Role::Assistant, "Hello."),
        message(Role::User, "2 + 2?"),
    ]);
    let root = block_on(domain.conversation(&chat)).unwrap();
    let rendered = block_on(domain.proposer().model().render(&chat)).unwrap();
    assert_eq!(Simulated::spell(root.tokens()), format!("<s>{rendered}"));
    assert_eq!((root.question(), root.text()), ("2 + 2?", ""));
    assert!(matches!(block_on(domain.conversation(&Chat::default())), Err(TextError::EmptyQuestion)));
}

#[test]
fn a_stop_text_ends_every_solution_and_is_no_part_of_it_in_steps_and_at_once() {
    let model = Arc::new(Simulated::script("We add.\n\n2 + 2 = 4\n\nThe answer is 4. STOP\n\nNow 3 + 3."));
    for (strategy, stop, expected) in [
        ("best-of-n:generations=4,rule=majority", " STOP", "We add.\n\n2 + 2 = 4\n\nThe answer is 4."),
        ("best-of-n:generations=4,rule=majority", "\n\n", "We add."),
        ("beam:generations=4,branching=2", " STOP", "We add.\n\n2 + 2 = 4\n\nThe answer is 4."),
        ("beam:generations=4,branching=2", "= 4", "We add.\n\n2 + 2"),
        ("beam:generations=4,branching=2", "\n\nThe", "We add.\n\n2 + 2 = 4"),
    ] {
        let settings = DomainSettings {
            stop: vec![stop.to_owned()],
            steps: Some(StepRule::BlankLine),
            ..DomainSettings::default()
        };
        let spec: VerifierSpec = "logprob".parse().unwrap();
        let domain = Domain::new(Arc::clone(&model), &settings).unwrap();
        let domain = domain.with_verifier(block_on(spec.build(Arc::clone(&model), &model.facts)).unwrap());
        let root = block_on(domain.root("2 + 2?")).unwrap();
        let mut strategy = strategy.parse::<StrategySpec>().unwrap().build().unwrap();
        let settings = Settings::new(Budget::generations(4), 1);
        let outcome = block_on(search(root, &mut *strategy, &domain.roles(), settings, &mut Silent)).unwrap();
        assert_eq!(outcome.answer().map(|trace| trace.text().trim_end()), Some(expected), "{stop:?}");
        assert!(outcome.tree.answers().all(|id| !outcome.state(id).text().contains(stop)));
        assert!(outcome.ledger.generations <= 4);
    }
}
