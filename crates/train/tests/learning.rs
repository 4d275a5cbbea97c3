//! Small decoders learn small tasks.

use deliberate_decoder::Shape;
use deliberate_train::{
    Decoder, Drawn, Epochs, Example, Outcome, Schedule, Settings, evaluate, predict, read_log, train,
};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

fn shape(vocabulary: u32) -> Shape {
    Shape {
        vocabulary,
        context: 32,
        hidden: 32,
        layers: 2,
        heads: 4,
        kv_heads: 2,
        feed_forward: 64,
        rope_base: 10_000.0,
        norm_epsilon: 1e-5,
        tied: true,
        bias: false,
    }
}

fn settings(steps: u64) -> Settings {
    let schedule = Schedule { peak: 1e-2, warm_up: 20, floor: 0.05 };
    Settings { steps, schedule, evaluate_every: 50, ..Settings::default() }
}

/// Some tokens, a separator, the same tokens.
fn copying(random: &mut ChaCha8Rng) -> Example {
    let length = random.random_range(2..6);
    let word: Vec<u32> = (0..length).map(|_| random.random_range(0..8)).collect();
    let tokens = [&word[..], &[8], &word[..]].concat();
    Example::continuation(tokens, length + 1..2 * length + 1)
}

#[test]
fn copying_is_learnt() {
    let folder = tempfile::tempdir().unwrap();
    let decoder = Decoder::random(&shape(9), 1).unwrap();
    let mut fresh = Drawn::new(512, 99, copying);
    let validation = deliberate_train::Source::batch(&mut fresh, 0).unwrap();
    let mut source = Drawn::new(512, 2, copying);
    let report = train(&decoder, &mut source, &validation, &settings(500), folder.path(), &mut ()).unwrap();
    let evaluation = evaluate(&decoder, &validation, 4096).unwrap();
    assert!(evaluation.loss < 0.1 && evaluation.accuracy > 0.97, "{evaluation:?}");
    assert_eq!((report.outcome, report.steps), (Outcome::Finished, 500));
    let log = read_log(folder.path()).unwrap();
    assert!(log.iter().filter(|line| line.loss.is_some()).count() == 50);
    assert!(log.iter().filter(|line| line.validation_loss.is_some()).count() == 10);
}

/// Whether more tokens are 1 than 0.
fn majority(random: &mut ChaCha8Rng) -> Example {
    let tokens: Vec<u32> = (0..9).map(|_| random.random_range(0..2)).collect();
    let ones = tokens.iter().sum::<u32>();
    Example::labelled(tokens, &[(8, if ones > 4 { 1.0 } else { 0.0 })], 2, 3)
}

#[test]
fn labels_separate_two_classes() {
    let folder = tempfile::tempdir().unwrap();
    let decoder = Decoder::random(&shape(4), 1).unwrap();
    let mut source = Drawn::new(512, 2, majority);
    train(&decoder, &mut source, &[], &settings(300), folder.path(), &mut ()).unwrap();
    let examples = deliberate_train::Source::batch(&mut Drawn::new(900, 99, majority), 0).unwrap();
    let predictions = predict(&decoder, &examples, 4096).unwrap();
    let met = predictions.iter().filter(|of_example| of_example[0].correct).count();
    assert!(met * 100 >= 97 * examples.len(), "{met} of {}", examples.len());
}

#[test]
fn soft_labels_are_learnt_as_probabilities() {
    let folder = tempfile::tempdir().unwrap();
    let decoder = Decoder::random(&shape(4), 1).unwrap();
    let examples = vec![
        Example::labelled(vec![0, 1], &[(1, 0.25)], 2, 3),
        Example::labelled(vec![1, 0], &[(0, 0.5), (1, 0.9)], 2, 3),
    ];
    let mut source = Epochs::new(examples.clone(), 64, 1);
    train(&decoder, &mut source, &[], &settings(200), folder.path(), &mut ()).unwrap();
    let predictions = predict(&decoder, &examples, 64).unwrap().concat();
    for (prediction, share) in predictions.iter().zip([0.25, 0.5, 0.9]) {
        assert!((prediction.probability - share).abs() < 0.02, "{prediction:?} {share}");
    }
}
