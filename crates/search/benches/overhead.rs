//! What the executor and a strategy cost for each node they draw, with a simulated model that answers at once (its own
//! work, a generator seeded for each draw, is part of the figure; `sampling` shows nearly nothing else).

use deliberate_search::simulated::{SimulatedProposer, SimulatedReviser, SimulatedVerifier, World};
use deliberate_search::{Budget, Roles, Settings, Silent, StrategySpec, Tree, search};
use divan::counter::ItemsCount;
use futures::executor::block_on;

fn main() {
    divan::main();
}

fn run(strategy: &str, generations: u32, budget: Budget) -> Tree {
    let world = World { length: 10, ..World::default() };
    let proposer = SimulatedProposer(world.clone());
    let verifier = SimulatedVerifier::steps(0.3);
    let reviser = SimulatedReviser { world: world.clone(), rights: 0.3, spoils: 0.38 };
    let roles =
        Roles { proposer: &proposer, verifier: Some(&verifier), reviser: Some(&reviser), answers: &proposer };
    let spec: StrategySpec = strategy.parse().expect("the bench names strategies that exist");
    let sized = spec.with_generations(generations).expect("the bench gives enough generations");
    let mut strategy = sized.build().expect("it was sized");
    let settings = Settings::new(budget, 7);
    let outcome = block_on(search(world.root(), &mut *strategy, &roles, settings, &mut Silent));
    outcome.expect("all roles are there").tree
}

fn bench(bencher: divan::Bencher<'_, '_>, strategy: &str, generations: u32, budget: Budget) {
    let nodes = run(strategy, generations, budget).len();
    bencher.counter(ItemsCount::new(nodes)).bench(|| run(strategy, generations, budget));
}

#[divan::bench(args = [16, 256])]
fn sampling(bencher: divan::Bencher<'_, '_>, generations: u32) {
    bench(bencher, "majority", generations, Budget::default());
}

#[divan::bench(args = [16, 256])]
fn beam(bencher: divan::Bencher<'_, '_>, generations: u32) {
    bench(bencher, "beam", generations, Budget::default());
}

#[divan::bench(args = [16, 256])]
fn beam_within_operations(bencher: divan::Bencher<'_, '_>, generations: u32) {
    bench(bencher, "beam", generations, Budget { flops: Some(1e15), ..Budget::default() });
}

#[divan::bench(args = [16, 256])]
fn particle(bencher: divan::Bencher<'_, '_>, generations: u32) {
    bench(bencher, "particle", generations, Budget::default());
}

#[divan::bench(args = [16, 256])]
fn mcts(bencher: divan::Bencher<'_, '_>, generations: u32) {
    bench(bencher, "mcts", generations, Budget::default());
}

#[divan::bench(args = [16, 256])]
fn revisions(bencher: divan::Bencher<'_, '_>, generations: u32) {
    bench(bencher, "revisions", generations, Budget::default());
}

#[divan::bench(args = [16, 256])]
fn early_stop(bencher: divan::Bencher<'_, '_>, generations: u32) {
    bench(bencher, "early-stop:threshold=0.999999(majority)", generations, Budget::default());
}
