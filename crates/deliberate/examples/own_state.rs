//! The search core knows no text: eight queens on a board, none of which attacks another.
//!
//! A state is a board with queens in its first rows. The proposer puts one into the next row at random, where nothing
//! attacks it; the verifier counts how many squares of the rows to come are still safe; beam search does the rest.
//!
//! ~~~sh
//! cargo run --release -p deliberate --example own_state
//! ~~~

use deliberate::search::{
    Answer, Answers, Assessed, Budget, Drawn, Expansion, Failure, Granularity, Proposal, Proposer, Reach,
    Roles, Settings, Silent, State, Status, StrategySpec, Usage, Verification, Verifier, mix, search,
};

const SIZE: usize = 8;

/// Columns of the queens, row by row.
#[derive(Debug, Clone, PartialEq)]
struct Board(Vec<usize>);

impl Board {
    /// Columns of a row that no queen attacks.
    fn safe(&self, row: usize) -> Vec<usize> {
        let attacked = |column: usize| {
            self.0.iter().enumerate().any(|(r, &c)| c == column || c.abs_diff(column) == row - r)
        };
        (0..SIZE).filter(|&column| !attacked(column)).collect()
    }
}

impl State for Board {
    fn steps(&self) -> u32 {
        self.0.len() as u32
    }
    /// A queen is a unit.
    fn units(&self) -> u64 {
        self.0.len() as u64
    }
}

/// All roles in one.
struct Queens;

impl Proposer<Board> for Queens {
    fn propose<'a>(&'a self, batch: &'a [Expansion<'a, Board>]) -> Answer<'a, Drawn<Board>> {
        let draw = |expansion: &Expansion<'_, Board>, seed: u64| {
            let mut columns = expansion.state.0.clone();
            let rows = match expansion.reach {
                Reach::Steps(rows) => SIZE.min(columns.len() + rows as usize),
                Reach::End => SIZE,
            };
            let begun = columns.len();
            for row in begun..rows {
                let safe = Board(columns.clone()).safe(row);
                if safe.is_empty() {
                    return Err(Failure { reason: format!("row {row} has no safe square") });
                }
                columns.push(safe[(mix(seed, row as u64) % safe.len() as u64) as usize]);
            }
            let status = if rows == SIZE { Status::Complete } else { Status::Open };
            Ok(Proposal { state: Board(columns), status, drawn: (rows - begun) as u64 })
        };
        let drawn = batch.iter().map(|e| e.seeds.iter().map(|&seed| draw(e, seed)).collect()).collect();
        Box::pin(async { Ok(Drawn { drawn, usage: Usage::default() }) })
    }
}

impl Verifier<Board> for Queens {
    fn verify<'a>(&'a self, batch: &'a [Verification<'a, Board>]) -> Answer<'a, Assessed> {
        let score = |board: &Board| {
            let rows: Vec<usize> = (board.0.len()..SIZE).map(|row| board.safe(row).len()).collect();
            let scarcest = rows.iter().min().copied().unwrap_or(SIZE);
            scarcest as f64 / SIZE as f64
        };
        let scores = batch.iter().map(|v| Ok(vec![score(v.state)])).collect();
        Box::pin(async { Ok(Assessed { scores, usage: Usage::default() }) })
    }
    /// A board is scored as a whole.
    fn granularity(&self) -> Granularity {
        Granularity::Whole
    }
}

impl Answers<Board> for Queens {
    fn given(&self, _: &Board) -> bool {
        true
    }
    fn same(&self, one: &Board, other: &Board) -> bool {
        one == other
    }
    fn copies(&self, one: &Board, other: &Board) -> bool {
        one == other
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let roles = Roles { proposer: &Queens, verifier: Some(&Queens), reviser: None, answers: &Queens };
    for strategy in ["best-of-n", "beam:branching=4,distinct=true"] {
        let spec: StrategySpec = strategy.parse()?;
        let mut found = 0;
        for seed in 0..100 {
            let mut strategy = spec.clone().with_generations(16)?.build()?;
            let settings = Settings::new(Budget::generations(16), seed);
            let mut silent = Silent;
            let searching = search(Board(Vec::new()), &mut *strategy, &roles, settings, &mut silent);
            found += u32::from(futures::executor::block_on(searching)?.answer().is_some());
        }
        println!("{strategy}: {found} of 100 searches put all queens");
    }
    Ok(())
}
