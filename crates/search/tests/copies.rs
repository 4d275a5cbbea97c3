//! Equal states are copies: the domain tells, the tree remembers, strategies and votes read it.

mod support;

use deliberate_search::Budget;
use deliberate_search::simulated::{Sketch, World};
use deliberate_search::{
    Answer, Assessed, Granularity, NodeId, Origin, Outcome, Roles, Settings, Silent, Status, Tree, Usage,
    Verification, Verifier, search,
};
use futures::executor::block_on;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use support::{Simulation, children, spec, widths};

/// Few different steps: most of a level are copies.
fn narrow(choices: u64) -> Simulation {
    Simulation::new(World { length: 4, choices: Some(choices), ..World::default() })
}

/// Gives every step a score by a function of its trail and of how many it has scored.
struct Scores<F>(F, AtomicU64);

impl<F: Fn(u64, u64) -> f64 + Send + Sync> Verifier<Sketch> for Scores<F> {
    fn verify<'a>(&'a self, batch: &'a [Verification<'a, Sketch>]) -> Answer<'a, Assessed> {
        let score = |trail| (self.0)(trail, self.1.fetch_add(1, Ordering::Relaxed));
        let scores = batch.iter().map(|one| {
            let new = one.state.steps.iter().skip(one.known.len());
            Ok(new.map(|step| score(step.trail)).collect())
        });
        let scores = scores.collect();
        Box::pin(std::future::ready(Ok(Assessed { scores, usage: Usage::default() })))
    }
    fn granularity(&self) -> Granularity {
        Granularity::Step
    }
}

fn run(
    simulation: &Simulation,
    strategy: &str,
    seed: u64,
    score: impl Fn(u64, u64) -> f64 + Send + Sync,
) -> Outcome<Sketch> {
    let verifier = Scores(score, AtomicU64::new(0));
    let roles = Roles { verifier: Some(&verifier), ..simulation.roles() };
    let mut strategy = spec(strategy, 16).build().unwrap();
    let settings = Settings::new(Budget::default(), seed);
    block_on(search(simulation.proposer.0.root(), &mut *strategy, &roles, settings, &mut Silent)).unwrap()
}

/// Prefixes of one step that were gone on from.
fn kept(tree: &Tree) -> Vec<NodeId> {
    let first = children(tree, NodeId::ROOT, Origin::Extended);
    first.into_iter().filter(|&id| !tree.node(id).children.is_empty()).collect()
}

fn originals(tree: &Tree, nodes: &[NodeId]) -> BTreeSet<NodeId> {
    nodes.iter().map(|&id| tree.original(id)).collect()
}

#[test]
fn a_copy_points_to_the_first_node_with_its_state() {
    let tree = narrow(2).run("majority", 16, 0).tree;
    let first: BTreeSet<NodeId> = originals(&tree, &tree.answers().collect::<Vec<_>>());
    assert!(first.len() < 16 && first.iter().all(|&id| tree.node(id).copy_of.is_none()));
    let unalike = Simulation::new(World::default()).run("majority", 16, 0).tree;
    assert!(unalike.iter().all(|(_, node)| node.copy_of.is_none()));
}

#[test]
fn different_prefixes_with_equal_scores_are_all_kept() {
    for seed in 0..20 {
        let tree = run(&narrow(40), "beam:branching=4,distinct=true", seed, |_, _| 0.5).tree;
        let first = originals(&tree, &children(&tree, NodeId::ROOT, Origin::Extended));
        let kept = kept(&tree);
        assert_eq!((kept.len(), originals(&tree, &kept).len()), (4.min(first.len()), kept.len()), "{seed}");
    }
}

#[test]
fn equal_prefixes_with_unequal_scores_are_one() {
    // What a verifier of another batch size would do: the last bits differ with every call.
    let jitter = |trail: u64, call: u64| 0.5 + (trail % 7) as f64 / 20.0 + call as f64 * 1e-12;
    for seed in 0..20 {
        let tree = run(&narrow(6), "beam:branching=4,distinct=true", seed, jitter).tree;
        let kept = kept(&tree);
        assert_eq!(originals(&tree, &kept).len(), kept.len(), "{seed}");
        let plain = run(&narrow(6), "beam:branching=4", seed, jitter).tree;
        let copies = self::kept(&plain);
        assert_eq!(copies.len(), 4, "{seed}");
    }
}

#[test]
fn a_distinct_search_is_as_wide_on_every_level_however_few_prefixes_differ() {
    for strategy in ["beam:branching=2", "beam:branching=4", "dvts:branching=4", "rebase:temperature=0.1"] {
        for (choices, seed) in [1, 2, 3, 5].into_iter().zip(0..) {
            let strategy = format!("{strategy},distinct=true");
            let tree = run(&narrow(choices), &strategy, seed, |trail, _| (trail % 9) as f64 / 10.0).tree;
            assert_eq!(widths(&tree), "1:16 2:16 3:16 4:16", "{strategy} {choices}");
        }
    }
}

#[test]
fn subtrees_of_a_distinct_search_begin_with_different_prefixes() {
    let distinct = |strategy: &str| -> usize {
        (0..20)
            .map(|seed| {
                let tree = run(&narrow(5), strategy, seed, |trail, _| (trail % 9) as f64 / 10.0).tree;
                originals(&tree, &kept(&tree)).len()
            })
            .sum()
    };
    assert!(distinct("dvts:distinct=true") >= 20 * 4 - 3);
    assert!(distinct("dvts") < 20 * 3);
}

#[test]
fn copies_of_a_finished_solution_take_up_one_place() {
    let mut wider = 0;
    for choices in 2..40 {
        let world =
            World { length: 1, repetition: 0.6, derailed: 0.0, choices: Some(choices), ..World::default() };
        let simulation = Simulation::new(world);
        let [plain, distinct] = ["beam", "beam:distinct=true"].map(|s| simulation.run(s, 16, choices).tree);
        let mut finished = children(&plain, NodeId::ROOT, Origin::Extended);
        finished.retain(|&id| plain.node(id).status == Status::Complete);
        let different = originals(&plain, &finished).len();
        let second = |tree: &Tree| tree.iter().filter(|(_, node)| node.steps == 2).count();
        if finished.len() < 16 {
            assert_eq!(
                (second(&plain), second(&distinct)),
                (16 - finished.len(), 16 - different),
                "{choices}"
            );
            wider += usize::from(different < finished.len());
        }
    }
    assert!(wider > 5);
}

#[test]
fn an_option_says_whether_copies_vote() {
    for seed in 0..10 {
        let simulation = narrow(2);
        let count = simulation.run("majority", 32, seed);
        let once = simulation.run("majority:copies=once", 32, seed);
        assert_eq!(count.tree, once.tree);
        let votes = |outcome: &Outcome<_>| outcome.choice.votes.iter().map(|vote| vote.count).sum::<u32>();
        let different = originals(&count.tree, &count.tree.answers().collect::<Vec<_>>()).len();
        assert_eq!((votes(&count), votes(&once)), (32, different as u32));
    }
}

#[test]
fn more_different_solutions_are_found_where_copies_are_one() {
    let simulation =
        Simulation::new(World { length: 6, right: 0.6, choices: Some(3), ..World::default() }).noise(0.4);
    let different = |strategy: &str| -> usize {
        (0..40)
            .map(|seed| {
                let tree = simulation.run(strategy, 16, seed).tree;
                originals(&tree, &tree.answers().collect::<Vec<_>>()).len()
            })
            .sum()
    };
    let (plain, distinct) = (different("beam"), different("beam:distinct=true"));
    assert!(distinct > 2 * plain, "{distinct} against {plain}");
}
