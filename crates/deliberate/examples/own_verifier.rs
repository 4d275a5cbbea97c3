//! A verifier in Rust: what can be checked exactly needs no model that scores.
//!
//! Each purse of the lab is to be spent to the last coin. After every step some of it is left, and whether the offers to
//! come can make up just that, a few lines tell.
//!
//! ~~~sh
//! cargo run --release -p deliberate --example own_verifier
//! ~~~

use deliberate::search::{Answer, Assessed, Usage, Verification, Verifier};
use deliberate::text::Trace;
use deliberate::{Budget, Deliberate};

const QUESTION: &str = "Spend 8 on a=5,b=3,c=6\nSpend 13 on d=4,e=9,f=2\nSpend 7 on g=5,h=1,i=2\nitems?";

/// Scores a step by whether what it leaves can still be spent.
struct Accounts;

impl Accounts {
    /// The prices that come after a step, within its purse.
    fn to_come(question: &str, step: usize) -> Vec<u32> {
        let purses = question.lines().filter_map(|line| line.split_once(" on "));
        let prices = |offers: &str| {
            offers.split(',').filter_map(|offer| offer.split_once('=')?.1.parse().ok()).collect()
        };
        let mut before = 0;
        for purse in purses.map(|(_, offers)| -> Vec<u32> { prices(offers) }) {
            if step < before + purse.len() {
                return purse[step + 1 - before..].to_vec();
            }
            before += purse.len();
        }
        Vec::new()
    }

    /// Whether some of the prices add up to a sum.
    fn spends(prices: &[u32], left: u32) -> bool {
        match prices.split_first() {
            None => left == 0,
            Some((price, others)) => {
                Self::spends(others, left)
                    || left.checked_sub(*price).is_some_and(|left| Self::spends(others, left))
            }
        }
    }

    fn score(question: &str, step: usize, text: &str) -> f64 {
        let Some((_, left)) = text.trim().rsplit_once("left=") else { return 0.99 };
        let hopeful = left.parse().is_ok_and(|left| Self::spends(&Self::to_come(question, step), left));
        if hopeful { 0.99 } else { 0.01 }
    }
}

impl Verifier<Trace> for Accounts {
    fn verify<'a>(&'a self, batch: &'a [Verification<'a, Trace>]) -> Answer<'a, Assessed> {
        let scores = |verification: &Verification<'_, Trace>| {
            let state = verification.state;
            // Scores of the first steps are known from the step before.
            let fresh = state.step_texts().enumerate().skip(verification.known.len());
            Ok(fresh.map(|(step, text)| Self::score(state.question(), step, text)).collect())
        };
        let scores = batch.iter().map(scores).collect();
        Box::pin(async { Ok(Assessed { scores, usage: Usage::default() }) })
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let builder =
        Deliberate::builder().model("lab").strategy("beam:branching=4").budget(Budget::generations(8));
    let solved = builder.verify_with(Accounts).open().await?.solve(QUESTION).await?;
    println!("{}", solved.solution().unwrap_or("(no solution came to its end)"));
    println!("{} generations, {} tokens", solved.bill().generations, solved.bill().charged.units);
    Ok(())
}
