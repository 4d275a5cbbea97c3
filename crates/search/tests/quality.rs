//! The paper's findings, in a world whose step quality is known. Accuracies are over 400 seeds: ±0.05.

mod support;

use deliberate_search::Origin;
use deliberate_search::simulated::World;
use support::Simulation;

fn hard() -> Simulation {
    Simulation::new(World { length: 6, right: 0.65, wrong_answers: 4, ..World::default() }).noise(0.5)
}

/// Easy questions, and a verifier that takes repetitions for progress.
fn exploitable() -> Simulation {
    let world = World {
        length: 6,
        right: 0.97,
        wrong_answers: 3,
        repetition: 0.03,
        derailed: 1.0,
        ..World::default()
    };
    Simulation::new(world).noise(0.2).bias(0.5)
}

#[test]
fn beam_search_beats_best_of_n_at_equal_cost_on_hard_questions() {
    for generations in [4, 16, 64] {
        let (beam, best) = (hard().accuracy("beam", generations), hard().accuracy("best-of-n", generations));
        assert!(beam > best + 0.2, "{generations} generations: {beam} against {best}");
    }
}

#[test]
fn beam_search_loses_on_easy_questions_as_it_exploits_the_verifier() {
    let beam = [4, 16, 64].map(|n| exploitable().accuracy("beam", n));
    let best = [4, 16, 64].map(|n| exploitable().accuracy("best-of-n", n));
    assert!(beam[0] > beam[1] + 0.1 && beam[1] > beam[2] + 0.1, "falls with the budget: {beam:?}");
    assert!(best[0] < best[1] && best[1] <= best[2] && best[2] > beam[2] + 0.5, "does not fall: {best:?}");
}

#[test]
fn independent_subtrees_resist_exploitation() {
    assert!(exploitable().accuracy("dvts", 64) > exploitable().accuracy("beam", 64) + 0.5);
}

#[test]
fn weighting_by_a_good_verifier_beats_voting() {
    let world = World { length: 6, right: 0.8, wrong_answers: 4, ..World::default() };
    for simulation in [Simulation::new(world.clone()), Simulation::new(world).outcome_verifier()] {
        for generations in [4, 16, 64] {
            let weighted = simulation.accuracy("weighted", generations);
            let majority = simulation.accuracy("majority", generations);
            assert!(weighted > majority, "{generations}: {weighted} against {majority}");
        }
    }
}

#[test]
fn revisions_rise_along_the_chain_and_spoil_four_in_ten() {
    let simulation = hard();
    let (trials, length) = (400, 6);
    let mut right = vec![0.0; length];
    let (mut were_right, mut spoiled) = (0.0, 0.0);
    for seed in 0..trials {
        let outcome = simulation.run("revisions:chains=1,rule=majority", length as u32, seed);
        let chain: Vec<_> = outcome.tree.answers().collect();
        for (attempt, &id) in chain.iter().enumerate() {
            let is_right = outcome.states[id.0 as usize].right();
            right[attempt] += f64::from(u8::from(is_right)) / trials as f64;
            if outcome.tree.node(id).origin == Origin::Revised {
                let parent = outcome.tree.node(id).parent.unwrap();
                let was = outcome.states[parent.0 as usize].right();
                were_right += f64::from(u8::from(was));
                spoiled += f64::from(u8::from(was && !is_right));
            }
        }
    }
    assert!(right[0] < right[1] && right[1] < right[3] + 0.02, "{right:?}");
    assert!((spoiled / were_right - 0.38).abs() < 0.05, "{}", spoiled / were_right);
}

#[test]
fn selecting_over_the_chain_beats_sampling_in_parallel() {
    assert!(hard().accuracy("revisions", 16) > hard().accuracy("best-of-n", 16) + 0.2);
}

#[test]
fn a_tree_that_goes_deeper_where_that_pays_beats_sampling_in_parallel() {
    assert!(hard().accuracy("ab-mcts", 16) > hard().accuracy("best-of-n", 16) + 0.2);
}

#[test]
fn where_revising_helps_one_answer_written_from_the_best_beats_the_best() {
    let (fused, voted) = (hard().accuracy("synthesis", 16), hard().accuracy("best-of-n", 16));
    assert!(fused > voted + 0.05, "{fused} against {voted}");
}

#[test]
fn revising_what_a_search_found_beats_sampling_at_equal_cost() {
    assert!(hard().accuracy("beam + revisions:length=2", 16) > hard().accuracy("best-of-n", 16) + 0.2);
}

#[test]
fn early_stopping_saves_budget_and_keeps_accuracy() {
    let world = World { length: 6, right: 0.93, wrong_answers: 6, ..World::default() };
    let simulation = Simulation::new(world);
    let trials = 200;
    let saved: u32 = (0..trials).map(|seed| simulation.run("early-stop(majority)", 64, seed).saved()).sum();
    assert!(saved / trials as u32 > 30, "saved {}", saved / trials as u32);
    let (with, without) =
        (simulation.accuracy("early-stop(majority)", 64), simulation.accuracy("majority", 64));
    assert!(with > without - 0.03, "{with} against {without}");
}
