//! Facts about what reward endpoints are asked and what is read of their answers, in the form of recorded ones.

use super::*;
use proptest::prelude::*;
use std::path::PathBuf;

/// A text of which these places are read, each after the token 7.
fn text(length: u32, places: &[usize]) -> RewardRequest {
    let mut tokens: Vec<Token> = (100..100 + length).collect();
    for &place in places {
        tokens[place] = 7;
    }
    RewardRequest { tokens: tokens.into(), places: places.to_vec() }
}

fn usage() -> Value {
    json!({"prompt_tokens": 9, "total_tokens": 9, "completion_tokens": 0, "prompt_tokens_details": null})
}

fn pooled(index: usize, data: &Value) -> Value {
    json!({"index": index, "object": "pooling", "data": data})
}

fn of_pooling(text: &RewardRequest, data: &Value) -> Result<Vec<f64>, Fault> {
    let told = Endpoint::Pooling.read(1, json!({"data": [pooled(0, data)], "usage": usage()}))?;
    scores(Rewarded::Steps, text, &told.vectors[0])
}

#[test]
fn texts_are_sent_as_ids_in_one_list_and_logits_are_asked_for() {
    let [one, other] = [text(3, &[2]), text(2, &[1])];
    let Ask { path, body } = Endpoint::Pooling.ask("m", &[&one, &other]);
    let expected = json!({"model": "m", "input": [[100, 101, 7], [100, 7]], "task": "token_classify",
                          "use_activation": false});
    assert_eq!((path, body), ("/pooling", expected));
    let Ask { path, body } = Endpoint::Classify.ask("m", &[&one]);
    assert_eq!(
        (path, body),
        ("/classify", json!({"model": "m", "input": [[100, 101, 7]], "use_activation": false}))
    );
    let Ask { path, body } = Endpoint::SglangClassify.ask("m", &[&one]);
    assert_eq!((path, body), ("/classify", json!({"model": "m", "input_ids": [[100, 101, 7]]})));
}

#[test]
fn steps_are_read_at_their_places_or_at_all_tags_alone() {
    let text = text(4, &[1, 3]);
    let all = json!([[9.0, 0.0], [0.0, 0.0], [9.0, 0.0], [1.0, 3.0]]);
    let found = of_pooling(&text, &all).unwrap();
    assert!((found[0] - 0.5).abs() < 1e-12 && (found[1] - sigmoid(2.0)).abs() < 1e-12, "{found:?}");
    assert_eq!(of_pooling(&text, &json!([[0.0, 0.0], [1.0, 3.0]])).unwrap(), found);
    // A tag that is a word of the text, too.
    let mut tokens = text.tokens.to_vec();
    tokens[0] = 7;
    let wordy = RewardRequest { tokens: tokens.into(), ..text.clone() };
    assert_eq!(of_pooling(&wordy, &json!([[5.0, 0.0], [0.0, 0.0], [1.0, 3.0]])).unwrap(), found);
    let error = of_pooling(&text, &json!([])).unwrap_err().to_string();
    assert!(error.contains("0 vectors for 4 tokens, of which 2 are the tag 7"), "{error}");
    assert!(error.contains("\"step_tag_id\": 7}'") && error.contains("`tag`"), "{error}");
}

#[test]
fn one_class_is_a_reward_and_two_are_a_bad_and_a_good_one() {
    let close = |classes: &[f64], expected: f64| {
        assert!((good(classes).unwrap() - expected).abs() < 1e-9, "{classes:?}");
    };
    close(&[0.0], 0.5);
    close(&[-800.0], 0.0);
    close(&[30.0], 1.0);
    close(&[0.0, f64::ln(3.0)], 0.75);
    close(&[0.25, 0.75], 0.75);
    assert!(good(&[20.0]).unwrap() < good(&[25.0]).unwrap(), "large rewards differ still");
    for broken in [&[][..], &[1.0, 2.0, 3.0], &[f64::NAN], &[0.0, f64::INFINITY]] {
        assert!(good(broken).is_err(), "{broken:?}");
    }
}

