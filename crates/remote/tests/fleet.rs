//! Several servers of one model share the work, and what fails at one of them is done by another.

mod faulty_proxy;
mod questions;
mod simulated;

use deliberate_lm::{Generation, LanguageModel};
use deliberate_remote::{ConnectError, RemoteModel};
use faulty_proxy::{FaultyProxy, Mishap, a_fifth_after};
use questions::{all_answered, connect, continued, questions};
use simulated::{Fault, SimulatedServer};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

async fn sound() -> SimulatedServer {
    SimulatedServer::start(Box::new(|_, _| None)).await
}

/// As one sound server answers.
async fn check(model: &RemoteModel) {
    let alone = sound().await;
    let alone = connect(&[&alone.url]).await.unwrap();
    let found = all_answered(model, DRAWN).await;
    let expected = all_answered(&alone, DRAWN).await;
    for ((question, found), expected) in questions().iter().zip(found).zip(expected) {
        assert_eq!(texts(&found), texts(&expected), "{question}");
    }
}

fn texts(generation: &Generation) -> Vec<&str> {
    generation.samples.iter().map(|sample| sample.text.as_str()).collect()
}

/// Samples of each question, and tokens of each of them at most.
const DRAWN: (u64, u32) = (8, 40);

#[tokio::test]
async fn servers_of_different_models_are_no_fleet() {
    let (one, other) = (sound().await, SimulatedServer::with_models(&["other"], Box::new(|_, _| None)).await);
    let error = connect(&[&one.url, &other.url]).await.unwrap_err().to_string();
    assert!(error.contains("has `other`, not `toy`") && error.contains(&other.url), "{error}");
    let error = connect(&[]).await.unwrap_err();
    assert!(matches!(error, ConnectError::Number { number: 0, .. }), "{error}");
    let error = connect(&[one.url.as_str(); 65]).await.unwrap_err().to_string();
    assert!(error.contains("65 servers"), "{error}");
}

#[tokio::test]
async fn work_is_shared_and_children_are_asked_where_their_parent_was() {
    let servers = [sound().await, sound().await];
    let model = connect(&[&servers[0].url, &servers[1].url]).await.unwrap();
    assert_eq!(model.probes().len(), 2);
    let prompts = |server: &SimulatedServer| -> Vec<String> {
        let bodies = server.seen.completions.lock().unwrap();
        bodies.iter().map(|body| body["prompt"].to_string()).collect()
    };
    let probed: Vec<usize> = servers.iter().map(|server| prompts(server).len()).collect();
    let parents = all_answered(&model, DRAWN).await;
    let asked: Vec<Vec<String>> =
        servers.iter().zip(&probed).map(|(server, &probed)| prompts(server)[probed..].to_vec()).collect();
    assert!(asked.iter().all(|asked| asked.len() > 20), "each does its share: {asked:?}");
    for (question, parent) in questions().iter().zip(parents) {
        let prompt = model.encode(question, false).await.unwrap();
        let parent_of = |server: &Vec<String>| server.contains(&format!("{prompt:?}").replace(", ", ","));
        let holders: Vec<usize> = (0..2).filter(|&server| parent_of(&asked[server])).collect();
        let child = [&prompt[..], &parent.samples[0].tokens].concat();
        let before: Vec<usize> = servers.iter().map(|server| prompts(server).len()).collect();
        continued(&model, child, DRAWN).await.unwrap();
        for server in (0..2).filter(|server| !holders.contains(server)) {
            assert_eq!(prompts(&servers[server]).len(), before[server], "{question} was asked elsewhere");
        }
    }
}

#[tokio::test]
async fn through_proxies_that_fail_a_fifth_of_all_calls_every_question_is_answered_once() {
    let servers = [sound().await, sound().await];
    let first = FaultyProxy::before(&servers[0].url, a_fifth_after(60)).await;
    let second = FaultyProxy::before(&servers[1].url, a_fifth_after(60)).await;
    let model = connect(&[&first.url, &second.url]).await.unwrap();
    check(&model).await;
    for proxy in [first, second] {
        let [calls, mishaps] =
            [&proxy.seen.calls, &proxy.seen.mishaps].map(|count| count.load(Ordering::SeqCst));
        assert!(calls > 100 && mishaps > 8, "{mishaps} of {calls}");
    }
}

#[tokio::test]
async fn through_one_proxy_that_fails_a_fifth_of_all_calls_every_question_is_answered_once() {
    let server = sound().await;
    let proxy = FaultyProxy::before(&server.url, a_fifth_after(60)).await;
    check(&connect(&[&proxy.url]).await.unwrap()).await;
    assert!(proxy.seen.mishaps.load(Ordering::SeqCst) > 20);
}

#[tokio::test]
async fn a_server_that_dies_for_good_leaves_its_work_to_the_others() {
    let (lives, dies) = (sound().await, sound().await);
    let proxy =
        FaultyProxy::before(&dies.url, Box::new(|number| (number > 80).then_some(Mishap::CutOff))).await;
    let model = connect(&[&proxy.url, &lives.url]).await.unwrap();
    check(&model).await;
    assert!(proxy.seen.mishaps.load(Ordering::SeqCst) > 0, "it died too late");
    let before = proxy.seen.calls.load(Ordering::SeqCst);
    check(&model).await;
    let calls = proxy.seen.calls.load(Ordering::SeqCst) - before;
    assert!(calls < 10, "a dead server was asked {calls} times more");
}

#[tokio::test]
async fn a_server_that_wants_to_be_left_alone_is() {
    let (free, busy) = (sound().await, sound().await);
    let proxy =
        FaultyProxy::before(&busy.url, Box::new(|number| (number > 80).then_some(Mishap::Busy))).await;
    let model = connect(&[&proxy.url, &free.url]).await.unwrap();
    check(&model).await;
    let before = proxy.seen.calls.load(Ordering::SeqCst);
    assert!(before > 81, "it was never busy");
    check(&model).await;
    assert_eq!(proxy.seen.calls.load(Ordering::SeqCst), before);
}

#[tokio::test]
async fn a_server_that_is_away_for_a_while_costs_no_question() {
    let away = Arc::new(AtomicBool::new(false));
    let gone = Arc::clone(&away);
    let plan = move |_: &str, _| gone.load(Ordering::SeqCst).then_some(Fault::Status(503));
    let server = SimulatedServer::start(Box::new(plan)).await;
    let model = connect(&[&server.url]).await.unwrap();
    away.store(true, Ordering::SeqCst);
    let back = async {
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        away.store(false, Ordering::SeqCst);
    };
    tokio::join!(check(&model), back);
}
