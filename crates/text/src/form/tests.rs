//! Whole searches whose answers have a form, over a simulated model, by the real executor.

use super::*;
use crate::simulated::Simulated;
use crate::{Domain, DomainSettings, PromptError, TextError, Trace, VerifierSpec};
use deliberate_lm::{Message, Role, Tool};
use deliberate_search::{Budget, Outcome, Roles, Settings, Silent, StrategySpec, Verifier, search};
use futures::executor::block_on;
use serde_json::json;
use std::sync::Arc;

/// Writes one of these, by the seed.
fn writes(texts: &[&str]) -> Simulated {
    let texts: Vec<String> = texts.iter().map(ToString::to_string).collect();
    Simulated::new(move |_, seed| Ok(texts[(seed % texts.len() as u64) as usize].clone()))
}

fn chat(format: Format) -> Chat {
    let messages = vec![Message::new(Role::User, "2 + 2?")];
    Chat { messages, format, ..Chat::default() }
}

fn sum() -> Format {
    Format::Schema(json!({"type": "object", "properties": {"sum": {"type": "number"}}, "required": ["sum"]}))
}

/// A search and the form that it was for; the verifier tells by the log-probability of what was written.
fn searched(model: &Arc<Simulated>, chat: &Chat, strategy: &str) -> (Outcome<Trace>, Form) {
    let form = Form::of(chat, &[]).unwrap();
    let domain = Domain::new(Arc::clone(model), &DomainSettings::default()).unwrap();
    let spec: VerifierSpec = "judge".parse().unwrap();
    let domain = domain.with_verifier(block_on(spec.build(Arc::clone(model), &model.facts)).unwrap());
    let root = block_on(domain.conversation(chat)).unwrap();
    let (roles, answers) = (domain.roles(), FormAnswers(&form));
    let verifier = roles.verifier.map(|asked| FormVerifier::new(&form, asked));
    let verifier = verifier.as_ref().map(|verifier| verifier as &dyn Verifier<Trace>);
    let roles = Roles { answers: &answers, verifier, ..roles };
    let mut strategy = strategy.parse::<StrategySpec>().unwrap().build().unwrap();
    let settings = Settings::new(Budget::generations(16), 1);
    let outcome = block_on(search(root, &mut *strategy, &roles, settings, &mut Silent)).unwrap();
    (outcome, form)
}

#[test]
fn what_is_not_valid_takes_no_part_in_the_vote_and_equal_values_vote_together() {
    // Prose is written most often, but it is no answer; the two spellings of 4 are one.
    let texts = [
        "The sum is 5.",
        "The sum is 5.",
        "{\"sum\": 5}",
        "{\"sum\": 4, \"by\": \"hand\"}",
        "{\"by\":\"hand\",\"sum\":4.0}",
    ];
    let model = Arc::new(writes(&texts));
    let (outcome, form) = searched(&model, &chat(sum()), "best-of-n:generations=16,rule=majority");
    let chosen = form.read(outcome.answer().unwrap().text()).unwrap();
    assert!(chosen.content.contains("hand"), "{chosen}");
    let votes: Vec<u32> = outcome.choice.votes.iter().map(|vote| vote.count).collect();
    let invalid = outcome.tree.answers().filter(|&id| outcome.state(id).text().starts_with("The")).count();
    assert_eq!(votes.len(), 2);
    assert!(invalid > 0 && votes.iter().sum::<u32>() as usize == 16 - invalid, "{votes:?}");
}

#[test]
fn a_verifier_is_not_asked_for_what_is_not_valid() {
    let model = Arc::new(writes(&["It is 5.", "{\"sum\": 4}"]));
    let (outcome, form) = searched(&model, &chat(sum()), "best-of-n:generations=16,rule=best");
    assert!(form.read(outcome.answer().unwrap().text()).is_ok());
    let log = model.log.lock().unwrap();
    let judged = log.scored.iter().map(|request| Simulated::spell(&request.tokens));
    let (valid, invalid): (Vec<String>, Vec<String>) = judged.partition(|text| text.contains("{\"sum\": 4}"));
    assert!(!valid.is_empty() && invalid.is_empty(), "{invalid:?}");
    let invalid = outcome.tree.answers().filter(|&id| outcome.state(id).text() == "It is 5.");
    let scores: Vec<_> = invalid.map(|id| outcome.tree.node(id).scores.clone()).collect();
    assert!(
        !scores.is_empty() && scores.iter().all(|scores| scores.as_deref() == Some(&[0.0])),
        "{scores:?}"
    );
}

