//! Adapters learn in the place of their decoder.

mod support;

use deliberate_decoder::{Adapter, Shape, Weights};
use deliberate_train::{
    Batch, Decoder, Drawn, Example, Outcome, Progress, Schedule, Settings, Source, TrainError, evaluate,
    fresh_adapter, train,
};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::path::Path;
use support::{Breaks, timeless};

const SHAPE: Shape = Shape { tied: true, ..support::SHAPE };

fn settings() -> Settings {
    Settings {
        steps: 60,
        schedule: Schedule { peak: 1e-2, warm_up: 5, floor: 0.1 },
        dropout: 0.05,
        evaluate_every: 7,
        checkpoint_every: 5,
        log_every: 3,
        ..Settings::default()
    }
}

/// The next token is the one before, plus three.
fn count(random: &mut ChaCha8Rng) -> Example {
    let start = random.random_range(0..20);
    Example::language((0..random.random_range(4..20)).map(|at| (start + 3 * at) % 20).collect())
}

fn validation() -> Vec<Example> {
    Drawn::new(200, 77, count).batch(0).unwrap()
}

fn base() -> Decoder {
    Decoder::random(&SHAPE, 3).unwrap()
}

fn adapted() -> Decoder {
    base().with_adapter(&fresh_adapter(&SHAPE, 4, 8.0, None, 1)).unwrap()
}

fn go(
    decoder: &Decoder,
    folder: &Path,
    observer: &mut dyn Progress,
) -> Result<(Outcome, Option<Adapter>, Weights), TrainError> {
    let mut source = Drawn::new(300, 5, count);
    let report = train(decoder, &mut source, &validation(), &settings(), folder, observer)?;
    Ok((report.outcome, decoder.to_adapter()?, decoder.to_weights()?))
}

#[test]
#[expect(clippy::float_cmp, reason = "adding zeros changes no bit")]
fn a_fresh_adapter_changes_nothing() {
    let batch = Batch::pack(&validation(), &SHAPE).unwrap();
    let loss = |decoder: &Decoder| decoder.loss(&batch, None).unwrap().to_scalar::<f32>().unwrap();
    assert_eq!(loss(&adapted()), loss(&base()));
    assert_eq!(adapted().to_weights().unwrap(), base().to_weights().unwrap());
    assert_eq!(
        evaluate(&adapted(), &validation(), 4096).unwrap(),
        evaluate(&base(), &validation(), 4096).unwrap()
    );
    let adapter = fresh_adapter(&SHAPE, 4, 8.0, None, 1);
    assert_eq!(adapter, fresh_adapter(&SHAPE, 4, 8.0, None, 1));
    assert_ne!(adapter, fresh_adapter(&SHAPE, 4, 8.0, None, 2));
    let spread =
        |data: &[f32]| (data.iter().map(|value| value * value).sum::<f32>() / data.len() as f32).sqrt();
    assert!((spread(&adapter.blocks[0][6].a) * 40f32.sqrt() - 1.0).abs() < 0.25);
}

#[test]
fn an_adapter_learns_and_its_base_stays() {
    let folder = tempfile::tempdir().unwrap();
    let decoder = adapted();
    let before = evaluate(&decoder, &validation(), 4096).unwrap();
    let (outcome, adapter, merged) = go(&decoder, folder.path(), &mut ()).unwrap();
    let after = evaluate(&decoder, &validation(), 4096).unwrap();
    assert_eq!(outcome, Outcome::Finished);
    assert!(after.loss < 0.6 * before.loss, "{before:?} {after:?}");
    let adapter = adapter.unwrap();
    let mut ours = base().to_weights().unwrap();
    adapter.merge_into(&SHAPE, &mut ours).unwrap();
    assert_eq!(ours, merged);
    let first = base().to_weights().unwrap();
    assert_eq!((&merged.embedding, &merged.final_norm), (&first.embedding, &first.final_norm));
    // The base below the adapter is the one that it began with.
    let again = base().with_adapter(&adapter).unwrap();
    assert_eq!(evaluate(&again, &validation(), 4096).unwrap(), after);
    // What is merged says the same up to rounding.
    let merged = evaluate(&Decoder::from_weights(&SHAPE, &merged).unwrap(), &validation(), 4096).unwrap();
    assert!((merged.loss - after.loss).abs() < 1e-4, "{merged:?} {after:?}");
}

#[test]
fn a_broken_training_ends_like_a_whole_one_and_gives_its_report_again() {
    let [whole, broken] = std::array::from_fn(|_| tempfile::tempdir().unwrap());
    let expected = go(&adapted(), whole.path(), &mut ()).unwrap();
    for at in [11, 12, 40] {
        assert_eq!(go(&adapted(), broken.path(), &mut Breaks(at)).unwrap().0, Outcome::Interrupted);
    }
    assert_eq!(go(&adapted(), broken.path(), &mut ()).unwrap(), expected);
    assert_eq!(timeless(broken.path()), timeless(whole.path()));
    // All is done: nothing but the chosen adapter is read.
    assert_eq!(go(&adapted(), broken.path(), &mut Breaks(1)).unwrap(), expected);
}

#[test]
fn another_base_or_rank_is_not_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    go(&adapted(), folder.path(), &mut Breaks(6)).unwrap();
    let check = |decoder: Decoder, words: &str| {
        let error = go(&decoder, folder.path(), &mut ()).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    let other =
        Decoder::random(&SHAPE, 4).unwrap().with_adapter(&fresh_adapter(&SHAPE, 4, 8.0, None, 1)).unwrap();
    check(other, "adapter.base");
    check(base().with_adapter(&fresh_adapter(&SHAPE, 2, 8.0, None, 1)).unwrap(), "adapter.rank: 4 → 2");
    check(base(), "adapter");
    let wrong = Shape { layers: 1, ..SHAPE };
    let error = base().with_adapter(&fresh_adapter(&wrong, 4, 8.0, None, 1)).unwrap_err();
    assert!(matches!(error, TrainError::Adapter(_)), "{error}");
}

/// Trains in the folder that the environment names; does nothing in an ordinary run of the tests.
#[test]
fn trains_where_the_environment_says() {
    if let Some(folder) = std::env::var_os("DELIBERATE_TRAIN_TEST_FOLDER") {
        go(&adapted(), Path::new(&folder), &mut ()).unwrap();
    }
}

#[test]
// It sleeps because a kill must come from outside, at a moment that the loop does not choose.
fn a_killed_process_leaves_a_folder_to_go_on_in() {
    let [whole, killed] = std::array::from_fn(|_| tempfile::tempdir().unwrap());
    let expected = go(&adapted(), whole.path(), &mut ()).unwrap();
    for wait_ms in [30, 60, 90] {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["trains_where_the_environment_says", "--exact"])
            .env("DELIBERATE_TRAIN_TEST_FOLDER", killed.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(wait_ms));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert_eq!(go(&adapted(), killed.path(), &mut ()).unwrap(), expected);
    assert_eq!(timeless(killed.path()), timeless(whole.path()));
}
