//! What holds for every strategy, every budget and every world, however the roles behave.

mod support;

use deliberate_search::simulated::{Sketch, World};
use deliberate_search::{
    Answers, Budget, Ended, Node, NodeId, Observer, ObserverError, Origin, Outcome, Record, Roles, Selection,
    Settings, Silent, Status, StopReason, StrategySpec, search,
};
use futures::executor::block_on;
use proptest::prelude::*;
use support::Simulation;
use support::faulty::Faulty;

/// A strategy that is no combination.
fn plain() -> impl Strategy<Value = String> {
    let rule = prop_oneof![Just(""), Just(",rule=best"), Just(",rule=majority"), Just(",aggregation=min")];
    let level = prop_oneof![Just("beam"), Just("dvts")];
    let distinct = prop_oneof![Just(""), Just(",distinct=true"), Just(",distinct=true,copies=once")];
    let branching = prop_oneof![Just("1"), Just("2"), Just("3"), Just("4"), Just("9"), Just("sqrt")];
    prop_oneof![
        Just("majority".to_owned()),
        rule.clone().prop_map(|rule| format!("best-of-n{}", rule.replacen(',', ":", 1))),
        (level, branching.clone(), 0_u32..3, rule.clone(), distinct).prop_map(
            |(level, m, k, rule, distinct)| format!("{level}:branching={m},lookahead={k}{rule}{distinct}")
        ),
        (prop_oneof![Just("0.01"), Just("0.1"), Just("10")], rule.clone())
            .prop_map(|(t, rule)| format!("rebase:temperature={t}{rule}")),
        (prop_oneof![Just("systematic"), Just("multinomial")], rule.clone())
            .prop_map(|(how, rule)| format!("particle:resampling={how}{rule}")),
        (branching, 1_u32..5, rule.clone())
            .prop_map(|(m, p, rule)| format!("mcts:branching={m},parallel={p}{rule}")),
        (1_u32..4, 1_u32..3, rule.clone()).prop_map(|(sources, fusions, rule)| format!(
            "synthesis:sources={sources},fusions={fusions}{rule}"
        )),
        (1_u32..5, 1_u32..4, rule.clone())
            .prop_map(|(p, window, rule)| format!("ab-mcts:parallel={p},window={window}{rule}")),
        (1_u32..4, 1_u32..6, rule)
            .prop_map(|(length, window, rule)| format!("revisions:length={length},window={window}{rule}")),
    ]
}

/// Any strategy, combinations included.
fn strategy() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => plain(),
        2 => (plain(), plain()).prop_map(|(one, other)| format!("{one} + {other}")),
        2 => (plain(), 1_u32..6).prop_map(|(inner, chunk)| format!("early-stop:chunk={chunk}({inner})")),
        1 => (plain(), plain(), plain()).prop_map(|(a, b, c)| format!("early-stop({a} + {b}) + {c}")),
    ]
}

prop_compose! {
    fn world()(
        question in 0_u64..30,
        length in 1_u32..7,
        step_units in 1_u64..10,
        right in 0.0..=1.0,
        wrong_answers in 1_u32..8,
        repetition in prop_oneof![Just(0.0), Just(0.3)],
        silent in prop_oneof![Just(0.0), Just(0.3), Just(1.0)],
        empty in prop_oneof![4 => Just(0.0), 1 => Just(0.3), 1 => Just(1.0)],
        choices in prop_oneof![2 => Just(None), 1 => (1_u64..4).prop_map(Some)],
    ) -> World {
        World { question, length, step_units, right, wrong_answers, repetition, derailed: 0.5, silent, empty, choices }
    }
}

prop_compose! {
    fn budget()(
        generations in proptest::option::of(0_u32..24),
        units in proptest::option::of(0_u64..400),
        flops in proptest::option::of(0.0..200_000.0_f64),
    ) -> Budget {
        Budget { generations, units, flops: flops.map(f64::round) }
    }
}

prop_compose! {
    fn roles()(
        world in world(),
        rate in prop_oneof![2 => Just(0.0), 2 => Just(0.2), 1 => Just(1.0)],
        whole in any::<bool>(),
    ) -> Faulty {
        let inner = Simulation::new(world);
        let inner = if whole { inner.outcome_verifier() } else { inner };
        Faulty { inner, rate, backwards: false }
    }
}

/// Remembers the bill at its highest, and every record.
#[derive(Default)]
struct Journal(Vec<Record<Sketch>>);

