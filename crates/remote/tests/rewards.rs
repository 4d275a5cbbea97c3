//! Servers of reward models are known by their endpoints, asked for many texts in one call, and not believed blindly.

mod mock_rewards;

use deliberate_lm::{
    GenerateRequest, LanguageModel, LmError, Message, RewardRequest, Rewarded, Role, Sampling, Token,
};
use deliberate_remote::{Address, ConnectError, Connected, RewardModel, connect};
use mock_rewards::{CONTEXT, Mock, MockRewards, Served, TAG};
use serde_json::{Value, json};

async fn connected(servers: &[&MockRewards]) -> Result<RewardModel, ConnectError> {
    let addresses: Vec<Address> = servers.iter().map(|server| Address::parse(&server.url).unwrap()).collect();
    match connect(&addresses).await? {
        Connected::Reward(model) => Ok(model),
        other => panic!("taken for a model that writes: {:?}", other.probes()),
    }
}

/// These steps with a tag after each.
fn steps(steps: &[&str]) -> RewardRequest {
    let (mut tokens, mut places): (Vec<Token>, _) = (Vec::new(), Vec::new());
    for step in steps {
        tokens.extend(step.bytes().map(Token::from));
        tokens.push(TAG as Token);
        places.push(tokens.len() - 1);
    }
    RewardRequest { tokens: tokens.into(), places }
}

fn whole(text: &str) -> RewardRequest {
    RewardRequest { tokens: text.bytes().map(Token::from).collect(), places: Vec::new() }
}

/// How sure the mock is of a text without errors, and of one with one.
fn sure() -> [f64; 2] {
    [1.0, -1.0].map(|logit: f64| 1.0 / (1.0 + (-logit).exp()))
}

#[tokio::test]
async fn all_steps_of_several_texts_are_scored_in_one_call() {
    let [good, bad] = sure();
    for (served, classes) in [(Served::Tokens, 2), (Served::Tokens, 1), (Served::Tags, 2), (Served::Tags, 1)]
    {
        let server = MockRewards::start(Mock { classes, ..Mock::of(served) }).await;
        let model = connected(&[&server]).await.unwrap();
        let abilities = model.facts().abilities;
        assert_eq!(abilities.rewards, Some(Rewarded::Steps));
        assert!(!abilities.continues && !abilities.scores && !abilities.logprobs, "{abilities:?}");
        assert!(model.probes()[0].checks.iter().all(|check| check.works), "{:?}", model.probes());

        let calls = server.seen.lock().unwrap().len();
        let batch = [steps(&["2 + 2 = 4.", "So 4."]), steps(&["2 + 2 = 4.", "No, = 5."])];
        let rewards = model.reward(&batch).await.unwrap();
        let scores: Vec<Vec<f64>> = rewards.scores.into_iter().map(Result::unwrap).collect();
        assert_eq!(scores, [[good, good], [good, bad]], "{served:?}, {classes}");
        let read = batch.iter().map(|text| text.tokens.len() as u64).sum::<u64>();
        assert_eq!((rewards.usage.prefilled, rewards.usage.cached, rewards.usage.decoded), (read, 0, 0));
        let seen = server.seen.lock().unwrap().clone();
        assert_eq!(seen.len() - calls, 1);
        let ids: Vec<&[Token]> = batch.iter().map(|text| &text.tokens[..]).collect();
        assert_eq!(
            seen[calls],
            json!({"model": "rewarder", "input": ids, "task": "token_classify", "use_activation": false})
        );
    }
}

#[tokio::test]
async fn a_text_as_a_whole_has_one_score() {
    let [good, bad] = sure();
    for (served, classes) in
        [(Served::Whole, 1), (Served::Whole, 2), (Served::Sglang, 1), (Served::Sglang, 2)]
    {
        let server = MockRewards::start(Mock { classes, ..Mock::of(served) }).await;
        let model = connected(&[&server]).await.unwrap();
        assert_eq!(model.facts().abilities.rewards, Some(Rewarded::Whole));
        let rewards = model.reward(&[whole("2 + 2 = 5"), whole("2 + 2 = 4")]).await.unwrap();
        assert_eq!(rewards.scores[0].as_ref().unwrap()[..], [bad], "{served:?}, {classes}");
        assert_eq!(rewards.scores[1].as_ref().unwrap()[..], [good]);
        assert_eq!(rewards.usage.prefilled, 18);
    }
}

