//! The search core knows no text: a combination lock whose wheels click when they are right.
//!
//! A state is the wheels that were set so far. The proposer sets the next one at random, the verifier listens: its score is the
//! share of wheels that clicked. Whoever sets all wheels before listening needs luck; a beam of one prefix with sixteen
//! continuations goes on from what clicked.
//!
//! ~~~sh
//! cargo run --release -p deliberate --example own_state
//! ~~~

use deliberate::search::{
    Answer, Answers, Assessed, Budget, Drawn, Expansion, Granularity, Proposal, Proposer, Reach, Roles,
    Settings, Silent, State, Status, StrategySpec, Usage, Verification, Verifier, mix, search,
};

const COMBINATION: [u64; 8] = [3, 1, 4, 1, 5, 0, 2, 5];
/// Positions of a wheel.
const POSITIONS: u64 = 6;

/// Positions of the wheels that were set.
#[derive(Debug, Clone, PartialEq)]
struct Wheels(Vec<u64>);

impl State for Wheels {
    fn steps(&self) -> u32 {
        self.0.len() as u32
    }
    /// A wheel is a unit.
    fn units(&self) -> u64 {
        self.0.len() as u64
    }
}

/// All roles in one.
struct Lock;

impl Proposer<Wheels> for Lock {
    fn propose<'a>(&'a self, batch: &'a [Expansion<'a, Wheels>]) -> Answer<'a, Drawn<Wheels>> {
        let draw = |expansion: &Expansion<'_, Wheels>, seed: u64| {
            let mut wheels = expansion.state.0.clone();
            let begun = wheels.len();
            let upto = match expansion.reach {
                Reach::Steps(wheels) => COMBINATION.len().min(begun + wheels as usize),
                Reach::End => COMBINATION.len(),
            };
            wheels.extend((begun..upto).map(|wheel| mix(seed, wheel as u64) % POSITIONS));
            let status = if upto == COMBINATION.len() { Status::Complete } else { Status::Open };
            Ok(Proposal { state: Wheels(wheels), status, drawn: (upto - begun) as u64 })
        };
        let drawn = batch.iter().map(|e| e.seeds.iter().map(|&seed| draw(e, seed)).collect()).collect();
        Box::pin(async { Ok(Drawn { drawn, usage: Usage::default() }) })
    }
}

impl Verifier<Wheels> for Lock {
    fn verify<'a>(&'a self, batch: &'a [Verification<'a, Wheels>]) -> Answer<'a, Assessed> {
        let clicks = |wheels: &Wheels| {
            let right = wheels.0.iter().zip(COMBINATION).filter(|(set, right)| **set == *right).count();
            right as f64 / wheels.0.len().max(1) as f64
        };
        let scores = batch.iter().map(|v| Ok(vec![clicks(v.state)])).collect();
        Box::pin(async { Ok(Assessed { scores, usage: Usage::default() }) })
    }
    /// All wheels have one score.
    fn granularity(&self) -> Granularity {
        Granularity::Whole
    }
}

impl Answers<Wheels> for Lock {
    fn given(&self, _: &Wheels) -> bool {
        true
    }
    fn same(&self, one: &Wheels, other: &Wheels) -> bool {
        one == other
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let roles = Roles { proposer: &Lock, verifier: Some(&Lock), reviser: None, answers: &Lock };
    for strategy in ["best-of-n:rule=best", "beam:branching=16,rule=best"] {
        let spec: StrategySpec = strategy.parse()?;
        let mut opened = 0;
        for seed in 0..100 {
            let mut strategy = spec.clone().with_generations(16)?.build()?;
            let settings = Settings::new(Budget::generations(16), seed);
            let mut silent = Silent;
            let searching = search(Wheels(Vec::new()), &mut *strategy, &roles, settings, &mut silent);
            let outcome = futures::executor::block_on(searching)?;
            opened += u32::from(outcome.answer().is_some_and(|wheels| wheels.0 == COMBINATION));
        }
        println!("{strategy}: {opened} of 100 searches open the lock");
    }
    Ok(())
}