impl Observer<Sketch> for Journal {
    fn performed(&mut self, record: &Record<Sketch>) -> Result<(), ObserverError> {
        self.0.push(record.clone());
        Ok(())
    }
}

fn run(
    faulty: &Faulty,
    spec: &StrategySpec,
    settings: Settings<Sketch>,
    observer: &mut dyn Observer<Sketch>,
) -> Outcome<Sketch> {
    let roles = Roles {
        proposer: faulty,
        verifier: Some(faulty),
        reviser: Some(faulty),
        answers: &faulty.inner.proposer,
    };
    let root = faulty.inner.proposer.0.root();
    let mut strategy = spec.build().unwrap();
    block_on(search(root, &mut *strategy, &roles, settings, observer)).unwrap()
}

/// Generations recounted from the tree; failed draws are not in it.
fn recount(outcome: &Outcome<Sketch>) -> u32 {
    let mut depths: std::collections::BTreeMap<u32, u32> = std::collections::BTreeMap::new();
    let parent = |node: &Node| node.parent.filter(|_| node.origin != Origin::Revised);
    for (_, node) in outcome.tree.iter().skip(1) {
        let from = parent(node).map_or(0, |id| outcome.tree.node(id).steps);
        for depth in from..node.steps.max(from + 1) {
            *depths.entry(depth).or_default() += 1;
        }
    }
    depths.values().copied().max().unwrap_or(0)
}

