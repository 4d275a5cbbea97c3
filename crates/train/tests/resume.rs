//! A training that was cut off goes on to the same bits.

mod support;

use deliberate_decoder::Weights;
use deliberate_train::{
    Decoder, Drawn, Example, Outcome, Progress, Schedule, Settings, Source, TrainError, train,
};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::error::Error;
use std::ops::ControlFlow;
use std::path::Path;
use support::{Breaks, SHAPE, timeless};

fn settings() -> Settings {
    Settings {
        steps: 40,
        schedule: Schedule { warm_up: 5, ..Schedule::default() },
        dropout: 0.1,
        evaluate_every: 7,
        checkpoint_every: 5,
        log_every: 3,
        ..Settings::default()
    }
}

fn draw(random: &mut ChaCha8Rng) -> Example {
    let length = random.random_range(2..40);
    Example::language((0..length).map(|at| (at * at + random.random_range(0..2)) % 20).collect())
}

/// Fails when asked for a step, as if the process were killed there.
struct Killed<S>(S, u64);

impl<S: Source> Source for Killed<S> {
    fn batch(&mut self, step: u64) -> Result<Vec<Example>, Box<dyn Error + Send + Sync>> {
        if step == self.1 { Err("killed".into()) } else { self.0.batch(step) }
    }
}

fn validation() -> Vec<Example> {
    Drawn::new(200, 77, draw).batch(0).unwrap()
}

fn go(folder: &Path, killed_at: u64, observer: &mut dyn Progress) -> Result<(Outcome, Weights), TrainError> {
    let decoder = Decoder::random(&SHAPE, 3)?;
    let mut source = Killed(Drawn::new(300, 5, draw), killed_at);
    let report = train(&decoder, &mut source, &validation(), &settings(), folder, observer)?;
    Ok((report.outcome, decoder.to_weights()?))
}

#[test]
fn killed_trainings_end_like_one_that_was_not() {
    let [whole, killed, broken] = std::array::from_fn(|_| tempfile::tempdir().unwrap());
    let (_, expected) = go(whole.path(), u64::MAX, &mut ()).unwrap();

    for at in [3, 13, 14, 38] {
        assert!(matches!(go(killed.path(), at, &mut ()), Err(TrainError::Source { .. })));
    }
    assert_eq!(go(killed.path(), u64::MAX, &mut ()).unwrap(), (Outcome::Finished, expected.clone()));
    assert_eq!(timeless(killed.path()), timeless(whole.path()));

    assert_eq!(go(broken.path(), u64::MAX, &mut Breaks(11)).unwrap().0, Outcome::Interrupted);
    assert_eq!(go(broken.path(), u64::MAX, &mut ()).unwrap(), (Outcome::Finished, expected.clone()));
    assert_eq!(go(broken.path(), 0, &mut ()).unwrap(), (Outcome::Finished, expected));
}

#[test]
fn another_training_is_not_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    go(folder.path(), u64::MAX, &mut Breaks(6)).unwrap();
    let decoder = Decoder::random(&SHAPE, 3).unwrap();
    let mut source = Drawn::new(300, 5, draw);
    let longer = Settings { steps: 50, ..settings() };
    let error = train(&decoder, &mut source, &validation(), &longer, folder.path(), &mut ()).unwrap_err();
    assert!(error.to_string().contains("settings.steps: 40 → 50"), "{error}");
}

#[test]
#[expect(clippy::float_cmp, reason = "the same evaluation gives the same bits")]
fn weights_are_taken_so_many_evaluations_after_the_minimum() {
    // Nonsense to learn by heart: the validation loss soon rises.
    let noise = |seed: u64, count: u64| {
        let draw = |random: &mut ChaCha8Rng| {
            Example::language((0..20).map(|_| random.random_range(0..20)).collect())
        };
        (0..count).flat_map(|step| Drawn::new(100, seed, draw).batch(step).unwrap()).collect::<Vec<_>>()
    };
    let check = |after_minimum: u32, patience: u32| {
        let folder = tempfile::tempdir().unwrap();
        let decoder = Decoder::random(&SHAPE, 3).unwrap();
        let mut source = deliberate_train::Epochs::new(noise(1, 2), 200, 0);
        let settings = Settings {
            steps: 500,
            evaluate_every: 10,
            patience: Some(patience),
            after_minimum,
            schedule: Schedule { peak: 1e-2, warm_up: 5, floor: 1.0 },
            ..Settings::default()
        };
        let report = train(&decoder, &mut source, &noise(2, 4), &settings, folder.path(), &mut ()).unwrap();
        assert_eq!(report.outcome, Outcome::StoppedEarly);
        let losses: Vec<f64> = report.validated.iter().map(|v| v.evaluation.loss).collect();
        let lowest = losses.iter().copied().fold(f64::INFINITY, f64::min);
        let at = losses.iter().position(|loss| *loss == lowest).unwrap();
        assert_eq!(losses.len(), at + 1 + patience as usize);
        assert_eq!(report.chosen, Some(report.validated[at + after_minimum as usize].step));
        let again = deliberate_train::evaluate(&decoder, &noise(2, 4), 8192).unwrap();
        assert_eq!(again.loss, losses[at + after_minimum as usize]);
    };
    check(0, 3);
    check(2, 3);
    check(3, 3);
}

#[test]
fn no_two_processes_train_in_one_folder() {
    struct Nested<'a>(&'a Path);
    impl Progress for Nested<'_> {
        fn stepped(&mut self, _step: u64, _steps: u64, _loss: f32) -> ControlFlow<()> {
            assert!(matches!(go(self.0, u64::MAX, &mut ()), Err(TrainError::Busy { .. })));
            ControlFlow::Break(())
        }
    }
    let folder = tempfile::tempdir().unwrap();
    go(folder.path(), u64::MAX, &mut Nested(folder.path())).unwrap();
}

/// Trains in the folder that the environment names; does nothing in an ordinary run of the tests.
#[test]
fn trains_where_the_environment_says() {
    if let Some(folder) = std::env::var_os("DELIBERATE_TRAIN_TEST_FOLDER") {
        go(Path::new(&folder), u64::MAX, &mut ()).unwrap();
    }
}

#[test]
// It sleeps because a kill must come from outside, at a moment that the loop does not choose.
fn a_killed_process_leaves_a_folder_to_go_on_in() {
    let [whole, killed] = std::array::from_fn(|_| tempfile::tempdir().unwrap());
    let (_, expected) = go(whole.path(), u64::MAX, &mut ()).unwrap();
    for wait_ms in [20, 40, 60] {
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
    assert_eq!(go(killed.path(), u64::MAX, &mut ()).unwrap(), (Outcome::Finished, expected));
    assert_eq!(timeless(killed.path()), timeless(whole.path()));
}
