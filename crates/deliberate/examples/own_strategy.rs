//! A strategy in Rust: draw one solution after the other, until two give the same answer.
//!
//! A strategy looks at the tree and decides; the executor draws, counts, and keeps to the budget.
//!
//! ~~~sh
//! cargo run --release -p deliberate --example own_strategy
//! ~~~

use deliberate::search::{
    Choice, Decision, Expand, NodeId, Rule, Selection, StopReason, Strategy, Tree, select,
};
use deliberate::{Budget, Deliberate};

/// Ends when two solutions agree.
struct SecondOpinion;

impl Strategy for SecondOpinion {
    fn decide(&mut self, tree: &Tree) -> Decision {
        let agreed = self.choose(tree).votes.first().is_some_and(|vote| vote.count >= 2);
        if agreed {
            Decision::Stop(StopReason::Finished)
        } else {
            Decision::Expand(vec![Expand::solve(NodeId::ROOT, 1)])
        }
    }

    fn choose(&self, tree: &Tree) -> Choice {
        let solutions: Vec<NodeId> = tree.answers().collect();
        select(tree, &solutions, Selection { rule: Rule::Majority, ..Selection::default() })
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The builder's strategy says which roles there are: a majority needs none but the proposer.
    let builder = Deliberate::builder().model("lab").strategy("majority").budget(Budget::generations(16));
    let deliberate = builder.open().await?;
    for question in ["Spend 8 on a=5,b=3\nitems?", "Spend 9 on d=4,e=9,f=2\nSpend 7 on g=5,h=1,i=2\nitems?"] {
        let solved = deliberate.ask(question).by(SecondOpinion).solve().await?;
        let (answer, spent) = (solved.answer().unwrap_or("none"), solved.bill().generations);
        println!("{answer}: agreed upon after {spent} of 16 solutions");
    }
    Ok(())
}
