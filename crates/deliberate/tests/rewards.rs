//! A search whose verifier is a mock of a reward model behind a server.

#[path = "../../remote/tests/mock_rewards/mod.rs"]
#[allow(dead_code, reason = "other tests need the rest of it")]
mod mock_rewards;

use deliberate::{Deliberate, Error, Options};
use mock_rewards::{Mock, MockRewards, Served};

const QUESTION: &str = "Spend 8 on a=5,b=3\nSpend 4 on c=4,d=9\nitems?";

async fn open(engine: &str, strategy: &str) -> Result<Deliberate, Error> {
    let settings = format!(
        "[search]\nstrategy = \"{strategy}\"\nbudget = 4\nverifier = \"reward\"\nmax-tokens = 200\n[engine]\n{engine}"
    );
    Deliberate::builder().options(Options::parse(&settings).unwrap()).open().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_steps_of_a_beam_are_scored_by_a_reward_endpoint_and_paid() {
    let server = MockRewards::start(Mock::of(Served::Tags)).await;
    let engine = format!("model = \"lab\"\nverifier-server = \"{}\"", server.url);
    let deliberate = open(&engine, "beam:branching=2").await.unwrap();
    assert_eq!(deliberate.warnings(), [""; 0]);
    let asked = server.seen.lock().unwrap().len();
    let solved = deliberate.solve(QUESTION).await.unwrap();
    let bill = solved.bill();
    assert!(solved.answer().is_some() && bill.failures == 0, "{bill:?}");
    let seen = server.seen.lock().unwrap();
    let texts = seen[asked..].iter().flat_map(|body| body["input"].as_array().unwrap());
    let read: usize = texts.clone().map(|text| text.as_array().unwrap().len()).sum();
    assert!(texts.count() > seen.len() - asked, "several states share a call");
    assert_eq!(bill.verifier.prefilled, read as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reward_model_that_knows_nothing_is_warned_of() {
    let server = MockRewards::start(Mock::of(Served::Whole)).await;
    server.mock.lock().unwrap().spoils = Some(|mut answer| {
        for one in answer["data"].as_array_mut().unwrap() {
            one["probs"] = serde_json::json!([0.0, 0.0]);
        }
        answer
    });
    let engine = format!("model = \"lab\"\nverifier-server = \"{}\"", server.url);
    let deliberate = open(&engine, "best-of-n").await.unwrap();
    let [warning] = deliberate.warnings() else { panic!("{:?}", deliberate.warnings()) };
    assert!(warning.contains("`rewarder`") && warning.contains("0.500"), "{warning}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reward_model_writes_nothing_and_a_model_that_writes_is_none() {
    let server = MockRewards::start(Mock::of(Served::Tokens)).await;
    let error = open(&format!("server = \"{}\"", server.url), "best-of-n").await.err().unwrap().to_string();
    assert!(
        error.contains("`rewarder` scores texts and writes none") && error.contains("verifier-server"),
        "{error}"
    );
    let error = open("model = \"lab\"", "best-of-n").await.err().unwrap().to_string();
    assert!(
        error.contains("`reward` asks the reward endpoint") && error.contains("verifier-server"),
        "{error}"
    );
}