#[test]
fn whole_texts_are_told_in_any_order_each_once() {
    let one = |index: usize, logit: f64| json!({"index": index, "label": "LABEL_0", "probs": [logit], "num_classes": 1});
    let read =
        |data: Value| Endpoint::Classify.read(2, json!({"object": "list", "data": data, "usage": usage()}));
    let told = read(json!([one(1, 1.0), one(0, 0.0)])).unwrap();
    assert_eq!((told.vectors, told.prefilled), (vec![vec![vec![0.0]], vec![vec![1.0]]], Some(9)));
    for lie in [json!([one(0, 0.0)]), json!([one(0, 0.0), one(0, 1.0)]), json!([one(0, 0.0), one(2, 1.0)])] {
        let error = read(lie).unwrap_err().to_string();
        assert!(error.contains("where 2 were sent"), "{error}");
    }
    let embedded = |logit: f64| json!({"embedding": [logit], "meta_info": {"id": "x", "prompt_tokens": 5, "cached_tokens": 2}});
    let told = Endpoint::SglangClassify.read(2, json!([embedded(0.5), embedded(1.5)])).unwrap();
    assert_eq!((told.vectors, told.prefilled), (vec![vec![vec![0.5]], vec![vec![1.5]]], Some(6)));
    assert_eq!(
        Endpoint::SglangClassify.read(1, embedded(0.5)).unwrap().vectors.len(),
        1,
        "one alone is no list"
    );
    assert!(scores(Rewarded::Whole, &text(1, &[]), &[vec![0.0], vec![0.0]]).is_err());
}

/// Any JSON, not too deep.
fn nonsense() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z]{0,6}".prop_map(Value::from),
    ];
    let name = prop_oneof![
        Just("data"),
        Just("index"),
        Just("probs"),
        Just("embedding"),
        Just("usage"),
        Just("meta_info")
    ];
    leaf.prop_recursive(4, 32, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(name.clone().prop_map(str::to_owned), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_is_answered_is_read_or_refused(answer in nonsense(), texts in 0..3_usize) {
        for endpoint in [Endpoint::Pooling, Endpoint::Classify, Endpoint::SglangClassify] {
            if let Ok(told) = endpoint.read(texts, answer.clone()) {
                prop_assert_eq!(told.vectors.len(), texts);
            }
        }
    }

    #[test]
    fn as_many_scores_as_places_all_of_them_probabilities(
        length in 1..12_u32,
        chosen in proptest::collection::vec(any::<bool>(), 12),
        vectors in proptest::collection::vec(proptest::collection::vec(-50.0..50.0, 0..4), 0..14),
    ) {
        let places: Vec<usize> = (0..length as usize).filter(|&place| chosen[place]).collect();
        let text = text(length, &places);
        if let Ok(found) = of_pooling(&text, &json!(vectors)) {
            prop_assert_eq!(found.len(), places.len());
            prop_assert!(vectors.len() == length as usize || vectors.len() == places.len());
            prop_assert!(found.iter().all(|score| (0.0..=1.0).contains(score)));
        }
    }
}

#[test]
#[ignore = "needs recorded answers: DELIBERATE_SHARED names the folder that holds `captures`"]
fn recorded_answers_of_vllm_are_read() {
    let folder = PathBuf::from(std::env::var_os("DELIBERATE_SHARED").expect("DELIBERATE_SHARED is set"));
    let recorded = |name: &str| -> Value {
        let path = folder.join("captures").join(name);
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    };
    // Its server was started with a tag that no text had.
    for (name, texts) in [("pooling_token_ids", 1), ("pooling_batch", 2), ("pooling_softmax_off", 1)] {
        let Value::Object(mut all) = recorded(&format!("vllm_prm_qwen2/{name}.json")) else {
            panic!("{name}")
        };
        let asked = Endpoint::Pooling.ask("smollm2", &[&text(2, &[1])]).body;
        assert_eq!(all["request"]["task"], asked["task"]);
        let told = Endpoint::Pooling.read(texts, all["response"].take()).unwrap();
        assert_eq!(told.vectors, vec![Vec::<Vec<f64>>::new(); texts], "{name}");
        assert!(told.prefilled.unwrap() >= 26, "{name}");
    }
    for (name, texts) in [("classify", 1), ("classify_batch", 2)] {
        let mut all = recorded(&format!("vllm_seqcls/{name}.json"));
        let told = Endpoint::Classify.read(texts, all["response"].take()).unwrap();
        assert!(told.vectors.iter().all(|vectors| vectors.len() == 1 && vectors[0].len() == 1), "{name}");
    }
}
