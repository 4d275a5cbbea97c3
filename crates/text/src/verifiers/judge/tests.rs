//! Facts about judges, on a simulated model.

use super::*;
use crate::simulated::Simulated;
use futures::executor::block_on;

/// Thinks that the critics are right, and that a wording which asks for homework is to be answered mildly.
fn model() -> Simulated {
    Simulated::new(|_, seed| Ok(if seed % 2 == 0 { "It is wrong.".into() } else { "It is fine.".into() }))
        .with_read(|text, token| {
            let sure = if text.contains("It is wrong.") { 0.01 } else { 0.03 };
            let mild = if text.contains("homework") { 0.09 } else { sure };
            match Simulated::bytes(token).as_slice() {
                b"Yes" => f32::ln(mild),
                b"No" => f32::ln(0.01),
                _ => f32::NEG_INFINITY,
            }
        })
}

fn judge(settings: JudgeSettings) -> (f64, JudgeVerifier<Simulated>, deliberate_search::Usage) {
    let judge = block_on(JudgeVerifier::new(model(), settings)).unwrap();
    let root = Trace::root("Q?", 2, Simulated::tokens("Q?", false));
    let mut assessed = block_on(judge.verify(&[Verification { state: &root, known: &[] }])).unwrap();
    let scores = assessed.scores.remove(0).unwrap();
    assert_eq!(scores.len(), 1);
    (scores[0], judge, assessed.usage)
}

#[test]
fn a_judge_answers_with_the_probability_of_yes_averaged_over_wordings() {
    let (score, judge, usage) = judge(JudgeSettings::wordings(1));
    assert!((score - 0.75).abs() < 1e-6);
    let log = judge.model.log.lock().unwrap();
    assert_eq!((log.scored.len(), log.generated.len(), usage.decoded), (1, 0, 0));
    let request = &log.scored[0];
    assert_eq!(request.marks[0].position, request.tokens.len() - 1);
    let (score, ..) = self::judge(JudgeSettings::wordings(3));
    assert!((score - (0.75 + 0.75 + 0.9) / 3.0).abs() < 1e-6);
}

#[test]
fn a_judge_may_write_critiques_first_and_pays_for_them() {
    let (score, judge, usage) = judge(JudgeSettings::critiques(4));
    assert!((0.5 - 1e-6..=0.75 + 1e-6).contains(&score));
    let log = judge.model.log.lock().unwrap();
    assert_eq!((log.generated.len(), log.generated[0].seeds.len(), log.scored.len()), (1, 4, 4));
    assert_eq!(usage.decoded, 4 * "It is fine.".len() as u64 + log_wrong(&log));
    assert_eq!(
        self::judge(JudgeSettings::critiques(4)).0.to_bits(),
        score.to_bits(),
        "the same state, the same score"
    );
}

#[test]
fn of_a_judge_that_tells_no_probabilities_verdicts_are_drawn_and_counted_and_paid() {
    let says = |_: &str, seed: u64| Ok(["Yes.", "no", "Hm"][(seed % 3) as usize].into());
    let settings = JudgeSettings::wordings(1).with_verdicts(30);
    let judge = block_on(JudgeVerifier::new(Simulated::new(says), settings)).unwrap();
    let root = Trace::root("Q?", 2, Simulated::tokens("Q?", false));
    let assessed = block_on(judge.verify(&[Verification { state: &root, known: &[] }])).unwrap();
    let log = judge.model.log.lock().unwrap();
    let count = |kind| log.generated[0].seeds.iter().filter(|&&seed| seed % 3 == kind).count();
    assert_eq!((log.generated.len(), log.generated[0].seeds.len(), log.scored.len()), (1, 30, 0));
    let share = count(0) as f64 / (count(0) + count(1)) as f64;
    assert_eq!(assessed.scores[0].as_ref().unwrap()[..], [share]);
    assert_eq!(assessed.usage.decoded, 2 * 30, "two tokens each, those of no verdict, too");
}

#[test]
fn a_judge_that_gives_no_verdict_fails() {
    let settings = JudgeSettings::wordings(1).with_verdicts(3);
    let judge = block_on(JudgeVerifier::new(Simulated::new(|_, _| Ok("Hm".into())), settings)).unwrap();
    let root = Trace::root("Q?", 2, Simulated::tokens("Q?", false));
    let assessed = block_on(judge.verify(&[Verification { state: &root, known: &[] }])).unwrap();
    assert!(assessed.scores[0].is_err());
}

/// "It is wrong." is one token longer than "It is fine.".
fn log_wrong(log: &crate::simulated::Log) -> u64 {
    log.generated[0].seeds.iter().filter(|&&seed| seed % 2 == 0).count() as u64
}

#[test]
fn a_judge_needs_the_right_prompts() {
    let wrong = JudgeSettings { prompts: vec![Prompt::load("chat").unwrap()], ..JudgeSettings::wordings(1) };
    let error = block_on(JudgeVerifier::new(model(), wrong)).err().unwrap().to_string();
    assert_eq!(error, "the prompt `chat` is for `solve`, not for `judge`");
}

#[test]
fn a_judge_that_cannot_be_asked_is_refused_when_it_is_put_together() {
    let refused = |settings| {
        let poor = crate::verifiers::poor::Poor(Simulated::silent());
        block_on(JudgeVerifier::new(poor, settings)).map(drop).unwrap_err().to_string()
    };
    for settings in [JudgeSettings::wordings(1), JudgeSettings::wordings(3), JudgeSettings::critiques(2)] {
        let error = refused(settings);
        assert!(error.contains("no usable chat template: its file holds none"), "{error}");
    }
}
