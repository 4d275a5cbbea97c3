//! A server that fails, stalls or lies is survived, or named.

mod simulated;

use deliberate_lm::{Finish, GenerateRequest, Generation, LanguageModel, LmError, Sampling};
use deliberate_remote::{Address, ConnectError, Connected, Key, RemoteModel, ServerKind};
use futures::future::join_all;
use simulated::{Fault, Plan, SimulatedServer};
use std::error::Error;
use std::sync::atomic::Ordering;
use std::time::Duration;

fn never() -> Plan {
    Box::new(|_, _| None)
}

async fn connect(server: &SimulatedServer) -> Result<RemoteModel, ConnectError> {
    known(&Address::parse(&server.url).unwrap()).await
}

/// A server that takes token ids.
async fn known(address: &Address) -> Result<RemoteModel, ConnectError> {
    match deliberate_remote::connect(std::slice::from_ref(address)).await? {
        Connected::Tokens(model) => Ok(model),
        other => panic!("taken for another server: {:?}", other.probes()),
    }
}

async fn draw(model: &RemoteModel, prompt: &str, seeds: &[u64]) -> Result<Generation, LmError> {
    let prompt = model.encode(prompt, false).await?.into();
    let stop = vec!["\n".to_owned()];
    let (seeds, sampling) = (seeds.to_vec(), Sampling::at(0.8));
    model.generate(GenerateRequest { prompt, seeds, sampling, stop, max_tokens: 40 }).await
}

fn texts(generation: &Generation) -> Vec<String> {
    generation.samples.iter().map(|sample| sample.text.clone()).collect()
}

#[tokio::test]
async fn a_server_is_known_by_what_it_does() {
    let server = SimulatedServer::start(never()).await;
    let model = connect(&server).await.unwrap();
    let (facts, probe) = (model.facts(), &model.probes()[0]);
    assert_eq!((facts.name.as_str(), facts.context, facts.vocabulary), ("toy", 512, 257));
    assert_eq!(facts.architecture.unwrap().parameters, 1000);
    assert_eq!((probe.kind, probe.version.as_deref()), (ServerKind::LlamaServer, Some("simulated")));
    assert!(probe.checks.len() >= 8 && probe.checks.iter().all(|check| check.works), "{:?}", probe.checks);
    let generation = draw(&model, "what is it? ", &[1, 2, 3]).await.unwrap();
    for sample in &generation.samples {
        assert_eq!(sample.pieces.concat(), sample.text.as_bytes());
        assert_eq!(sample.pieces.len(), sample.tokens.len());
        assert_eq!(sample.finish == Finish::Stop(0), sample.text.ends_with('\n'));
    }
    let decoded: usize = generation.samples.iter().map(|sample| sample.tokens.len()).sum();
    assert_eq!(generation.usage.decoded, decoded as u64);
    assert_eq!((generation.usage.prefilled, generation.usage.cached), (12, 24));
    assert_eq!(server.seen.completions.lock().unwrap().last().unwrap()["n"], 3, "one call for all of them");
    let before = server.seen.calls.load(Ordering::SeqCst);
    let many = draw(&model, "what is it? ", &[1, 2, 3, 4, 5, 6, 7, 8, 9]).await.unwrap();
    let calls = server.seen.calls.load(Ordering::SeqCst) - before;
    assert_eq!((many.samples.len(), many.usage.prefilled), (9, 36), "three calls, for it has four slots");
    assert!(calls >= 4, "{calls}");
    assert_eq!(texts(&many)[..3], texts(&generation)[..3]);
}

#[tokio::test]
async fn calls_that_fail_are_made_again_and_give_what_they_would_have_given() {
    let sound = connect(&SimulatedServer::start(never()).await).await.unwrap();
    let faults = [Fault::Status(503), Fault::Garbage, Fault::CutOff, Fault::Status(429), Fault::Status(500)];
    // Every fifth call, as soon as the server has been looked at.
    let server = SimulatedServer::start(Box::new(move |_, number| {
        (number > 40 && number % 5 == 0).then(|| faults[number as usize / 5 % faults.len()])
    }))
    .await;
    let model = connect(&server).await.unwrap();
    let before = server.seen.calls.load(Ordering::SeqCst);
    let prompts: Vec<String> = (0..50).map(|index| format!("question {index}: ")).collect();
    let found = join_all(prompts.iter().map(|prompt| draw(&model, prompt, &[1, 2]))).await;
    for (prompt, found) in prompts.iter().zip(&found) {
        let expected = draw(&sound, prompt, &[1, 2]).await.unwrap();
        assert_eq!(texts(found.as_ref().unwrap()), texts(&expected), "{prompt}");
    }
    let calls = server.seen.calls.load(Ordering::SeqCst) - before;
    assert!(calls > 110, "{calls} calls, a fifth of which went wrong");
}

