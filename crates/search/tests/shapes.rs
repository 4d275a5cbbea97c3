//! What each strategy draws, what it scores, and what that costs.

mod support;

use deliberate_search::simulated::World;
use deliberate_search::{Budget, Ended, NodeId, Origin, Status, StopReason};
use insta::assert_snapshot;
use support::{Simulation, children, widths};

fn straight(length: u32) -> Simulation {
    Simulation::new(World { length, ..World::default() })
}

#[test]
fn beam_is_as_wide_at_the_first_level_as_later() {
    assert_snapshot!(widths(&straight(3).run("beam:branching=4", 8, 7).tree), @"1:8 2:8 3:8");
    assert_snapshot!(widths(&straight(3).run("beam:branching=sqrt", 16, 7).tree), @"1:16 2:16 3:16");
    assert_snapshot!(widths(&straight(3).run("beam:branching=3", 8, 7).tree), @"1:8 2:8 3:8");
    assert_snapshot!(widths(&straight(3).run("beam:branching=16", 8, 7).tree), @"1:8 2:8 3:8");
}

#[test]
fn every_level_wise_search_has_the_same_widths() {
    for strategy in ["dvts", "dvts:branching=3", "rebase", "particle", "particle:resampling=multinomial"] {
        assert_eq!(widths(&straight(4).run(strategy, 8, 1).tree), "1:8 2:8 3:8 4:8", "{strategy}");
    }
}

#[test]
fn beam_keeps_the_best_scored_prefixes() {
    let tree = straight(2).run("beam:branching=4", 8, 3).tree;
    let first = children(&tree, NodeId::ROOT, Origin::Extended);
    let score = |id: NodeId| tree.node(id).scores.as_ref().unwrap()[0];
    let kept: Vec<NodeId> = first.iter().copied().filter(|&id| !tree.node(id).children.is_empty()).collect();
    assert!(kept.iter().all(|&id| tree.node(id).children.len() == 4));
    let worst = kept.iter().map(|&id| score(id)).fold(1.0, f64::min);
    let better = first.iter().filter(|&&id| score(id) > worst).count();
    assert_eq!((kept.len(), better), (2, 1));
}

#[test]
fn dvts_keeps_one_prefix_in_each_subtree() {
    let tree = straight(3).run("dvts:branching=4", 8, 3).tree;
    let first = children(&tree, NodeId::ROOT, Origin::Extended);
    for subtree in first.chunks(4) {
        let grown = subtree.iter().filter(|&&id| !tree.node(id).children.is_empty()).count();
        assert_eq!(grown, 1);
    }
}

#[test]
fn lookahead_costs_k_plus_one_times_as_much() {
    for (k, cost) in [(0, 4), (1, 8), (3, 16)] {
        let strategy = format!("beam:generations=4,branching=2,lookahead={k}");
        let outcome = straight(10).run(&strategy, 64, 5);
        assert_eq!((outcome.ledger.generations, outcome.planned), (cost, Some(cost)), "k = {k}");
        let within = straight(10).run_within(&strategy, 64, Budget::generations(cost), 5);
        assert_eq!(within.tree, outcome.tree, "a budget of exactly its cost does not bind");
        assert_eq!(within.ended, Ended::Stopped(StopReason::Finished));
    }
}

#[test]
fn lookahead_changes_what_is_scored() {
    let tree = straight(4).run("beam:generations=4,branching=2,lookahead=2", 64, 5).tree;
    for id in children(&tree, NodeId::ROOT, Origin::Extended) {
        let rollouts = children(&tree, id, Origin::Lookahead);
        assert_eq!(rollouts.len(), 1);
        let rollout = tree.node(rollouts[0]);
        assert_eq!((rollout.steps, rollout.scores.as_ref().map(Vec::len)), (3, Some(3)));
        assert!(rollout.children.is_empty() && rollout.class.is_none());
    }
    let seeds = 0..20;
    let differs = seeds.filter(|&seed| {
        let plain = straight(4).run("beam:generations=4,branching=2", 64, seed);
        let ahead = straight(4).run("beam:generations=4,branching=2,lookahead=2", 64, seed);
        let grown = |tree: &deliberate_search::Tree| -> Vec<usize> {
            let first = children(tree, NodeId::ROOT, Origin::Extended);
            (0..first.len()).filter(|&i| !children(tree, first[i], Origin::Extended).is_empty()).collect()
        };
        grown(&plain.tree) != grown(&ahead.tree)
    });
    assert!(differs.count() > 5, "lookahead must change which prefixes are kept");
}

