//! What whoever runs a gateway relies on: names of requests, quotas, records, other models while it runs, an end.

use super::*;

impl Started {
    /// The answer to somebody who shows this key.
    async fn post_with(&self, key: &str, body: &Value) -> (u16, reqwest::header::HeaderMap, Value) {
        let request =
            self.client.post(format!("{}/v1/chat/completions", self.url)).bearer_auth(key).json(body);
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        (status, headers, response.json().await.unwrap())
    }
}

#[tokio::test]
async fn every_answer_says_what_the_request_is_called() {
    let gateway = start(Limits::default(), "").await;
    let get = |path: &str, name: &'static str| {
        let request = gateway.client.get(format!("{}{path}", gateway.url)).header("x-request-id", name);
        async move { request.send().await.unwrap().headers()["x-request-id"].to_str().unwrap().to_owned() }
    };
    assert_eq!(get("/v1/models", "trace-7").await, "trace-7");
    assert_eq!(get("/nothing", "trace-8").await, "trace-8");
    let made = get("/health", "not a name").await;
    assert!(made != "not a name" && made != get("/health", "not a name").await, "{made}");
    let (status, headers, _) = gateway.post(&with("hi", &json!({"n": 0}))).await;
    assert!(status == 400 && !headers["x-request-id"].is_empty());
}

#[tokio::test]
async fn a_key_that_has_spent_its_quota_is_told_when_to_come_back() {
    // One answer costs 52 tokens.
    let gateway = start(Limits::default(), "small 100tokens/hour, large").await;
    for expected in [200, 200, 429] {
        let (status, headers, body) = gateway.post_with("small", &ask("hi")).await;
        assert_eq!(status, expected, "{body}");
        if status == 429 {
            assert_eq!(body["error"]["code"], "quota_exhausted");
            let wait: u64 = headers["retry-after"].to_str().unwrap().parse().unwrap();
            assert!(
                (100..=200).contains(&wait),
                "4 tokens of debt and one more to spend are 180 s, not {wait}"
            );
        }
    }
    assert_eq!(gateway.post_with("large", &ask("hi")).await.0, 200, "it is nobody else's quota");
}

#[tokio::test]
async fn a_client_that_leaves_pays_for_what_was_told() {
    let gateway = start(Limits::default(), "key 5tokens/day").await;
    let request = gateway.client.post(format!("{}/v1/chat/completions", gateway.url)).bearer_auth("key");
    let asked = tokio::time::timeout(Duration::from_millis(300), request.json(&ask("wait")).send()).await;
    assert!(asked.is_err());
    let seen = Arc::clone(&gateway.seen);
    until(|| seen.left.load(Ordering::SeqCst) == 1).await;
    assert_eq!(gateway.post_with("key", &ask("hi")).await.0, 429);
    let (_, metrics) = gateway.get("/metrics").await;
    assert!(metrics.contains("deliberate_tokens_total{kind=\"completion\"} 7"), "{metrics}");
}

#[tokio::test]
async fn the_gateways_own_part_is_counted_without_the_search() {
    let gateway = start(Limits::default(), "").await;
    gateway.post(&ask("slow")).await;
    gateway.post(&with("slow", &json!({"stream": true}))).await;
    let (_, metrics) = gateway.get("/metrics").await;
    let sum = metrics.lines().find_map(|line| line.strip_prefix("deliberate_overhead_seconds_sum "));
    let sum: f64 = sum.unwrap().parse().unwrap();
    assert!(
        metrics.contains("deliberate_overhead_seconds_count 2") && sum < 0.3,
        "the searches sleep 0.6 s: {sum}"
    );
}