#[tokio::test]
async fn a_refusal_is_not_repeated_and_says_why() {
    let server = SimulatedServer::start(Box::new(|path, number| {
        (path == "/completion" && number > 40).then_some(Fault::Status(400))
    }))
    .await;
    let model = connect(&server).await.unwrap();
    while server.seen.calls.load(Ordering::SeqCst) <= 40 {
        model.encode("x", false).await.unwrap();
    }
    let prompt = model.encode("y", false).await.unwrap().into();
    let before = server.seen.calls.load(Ordering::SeqCst);
    let (seeds, sampling) = (vec![1], Sampling::GREEDY);
    let request = GenerateRequest { prompt, seeds, sampling, stop: Vec::new(), max_tokens: 4 };
    let error = model.generate(request).await.unwrap_err().to_string();
    assert!(error.contains("status 400") && error.contains("as the plan says"), "{error}");
    assert_eq!(server.seen.calls.load(Ordering::SeqCst), before + 1);
}

#[tokio::test]
async fn a_server_that_lies_about_n_is_found_out_when_it_is_connected() {
    let server =
        SimulatedServer::start(Box::new(|path, _| (path == "/completion").then_some(Fault::Lie))).await;
    let error = connect(&server).await.unwrap_err();
    assert!(matches!(error, ConnectError::Check { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("cannot be searched with") && text.contains("asked for"), "{text}");
}

#[tokio::test]
async fn a_caller_that_leaves_takes_its_call_with_it() {
    let stalls = Fault::Stall(Duration::from_secs(600));
    let server = SimulatedServer::start(Box::new(move |path, number| {
        (path == "/completion" && number > 60).then_some(stalls)
    }))
    .await;
    let model = connect(&server).await.unwrap();
    while server.seen.calls.load(Ordering::SeqCst) <= 60 {
        model.encode("x", false).await.unwrap();
    }
    let asked = tokio::time::timeout(Duration::from_millis(300), draw(&model, "z", &[1])).await;
    assert!(asked.is_err(), "it stalls");
    for _ in 0..100 {
        if server.seen.left.load(Ordering::SeqCst) == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the server still computes for nobody");
}

#[tokio::test]
async fn who_is_not_there_is_said_and_the_key_is_not() {
    let address = Address::parse("http://127.0.0.1:9").unwrap().with_key(Some(Key::new("top-secret")));
    let error = known(&address).await.unwrap_err();
    let source = error.source().unwrap().to_string();
    assert!(matches!(error, ConnectError::Http { .. }) && source.contains("cannot be reached"), "{source}");
    assert!(!format!("{error:?} {error} {source}").contains("top-secret"));
    let server = SimulatedServer::start(never()).await;
    let address = Address::parse(&server.url).unwrap().with_key(Some(Key::new("top-secret")));
    let model = known(&address).await.unwrap();
    assert!(server.seen.keys.lock().unwrap().iter().all(|key| key == "Bearer top-secret"));
    assert!(!format!("{model:?}").contains("top-secret"));
}

#[tokio::test]
async fn one_of_several_models_is_named() {
    let server = SimulatedServer::with_models(&["small", "large"], never()).await;
    let address = Address::parse(&server.url).unwrap();
    let connect = |model: Option<&str>| {
        let address = address.clone().with_model(model.map(str::to_owned));
        async move { known(&address).await.map(|model| model.facts().name.clone()) }
    };
    assert_eq!(connect(Some("large")).await.unwrap(), "large");
    let several = connect(None).await.unwrap_err().to_string();
    assert!(several.contains("several models: small, large"), "{several}");
    let other = connect(Some("huge")).await.unwrap_err().to_string();
    assert!(other.contains("no model `huge`, but small, large"), "{other}");
}

#[tokio::test]
async fn a_server_that_gives_nothing_but_its_models_is_named() {
    let list_only = |path: &str, _| (path != "/v1/models").then_some(Fault::Status(404));
    let server = SimulatedServer::start(Box::new(list_only)).await;
    let error = connect(&server).await.unwrap_err();
    assert!(matches!(error, ConnectError::Http { .. }), "{error:?}");
}
