//! All ways to spend a budget of samples side by side, on recorded samples:
//! `cargo run --release -p deliberate-policy --example ways -- POOL.jsonl [VERIFIER] [development | test | all]`
//!
//! Accuracy in per cent at 4, 8, 16 and 32 generations, and points more than the best single rule, which is chosen on the
//! training folds like everything else, with the 95 % interval of the paired bootstrap over questions. A third of the
//! questions is for development: choices of method were made on those, and the others are what is measured.

use deliberate_policy::{
    Deployed, OnlineSettings, Outcomes, Pool, Portion, Replayed, Sheet, Spent, WaySettings,
    adaptive_consistency, best_single_rule, deployed, early_rejection, early_stopping, judge_held_out,
    log_odds_voting, online_frontier, paired_difference, ranked_answers, score_threshold, share_interval,
    total_frontier, uniform,
};
use std::error::Error;
use std::path::Path;

const BUDGETS: [f64; 4] = [4.0, 8.0, 16.0, 32.0];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("give a pool, a verifier (or -) and `development`, `test` or `all`")?;
    let pool = Pool::read(Path::new(&path))?;
    let named = arguments.next().filter(|name| name != "-");
    let verifier = named.or_else(|| pool.verifiers.first().cloned()).ok_or("nothing is scored")?;
    let part = arguments.next().unwrap_or_else(|| "all".to_owned());
    let sheet = Sheet::new(&pool, &verifier)?.only(|id| match part.as_str() {
        "development" => Portion::of(id) == Portion::Development,
        "test" => Portion::of(id) == Portion::Test,
        _ => true,
    });
    println!("{path}, {verifier}, {part}: {} questions, {} samples", sheet.ids.len(), sheet.depth());
    let budgets: Vec<f64> = BUDGETS.into_iter().filter(|&budget| budget <= sheet.depth() as f64).collect();
    let ways = ways(&sheet, &budgets)?;
    let single = &ways[0].1;
    for (name, spent, chosen) in &ways {
        for (at, one) in spent.iter().enumerate() {
            let than = paired_difference(&one.accuracy, &single[at].accuracy, 0).ok_or("no question")?;
            let right = share_interval(&one.accuracy, 0).ok_or("no question")?;
            println!(
                "{name:<34} {:>3} {:5.1} [{:4.1}, {:4.1}] {:+5.1} [{:+4.1}, {:+4.1}] spent {:.2} ({:.3} of the budget), tokens {:.0}, {}",
                one.budget,
                100.0 * right.value,
                100.0 * right.low,
                100.0 * right.high,
                100.0 * than.value,
                100.0 * than.low,
                100.0 * than.high,
                mean(&one.generations),
                mean(&one.generations) / one.budget,
                mean(&one.tokens),
                chosen.get(at).and_then(|folds| folds.first()).map_or("", String::as_str),
            );
        }
    }
    Ok(())
}

/// A way's name, its outcomes, and its settings by budget and fold.
type Row = (String, Vec<Spent>, Vec<Vec<String>>);

fn ways(sheet: &Sheet, budgets: &[f64]) -> Result<Vec<Row>, Box<dyn Error>> {
    let settings = WaySettings::default();
    let row = |way: Replayed| (way.name.to_owned(), way.spent, way.chosen);
    let mut rows = vec![row(best_single_rule(sheet, budgets, &settings))];
    for way in
        [uniform, adaptive_consistency, early_stopping, score_threshold, log_odds_voting, ranked_answers]
    {
        rows.push(row(way(sheet, budgets, &settings)));
    }
    rows.extend(early_rejection(sheet, budgets, &settings).map(row));
    let whole: Vec<u32> = budgets.iter().map(|&budget| budget as u32).collect();
    rows.push(row(deployed(sheet, &Outcomes::default(), &whole, &Deployed::default())?));
    let judged = judge_held_out(sheet, &OnlineSettings::default());
    rows.push(("online".to_owned(), online_frontier(&judged, budgets), Vec::new()));
    rows.push(("total budget".to_owned(), total_frontier(&judged, budgets), Vec::new()));
    Ok(rows)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}