fn check_tree(outcome: &Outcome<Sketch>, faulty: &Faulty, spec: &StrategySpec) {
    let tree = &outcome.tree;
    let ledger = &outcome.ledger;
    let sums = tree.iter().fold((0_u64, 0.0), |(units, flops), (_, node)| {
        (
            node.verifying.units.saturating_add(node.drawing.units).saturating_add(units),
            flops + node.drawing.flops + node.verifying.flops,
        )
    });
    assert_eq!(sums.0, ledger.charged.units);
    assert!((sums.1 - ledger.charged.flops).abs() < 1e-6, "{} is not {}", sums.1, ledger.charged.flops);
    if faulty.rate == 0.0 {
        assert_eq!(recount(outcome), ledger.generations);
    }
    let mut seeds = std::collections::BTreeSet::new();
    let mut trails = std::collections::BTreeSet::new();
    let answers = &faulty.inner.proposer;
    let classed: Vec<(NodeId, &Node)> = tree.iter().filter(|(_, node)| node.class.is_some()).collect();
    for (id, node) in tree.iter() {
        let state = &outcome.states[id.0 as usize];
        assert!(seeds.insert(node.seed), "every draw has its own seed");
        let whole = node.status != Status::Truncated;
        let trail = state.steps.last().map(|step| step.trail).filter(|_| whole);
        let alike = faulty.inner.proposer.0.choices.is_some();
        assert!(alike || trail.is_none_or(|trail| trails.insert(trail)), "nothing is drawn twice");
        if let Some(first) = node.copy_of {
            let (one, other) = (tree.node(first), &outcome.states[first.0 as usize]);
            assert!(first < id && one.copy_of.is_none() && one.status == node.status);
            assert!(answers.copies(other, state) && one.class == node.class);
        }
        assert!(node.scores.is_none() || node.failure.is_none());
        if node.status != Status::Open || node.origin == Origin::Lookahead {
            let grown = node.children.iter().filter(|&&id| tree.node(id).origin != Origin::Revised).count();
            assert_eq!(grown, 0, "only open prefixes are extended");
        }
        if let Some(scores) = &node.scores {
            assert!(scores.iter().all(|score| (0.0..=1.0).contains(score)));
            // A prefix's scores come with its verified descendant's; anyone else's were asked and paid for.
            let read = node.verifying.flops > 0.0 || node.units == tree.node(node.parent.unwrap()).units;
            assert!(read, "node {} has scores and was not verified", id.0);
        }
        let answers_here = node.status == Status::Complete && node.origin != Origin::Lookahead;
        assert_eq!(node.class.is_some(), answers_here && answers.given(state));
    }
    for (one, a) in &classed {
        for (other, b) in &classed {
            let same = answers.same(&outcome.states[one.0 as usize], &outcome.states[other.0 as usize]);
            assert_eq!(same, a.class == b.class, "votes go by equivalence");
        }
    }
    match outcome.choice.node {
        Some(id) => {
            assert_eq!(tree.node(id).status, Status::Complete);
            assert_ne!(tree.node(id).origin, Origin::Lookahead);
        }
        None => assert!(
            tree.answers().count() == 0
                || matches!(&outcome.ended, Ended::Failed { role, .. } if role == "verifier"),
            "an answer exists and none was returned: {:?}",
            outcome.ended
        ),
    }
    // Where a budget ends a sequence early, the stage that was running chooses.
    if spec.selection() == Selection::MAJORITY && outcome.ended == Ended::Stopped(StopReason::Finished) {
        let most = outcome.choice.votes.iter().map(|vote| vote.count).max();
        assert_eq!(outcome.choice.votes.first().map(|vote| vote.count), most);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 700, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_budget_is_ever_passed_and_the_bill_adds_up(
        text in strategy(), generations in 6_u32..20, budget in budget(), faulty in roles(), seed: u64,
    ) {
        let Ok(spec) = text.parse::<StrategySpec>().unwrap().with_generations(generations) else {
            return Ok(());
        };
        let outcome = run(&faulty, &spec, Settings::new(budget, seed), &mut Silent);
        prop_assert!(budget.generations.is_none_or(|limit| outcome.ledger.generations <= limit));
        prop_assert!(budget.units.is_none_or(|limit| outcome.ledger.charged.units <= limit));
        prop_assert!(budget.flops.is_none_or(|limit| outcome.ledger.charged.flops <= limit));
        prop_assert!(outcome.ledger.generations <= generations, "{} for {spec}", outcome.ledger.generations);
        let failed = matches!(outcome.ended, Ended::Failed { .. });
        prop_assert!(!failed || outcome.ledger.failures > 0);
        check_tree(&outcome, &faulty, &spec);
    }

    #[test]
    fn the_same_seed_gives_the_same_tree_in_whatever_order_the_roles_work(
        text in strategy(), generations in 6_u32..20, budget in budget(), faulty in roles(), seed: u64,
    ) {
        let Ok(spec) = text.parse::<StrategySpec>().unwrap().with_generations(generations) else {
            return Ok(());
        };
        let forwards = run(&faulty, &spec, Settings::new(budget, seed), &mut Silent);
        let backwards = Faulty { backwards: true, ..faulty };
        let again = run(&backwards, &spec, Settings::new(budget, seed), &mut Silent);
        prop_assert!(forwards.tree == again.tree);
        prop_assert_eq!(forwards.choice, again.choice);
    }

    #[test]
    fn a_checkpoint_cut_anywhere_resumes_to_the_same_tree(
        text in strategy(), generations in 6_u32..20, budget in budget(), faulty in roles(), seed: u64,
        cut: prop::sample::Index,
    ) {
        let Ok(spec) = text.parse::<StrategySpec>().unwrap().with_generations(generations) else {
            return Ok(());
        };
        let mut whole = Journal::default();
        let expected = run(&faulty, &spec, Settings::new(budget, seed), &mut whole);
        let cut = cut.index(whole.0.len() + 1);
        let settings = Settings { checkpoint: whole.0[..cut].to_vec(), ..Settings::new(budget, seed) };
        let mut missing = Journal::default();
        let resumed = run(&faulty, &spec, settings, &mut missing);
        prop_assert!(resumed.tree == expected.tree);
        prop_assert_eq!(resumed.choice, expected.choice);
        prop_assert_eq!(missing.0.len() + cut, whole.0.len());
    }

    #[test]
    fn specifications_round_trip_and_cost_at_most_their_budget(text in strategy(), generations in 0_u32..300) {
        let spec = text.parse::<StrategySpec>().unwrap();
        prop_assert_eq!(&spec.to_string().parse::<StrategySpec>().unwrap(), &spec);
        let data = serde_json::to_value(&spec).unwrap();
        prop_assert_eq!(&serde_json::from_value::<StrategySpec>(data).unwrap(), &spec);
        if let Ok(sized) = spec.with_generations(generations) {
            prop_assert!(sized.cost().unwrap() <= generations);
            prop_assert_eq!(sized.build().unwrap().generations(), sized.cost());
            prop_assert_eq!(&sized.to_string().parse::<StrategySpec>().unwrap(), &sized);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[a-z:=,.()+ 0-9-]{0,40}") {
        if let Ok(spec) = text.parse::<StrategySpec>() {
            prop_assert_eq!(spec.to_string().parse::<StrategySpec>().unwrap(), spec);
        }
    }
}