#[tokio::test]
async fn a_stream_tells_how_far_the_search_is_if_it_is_asked_to() {
    let gateway = start(Limits::default(), "").await;
    let events = |text: &str| -> Vec<Value> {
        let data =
            text.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| *data != "[DONE]");
        data.map(|data| serde_json::from_str(data).unwrap()).collect()
    };
    let watching = json!({"stream": true, "deliberate": {"progress": true}});
    let (_, _, text) = gateway.post(&with("grow", &watching)).await;
    let all = events(&text);
    let told: Vec<&Value> = all.iter().filter(|event| event["deliberate"]["progress"].is_object()).collect();
    assert!(told.len() == 2 && told.iter().all(|event| event["choices"] == json!([])), "{text}");
    let nodes: Vec<&Value> = told.iter().map(|event| &event["deliberate"]["progress"]["nodes"]).collect();
    assert_eq!((&nodes[0][0]["id"], &nodes[1][0]["id"], nodes[1][1].is_null()), (&json!(1), &json!(2), true));
    assert_eq!(all[2]["choices"][0]["delta"]["role"], "assistant", "the answer comes after it");
    let (_, _, text) = gateway.post(&with("grow", &json!({"stream": true}))).await;
    assert!(!text.contains("progress"), "nobody asked");
}

#[tokio::test]
async fn a_record_has_what_was_asked_and_what_came_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let records = folder.path().to_owned();
    let gateway = start_as(Limits::default(), "sesame", |gateway| gateway.recording(records)).await;
    let request = with("hi", &json!({"deliberate": {"budget": 4}}));
    let (_, _, answer) = gateway.post_with("sesame", &request).await;
    let read = |id: &Value, name: &str| {
        let path = folder.path().join(id.as_str().unwrap()).join(name);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let kept: Value = serde_json::from_str(&read(&answer["id"], "request.json")).unwrap();
    assert!(kept["seed"].is_u64() && kept["messages"] == request["messages"], "{kept}");
    let bill = read(&answer["id"], "bill.json");
    assert!(bill.contains("majority:generations=4") && !bill.contains("sesame"), "{bill}");
    // What is kept can be asked again as it is; of the answer nothing differs.
    let (status, _, again) = gateway.post_with("sesame", &kept).await;
    assert_eq!((status, read(&again["id"], "request.json")), (200, read(&answer["id"], "request.json")));
    assert_eq!(read(&again["id"], "answer.json"), read(&answer["id"], "answer.json"));
    let (status, _, refused) = gateway.post_with("sesame", &ask("fail")).await;
    let bills =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path().join("bill.json"));
    let bills: Vec<String> = bills.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let code = refused["error"]["code"].as_str().unwrap();
    assert!(status == 502 && bills.iter().filter(|bill| bill.contains(code)).count() == 1, "{bills:?}");
}

#[tokio::test]
async fn other_models_can_be_offered_while_a_question_is_answered() {
    let gateway = Arc::new(start(Limits::default(), "").await);
    let asked = tokio::spawn({
        let gateway = Arc::clone(&gateway);
        async move { gateway.post(&ask("slow")).await.0 }
    });
    until(|| gateway.seen.running.load(Ordering::SeqCst) == 1).await;
    let models = vec![VirtualModel { name: "other".to_owned(), about: "simulated".to_owned() }];
    gateway.gateway.offer(SimulatedSolver { models, seen: Arc::default() });
    assert_eq!(gateway.post(&ask("hi")).await.0, 404, "`quick` is gone");
    assert_eq!(gateway.post(&with("hi", &json!({"model": "other"}))).await.0, 200);
    assert_eq!(asked.await.unwrap(), 200, "who asked before is answered");
}

#[tokio::test]
async fn what_takes_too_long_to_end_is_closed() {
    let limits = Limits { ending: Duration::from_millis(100), ..Limits::default() };
    let mut gateway = start(limits, "").await;
    let stop = gateway.stop.take().unwrap();
    let request = gateway.client.post(format!("{}/v1/chat/completions", gateway.url)).json(&ask("wait"));
    let asked = tokio::spawn(request.send());
    until(|| gateway.seen.running.load(Ordering::SeqCst) == 1).await;
    stop.send(()).unwrap();
    assert!(asked.await.unwrap().is_err(), "the client is not left waiting");
    until(|| gateway.served.is_finished() && gateway.seen.left.load(Ordering::SeqCst) == 1).await;
}
