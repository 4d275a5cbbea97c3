//! From a file to drawn text.

mod support;

use deliberate_decoder::{Asking, Model, Precision, Shape, Vocabulary};
use deliberate_engine::{Serving, StartError};
use deliberate_lm::{GenerateRequest, LanguageModel, Sampling, Token};
use deliberate_native::{LoadError, Settings, open};
use futures::executor::block_on;
use support::{adapter, shape, weights};

fn model() -> Model {
    let text = "one and one are two, two and two are four";
    let vocabulary = Vocabulary::train([text].into_iter(), 270).expect("large enough");
    let mut shape = shape(64, 2, 4, 2);
    shape.vocabulary = vocabulary.tokens.len() as u32;
    let weights = weights(&shape, 5);
    Model { name: "counting".to_owned(), shape, weights, vocabulary, asking: Asking::default() }
}

#[test]
fn a_file_is_served_and_samples_depend_on_their_seeds_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("counting.gguf");
    model().write_gguf(&path, Precision::F32).expect("the model can be written");
    let settings =
        Settings { slots: Some(12), batch_tokens: Some(64), threads: Some(2), ..Settings::default() };
    let draw = |seeds: &[u64], serving: Serving| -> Vec<Vec<Token>> {
        let engine = open(&path, Vec::new(), settings, serving).expect("the model can be run");
        let prompt = block_on(engine.encode("one and two", false)).expect("text");
        let pieces: Vec<u8> = prompt.iter().flat_map(|&token| engine.tokenizer().piece(token)).collect();
        assert_eq!(pieces, b"one and two");
        let request = GenerateRequest {
            prompt: prompt.into(),
            seeds: seeds.to_vec(),
            sampling: Sampling::at(0.8),
            stop: Vec::new(),
            max_tokens: 30,
        };
        let answer = block_on(engine.generate(request)).expect("an answer");
        answer.samples.into_iter().map(|sample| sample.tokens).collect()
    };
    let all: Vec<u64> = (0..20).collect();
    let together = draw(&all, Serving::default());
    let uncached = draw(&all, Serving { prefix_cache: false, ..Serving::default() });
    let alone: Vec<_> = all.iter().flat_map(|&seed| draw(&[seed], Serving::default())).collect();
    assert_eq!(together, alone);
    assert_eq!(together, uncached);
    assert!(together.windows(2).any(|pair| pair[0] != pair[1]), "seeds matter");
}

#[test]
fn a_file_that_is_no_model_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("nonsense.gguf");
    std::fs::write(&path, "GGUF and nothing else").expect("a file");
    let error = open(&path, Vec::new(), Settings::default(), Serving::default()).expect_err("it is no model");
    assert!(matches!(error, StartError::Load(LoadError::File(_))), "{error:?}");
}

#[test]
fn an_adapter_of_another_model_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let [base, on_top] = ["base.gguf", "adapter.gguf"].map(|name| folder.path().join(name));
    model().write_gguf(&base, Precision::F32).expect("the model can be written");
    let other = Shape { layers: 3, ..model().shape };
    adapter(&other, 2, 3).write_gguf(&on_top, &other, Precision::F32).expect("the adapter can be written");
    let open = |adapter| open(&base, vec![adapter], Settings::default(), Serving::default()).map(drop);
    for path in [on_top, base.clone()] {
        let error = open(path).expect_err("no adapter of this model");
        assert!(matches!(error, StartError::Load(LoadError::Adapter(_))), "{error:?}");
    }
}