#[test]
fn finished_beams_are_kept_take_up_their_place_and_are_never_extended() {
    let world = World { length: 3, repetition: 0.4, ..World::default() };
    for strategy in ["beam", "beam:lookahead=1", "dvts", "rebase"] {
        for seed in 0..20 {
            let tree = Simulation::new(world.clone()).run(strategy, 16, seed).tree;
            let places = if strategy.contains("lookahead") { 8 } else { 16 };
            assert_eq!(tree.answers().count(), places, "{strategy} {seed}");
            assert!(tree.answers().all(|id| tree.node(id).children.is_empty()));
        }
    }
}

#[test]
fn a_truncated_beam_is_never_an_answer_and_never_extended() {
    let budget = Budget { units: Some(120), ..Budget::default() };
    let mut truncated = 0;
    for seed in 0..20 {
        let outcome = straight(5).run_within("beam", 8, budget, seed);
        for (id, node) in outcome.tree.iter().filter(|(_, node)| node.status == Status::Truncated) {
            truncated += 1;
            assert!(node.children.is_empty() && node.class.is_none() && node.scores.is_none());
            assert_ne!(outcome.choice.node, Some(id));
        }
    }
    assert!(truncated > 0);
}

#[test]
fn solutions_that_never_end_are_given_up_after_forty_rounds() {
    let outcome = straight(1000).run("beam", 4, 0);
    assert_eq!(outcome.tree.iter().map(|(_, node)| node.steps).max(), Some(40));
    assert_eq!(outcome.answer(), None);
}

#[test]
fn the_cost_is_the_sum_over_the_nodes() {
    let world = World { length: 4, repetition: 0.2, ..World::default() };
    for strategy in [
        "majority",
        "best-of-n",
        "beam:lookahead=1",
        "mcts",
        "revisions",
        "synthesis",
        "ab-mcts",
        "beam + revisions",
    ] {
        let outcome = Simulation::new(world.clone()).run(strategy, 12, 9);
        let mut units = 0;
        let mut flops = 0.0;
        for (_, node) in outcome.tree.iter() {
            units += node.drawing.units + node.verifying.units;
            flops += node.drawing.flops + node.verifying.flops;
        }
        assert_eq!(outcome.ledger.charged.units, units, "{strategy}");
        assert!((outcome.ledger.charged.flops - flops).abs() < 1e-6, "{strategy}");
        assert_eq!(units, outcome.ledger.proposer.decoded + outcome.ledger.reviser.decoded, "{strategy}");
    }
}

#[test]
fn a_shared_prefix_is_drawn_and_verified_once() {
    let tree = straight(4).run("beam", 8, 2).tree;
    let units: u64 = tree.iter().map(|(_, node)| node.drawing.units).sum();
    let copied: u64 = tree.answers().map(|id| tree.node(id).units - 20).sum();
    assert!(units != copied, "a beam does not inherit its parent's count");
    let verified: f64 = tree.iter().map(|(_, node)| node.verifying.flops).sum();
    let read: f64 = tree
        .iter()
        .map(|(_, node)| {
            let start = node.parent.map_or(0, |parent| tree.node(parent).units);
            deliberate_search::simulated::flops(start..node.units)
        })
        .sum();
    assert!((verified - read).abs() < 1e-6, "the question included");
}

#[test]
fn revisions_draw_chains_times_length_and_show_the_latest_four() {
    let outcome = straight(3).run("revisions:chains=2,length=7,rule=majority", 14, 4);
    let revised = outcome.tree.iter().filter(|(_, node)| node.origin == Origin::Revised).count();
    assert_eq!((revised, outcome.tree.answers().count(), outcome.ledger.generations), (12, 14, 14));
    // The opening is the question (20 units) and the attempts shown.
    for (id, node) in outcome.tree.iter().filter(|(_, node)| node.origin == Origin::Revised) {
        let shown: u64 = outcome
            .tree
            .ancestry(id)
            .skip(1)
            .filter(|&id| id != NodeId::ROOT)
            .take(4)
            .map(|id| outcome.states[id.0 as usize].units - outcome.states[id.0 as usize].opening)
            .sum();
        assert_eq!(node.units, 20 + shown + node.drawing.units);
    }
}

