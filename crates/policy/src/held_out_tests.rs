//! What the sequential policies must not and must do, on simulators.

use crate::simulated::{a_perfect_verifier, pure_noise, questions_of_known_ease};
use crate::{OnlineSettings, Spent, judge_held_out, online_frontier, paired_difference, total_frontier};
use proptest::prelude::*;

fn settings(seed: u64) -> OnlineSettings {
    OnlineSettings { orders: 4, seed, ..OnlineSettings::default() }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn no_decision_depends_on_outcomes_of_the_fold_it_is_made_for(seed in 0_u64..1_000, fold in 0_usize..5) {
        let sheet = questions_of_known_ease(60, 12, seed);
        let before = judge_held_out(&sheet, &settings(seed));
        let mut turned = sheet.clone();
        for (question, draws) in turned.questions.iter_mut().enumerate() {
            if before.fold[question] == fold {
                for draw in draws {
                    draw.correct = !draw.correct;
                }
            }
        }
        let after = judge_held_out(&turned, &settings(seed));
        prop_assert_eq!(&before.fold, &after.fold);
        let budgets = [2.0, 5.0];
        let spent = |judged| (online_frontier(judged, &budgets), total_frontier(judged, &budgets));
        let ((online, total), (online_after, total_after)) = (spent(&before), spent(&after));
        for question in (0..60).filter(|&at| before.fold[at] == fold) {
            for (one, other) in online.iter().chain(&total).zip(online_after.iter().chain(&total_after)) {
                prop_assert!((one.generations[question] - other.generations[question]).abs() < 1e-12);
                prop_assert!((one.accuracy[question] + other.accuracy[question] - 1.0).abs() < 1e-9);
            }
            let selections = |judged: &crate::Judged| -> Vec<usize> {
                judged.points[question].iter().flatten().map(|point| point.selection).collect()
            };
            prop_assert_eq!(selections(&before), selections(&after));
        }
    }

    #[test]
    fn a_total_budget_is_never_overdrawn(seed in 0_u64..1_000, budget in 1.0_f64..12.0) {
        let judged = judge_held_out(&questions_of_known_ease(40, 12, seed), &settings(seed));
        let spent = &total_frontier(&judged, &[budget])[0];
        for fold in 0..5 {
            let members: Vec<usize> = (0..40).filter(|&at| judged.fold[at] == fold).collect();
            let drawn: f64 = members.iter().map(|&at| spent.generations[at]).sum();
            prop_assert!(drawn <= budget * members.len() as f64 + 1e-9);
        }
    }
}

/// Chances are 1, 0.5, 0.2 and 0, and right samples are recognised: the optimum stops at the first.
#[test]
fn with_a_perfect_verifier_it_reaches_pass_at_n_at_close_to_the_least_cost() {
    let sheet = a_perfect_verifier(400, 16, 7);
    let pass =
        sheet.questions.iter().filter(|draws| draws.iter().any(|draw| draw.correct)).count() as f64 / 400.0;
    let judged = judge_held_out(&sheet, &settings(1));
    // Draws until the first right sample, to the end of the round; hopeless questions cannot be told from hard ones
    // before many samples, so the optimum at full accuracy draws all 16 of theirs.
    let rounds = crate::doubling_rounds(16);
    let ends =
        |draw: usize| rounds.iter().copied().find(|&round| round as usize > draw).map_or(16.0, f64::from);
    let least: Vec<f64> = sheet
        .questions
        .iter()
        .map(|draws| draws.iter().position(|draw| draw.correct).map_or(16.0, ends))
        .collect();
    for frontier in
        [online_frontier(&judged, &[1.05 * mean(&least)]), total_frontier(&judged, &[1.05 * mean(&least)])]
    {
        let reached = mean(&frontier[0].accuracy);
        assert!(reached > pass - 0.01, "{reached} of {pass} at {}", mean(&frontier[0].generations));
    }
}

/// Where there is nothing to gain, a gain over a single sample is claimed about as rarely as 95 % intervals err.
#[test]
fn pure_noise_promises_no_gain() {
    let mut gains = Vec::new();
    for seed in 0..16 {
        let sheet = pure_noise(150, 16, seed);
        let judged = judge_held_out(&sheet, &settings(seed));
        let single = sheet.pass_at_one();
        let gain = |spent: &Spent| paired_difference(&spent.accuracy, &single, seed).unwrap();
        gains.push([gain(&online_frontier(&judged, &[6.0])[0]), gain(&total_frontier(&judged, &[6.0])[0])]);
    }
    for regime in 0..2 {
        let claimed = gains.iter().filter(|gain| gain[regime].low > 0.0).count();
        let average = mean(&gains.iter().map(|gain| gain[regime].value).collect::<Vec<_>>());
        assert!(claimed <= 2 && average.abs() < 0.015, "{claimed} of 16, {average}: {gains:?}");
    }
}

#[test]
fn a_pool_of_one_question_is_judged_too() {
    for questions in 1..5 {
        let judged = judge_held_out(&questions_of_known_ease(questions, 4, 1), &settings(0));
        assert_eq!(online_frontier(&judged, &[2.0])[0].accuracy.len(), questions);
        assert_eq!(total_frontier(&judged, &[2.0])[0].accuracy.len(), questions);
    }
}