#[test]
fn the_model_is_told_the_schema_and_so_is_the_judge() {
    let model = Arc::new(writes(&["{\"sum\": 4}"]));
    let (outcome, _) = searched(&model, &chat(sum()), "best-of-n:generations=2,rule=best");
    let prompt = Simulated::spell(&outcome.states[0].tokens()[..]);
    assert!(
        prompt.contains("2 + 2?\n\nAnswer with JSON") && prompt.contains("\"required\":[\"sum\"]"),
        "{prompt}"
    );
    let log = model.log.lock().unwrap();
    assert!(Simulated::spell(&log.scored[0].tokens).contains("\"required\":[\"sum\"]"));
}

#[test]
fn whoever_may_call_and_does_not_has_one_voice_against_those_who_do() {
    let call = "<tool_call>{\"name\": \"now\", \"arguments\": {}}</tool_call>";
    let tools = vec![Tool { name: "now".to_owned(), description: None, parameters: None }];
    let chat = Chat { tools, ..chat(Format::Text) };
    let said = |texts: &[&str]| {
        let form = Form::of(&chat, &[]).unwrap();
        let answers = FormAnswers(&form);
        let model = Arc::new(Simulated { shows_tools: true, ..writes(texts) });
        let (outcome, _) = searched(&model, &chat, "best-of-n:generations=16,rule=majority");
        let all: Vec<Trace> = outcome.tree.answers().map(|id| outcome.state(id).clone()).collect();
        let other = all.iter().find(|one| one.text() != all[0].text()).unwrap();
        let same = deliberate_search::Answers::same(&answers, &all[0], other);
        (form.read(outcome.answer().unwrap().text()).unwrap().to_string(), same)
    };
    assert_eq!(said(&[call, call, "I wonder."]), ("now({})".to_owned(), false));
    let (prose, same) = said(&["I wonder.", "Who knows?"]);
    assert!(same && !prose.contains("now"));
}

#[test]
fn a_template_that_shows_no_tools_is_refused_by_the_tool_s_name() {
    let tools = vec![Tool { name: "now".to_owned(), description: None, parameters: None }];
    let domain = Domain::new(Simulated::silent(), &DomainSettings::default()).unwrap();
    let error = block_on(domain.conversation(&Chat { tools, ..chat(Format::Text) })).unwrap_err();
    assert!(
        matches!(error, TextError::Prompt(PromptError::NoTools { ref tool, .. }) if tool == "now"),
        "{error}"
    );
}

#[test]
fn a_turn_that_only_calls_stands_without_words() {
    let call = Call { id: "c".to_owned(), name: "now".to_owned(), arguments: "{}".to_owned() };
    let asked = Message { calls: vec![call], ..Message::new(Role::Assistant, "") };
    let told = Message { answers: Some("c".to_owned()), ..Message::new(Role::Tool, "<s>12:00") };
    let messages = vec![Message::new(Role::User, "What time is it?"), asked, told];
    let domain = Domain::new(Simulated::silent(), &DomainSettings::default()).unwrap();
    let root = block_on(domain.conversation(&messages.into())).unwrap();
    let prompt = Simulated::spell(root.tokens());
    assert!(
        prompt.contains("assistant\n<|im_end|>") && prompt.contains("tool\n<s>12:00<|im_end|>"),
        "{prompt}"
    );
    assert_eq!(root.question(), "What time is it?");
    // What the tool answered spells no special token: only the first one of the sequence is.
    assert_eq!(root.tokens().iter().filter(|&&token| token == 256).count(), 1);
}