#[test]
fn revisions_after_a_search_begin_with_its_best_answers() {
    let outcome = straight(3).run("beam:generations=8 + revisions:chains=2,length=2", 12, 4);
    let tree = &outcome.tree;
    let last = deliberate_search::Aggregation::Last;
    let mut drawn: Vec<NodeId> =
        tree.answers().filter(|&id| tree.node(id).origin == Origin::Extended).collect();
    drawn.sort_by(|&a, &b| {
        tree.score(b, last).unwrap().total_cmp(&tree.score(a, last).unwrap()).then(a.cmp(&b))
    });
    let mut heads: Vec<NodeId> =
        drawn.iter().copied().filter(|&id| !tree.node(id).children.is_empty()).collect();
    heads.sort_by_key(|id| drawn.iter().position(|other| other == id));
    assert_eq!(heads, drawn[..2]);
    assert_eq!((tree.answers().count(), outcome.ledger.generations), (12, 12));
}

#[test]
fn mcts_uses_its_budget_and_scores_every_step() {
    let outcome = straight(4).run("mcts", 16, 1);
    assert_eq!(outcome.ledger.generations, 16);
    assert!(outcome.tree.iter().skip(1).all(|(_, node)| node.scores.is_some()));
    assert!(outcome.tree.answers().count() >= 8);
    assert_snapshot!(widths(&straight(1).run("mcts", 16, 1).tree), @"1:16");
    assert_snapshot!(widths(&straight(4).run("mcts:simulations=3,parallel=1", 16, 1).tree), @"1:4 2:8");
}

#[test]
fn early_stopping_ends_between_chunks() {
    let certain = Simulation::new(World { right: 1.0, ..World::default() });
    let outcome = certain.run("early-stop(majority)", 64, 0);
    assert!(matches!(outcome.ended, Ended::Stopped(StopReason::Confident { posterior }) if posterior > 0.95));
    assert_eq!((outcome.ledger.generations, outcome.saved()), (4, 60));
    let chunked = certain.run("early-stop:threshold=0.999999,chunk=5(majority)", 64, 0);
    assert_eq!(chunked.ledger.generations, 20);
    let revised = certain.run("early-stop(revisions:chains=4)", 64, 0);
    assert!(revised.saved() > 40);
}

#[test]
fn early_stopping_that_never_stops_changes_nothing() {
    let unsure = Simulation::new(World { right: 0.5, wrong_answers: 1000, ..World::default() });
    let plain = unsure.run("best-of-n", 16, 3);
    let wrapped = unsure.run("early-stop:threshold=0.9999999999(best-of-n)", 16, 3);
    assert_eq!(wrapped.ended, Ended::Stopped(StopReason::Finished));
    let seeds = |outcome: &deliberate_search::Outcome<_>| -> Vec<u64> {
        outcome.tree.iter().map(|(_, node)| node.seed).collect()
    };
    assert_eq!(seeds(&plain), seeds(&wrapped));
    assert_eq!(plain.choice, wrapped.choice);
    assert_eq!(wrapped.saved(), 0);
}

#[test]
fn a_verification_that_was_refused_does_not_make_the_next_one_cheap() {
    // Reading the question costs 2400 operations, which is more than what is left after drawing.
    let simulation = Simulation::new(World { length: 1, step_units: 1, ..World::default() });
    for flops in (2400..8000).step_by(50) {
        let budget = Budget { flops: Some(f64::from(flops)), ..Budget::default() };
        let outcome = simulation.run_within("best-of-n", 7, budget, 0);
        assert!(outcome.ledger.charged.flops <= f64::from(flops));
        let drawn = outcome.tree.answers().count();
        let scored = outcome.tree.answers().filter(|&id| outcome.tree.node(id).scores.is_some()).count();
        assert_eq!(drawn, scored, "what is drawn can be verified too, with {flops} operations");
    }
}

#[test]
fn finished_particles_are_resampled_with_the_others() {
    let world = World { length: 3, repetition: 0.4, ..World::default() };
    let (mut fewer, mut more) = (0, 0);
    for seed in 0..40 {
        let tree = Simulation::new(world.clone()).run("particle", 16, seed).tree;
        let level = |depth: u32| tree.iter().filter(move |(_, node)| node.steps == depth);
        let widths: Vec<usize> = (1..=6).map(|depth| level(depth).count()).collect();
        assert!(widths.iter().all(|&width| width <= 16), "{widths:?}");
        let finished = level(3).filter(|(_, node)| node.status == Status::Complete).count();
        // With a place for each finished solution and no more, 16 − finished would go on.
        fewer += u32::from(widths[3] + finished < 16);
        more += u32::from(widths[3] + finished > 16 && finished < 16);
        assert!(tree.answers().all(|id| tree.node(id).children.is_empty()));
    }
    assert!(fewer > 0 && more > 0, "{fewer} {more}");
}