#[tokio::test]
async fn one_text_that_cannot_be_scored_leaves_the_others_theirs() {
    let [good, _] = sure();
    let server = MockRewards::start(Mock::of(Served::Tokens)).await;
    let model = connected(&[&server]).await.unwrap();
    let long = steps(&["a".repeat(CONTEXT).as_str()]);
    let nowhere = RewardRequest { places: vec![99], ..steps(&["a"]) };
    let sound = steps(&["a"]);
    let batch =
        [long, nowhere, sound.clone(), steps(&["too long by its own count ~"]), sound, whole("no place")];
    let scores = model.reward(&batch).await.unwrap().scores;
    assert!(matches!(scores[0], Err(LmError::PromptTooLong { context: CONTEXT, .. })), "{scores:?}");
    assert!(matches!(scores[1], Err(LmError::InvalidRequest { .. })), "{scores:?}");
    assert_eq!((scores[2].as_ref().unwrap()[..].len(), scores[4].as_ref().unwrap()[0]), (1, good));
    let refused = scores[3].as_ref().unwrap_err().to_string();
    assert!(refused.contains("status 400: This model's maximum context length"), "{refused}");
    assert!(scores[5].is_err());
}

#[tokio::test]
async fn a_server_that_takes_one_text_a_call_is_asked_so() {
    let server = MockRewards::start(Mock { at_once: 1, ..Mock::of(Served::Whole) }).await;
    let model = connected(&[&server]).await.unwrap();
    let check = model.probes()[0].checks.iter().find(|check| !check.works).unwrap();
    assert!(check.to_string().contains("several texts in one call: no"), "{check}");
    let calls = server.seen.lock().unwrap().len();
    let rewards = model.reward(&[whole("a"), whole("b"), whole("c")]).await.unwrap();
    assert!(rewards.scores.iter().all(Result::is_ok) && rewards.usage.prefilled == 3);
    assert_eq!(server.seen.lock().unwrap().len() - calls, 3);
}

#[tokio::test]
async fn an_endpoint_that_answers_nonsense_is_no_reward_model() {
    let nonsense: [fn(Value) -> Value; 4] = [
        |_| json!({"data": "none"}),
        |_| json!({"data": [{"index": 0, "object": "pooling", "data": [0.5]}]}),
        |mut answer| {
            answer["data"][0]["data"] = json!([[1, 2, 3]]);
            answer
        },
        |_| json!({"data": []}),
    ];
    for spoils in nonsense {
        let server = MockRewards::start(Mock { spoils: Some(spoils), ..Mock::of(Served::Tokens) }).await;
        let error = connected(&[&server]).await.unwrap_err().to_string();
        assert!(
            error.contains("scores the steps of a text (/pooling: ")
                && error.contains("strange answer")
                && error.contains("serve the reward model with"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn vectors_of_another_number_than_tokens_or_tags_are_not_believed() {
    let server = MockRewards::start(Mock::of(Served::Tokens)).await;
    let model = connected(&[&server]).await.unwrap();
    server.mock.lock().unwrap().spoils = Some(|mut answer| {
        answer["data"][0]["data"].as_array_mut().unwrap().pop();
        answer
    });
    let error =
        model.reward(&[steps(&["abc", "d"])]).await.unwrap().scores.remove(0).unwrap_err().to_string();
    assert!(error.contains("5 vectors for 6 tokens, of which 2 are the tag 256"), "{error}");
    assert!(error.contains("\"step_tag_id\": 256"), "{error}");
}

#[tokio::test]
async fn a_conversation_is_rendered_to_its_end_and_nothing_is_written() {
    let server = MockRewards::start(Mock::of(Served::Whole)).await;
    let model = connected(&[&server]).await.unwrap();
    let turns = [Message::new(Role::User, "a"), Message::new(Role::Assistant, "b")].to_vec();
    assert_eq!(model.render(&turns.into()).await.unwrap(), "[user]a[assistant]b[end]");
    assert_eq!(model.encode("<extra_0>", true).await.unwrap(), [TAG as Token]);
    assert!(model.encode("<extra_0>", false).await.unwrap().len() > 1, "a question's own marker is text");
    let request = GenerateRequest {
        prompt: vec![1].into(),
        seeds: vec![1],
        sampling: Sampling::GREEDY,
        stop: Vec::new(),
        max_tokens: 1,
    };
    let error = model.generate(request).await.unwrap_err().to_string();
    assert!(error.contains("`rewarder` scores texts and writes none"), "{error}");
}

#[tokio::test]
async fn servers_of_one_reward_model_share_the_work_and_others_are_refused() {
    let [one, two] =
        [MockRewards::start(Mock::of(Served::Tags)).await, MockRewards::start(Mock::of(Served::Tags)).await];
    let model = connected(&[&one, &two]).await.unwrap();
    let batch: Vec<RewardRequest> = (0..96).map(|number| steps(&[number.to_string().as_str()])).collect();
    let before = [&one, &two].map(|server| server.seen.lock().unwrap().len());
    assert!(model.reward(&batch).await.unwrap().scores.iter().all(Result::is_ok));
    let after = [&one, &two].map(|server| server.seen.lock().unwrap().len());
    assert!(after.iter().zip(before).all(|(after, before)| *after > before), "{before:?} {after:?}");
    let other = MockRewards::start(Mock::of(Served::Whole)).await;
    let error = connected(&[&one, &other]).await.unwrap_err().to_string();
    assert!(error.contains("scores texts in another way"), "{error}");
}
