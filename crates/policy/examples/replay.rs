//! What a recorded pool says: selections by number of samples, difficulty, and sequential policies, all held out.
//!
//! `replay FILE [--verifier NAME] [--seed NUMBER] [--all-rules]`

use deliberate_policy::{
    Arm, Cell, CurvePoint, FitSettings, Interval, OnlineSettings, Outcomes, Pool, Reselection, Sheet, Spent,
    Subsets, efficiency, every_selection, fit_fixed, generations_curve, judge_held_out, mean_interval,
    online_frontier, paired_difference, predicted_ease, predictor_rows, rank_bins, reselect, selection_name,
    tokens_curve, total_frontier,
};
use deliberate_search::{Aggregation, Rule, Selection};
use std::error::Error;
use std::path::Path;

const BUDGETS: [f64; 12] = [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 16.0, 32.0];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (mut file, mut verifier, mut seed, mut all_rules) = (None, None, 0, false);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--verifier" => verifier = arguments.next(),
            "--seed" => seed = arguments.next().ok_or("--seed needs a number")?.parse()?,
            "--all-rules" => all_rules = true,
            _ => file = Some(argument),
        }
    }
    let pool =
        Pool::read(Path::new(&file.ok_or("replay FILE [--verifier NAME] [--seed NUMBER] [--all-rules]")?))?;
    for name in pool.verifiers.iter().filter(|name| verifier.as_ref().is_none_or(|one| one == *name)) {
        let sheet = Sheet::new(&pool, name)?;
        println!("\n== {name}: {} questions, {} samples each", sheet.questions.len(), sheet.depth());
        let ks: Vec<u32> = (0..12).map(|power| 1 << power).filter(|&k| k as usize <= sheet.depth()).collect();
        let found = reselect(&sheet, &every_selection(), &ks, Subsets { seed, ..Subsets::default() });
        selections(&found);
        difficulty(&sheet, seed);
        fixed(&sheet, &found, seed)?;
        sequential(&sheet, &found, seed, all_rules);
    }
    Ok(())
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// In percent.
fn show(interval: Option<Interval>) -> String {
    interval.map_or_else(String::new, |i| {
        format!("{:.2} [{:.1}, {:.1}]", 100.0 * i.value, 100.0 * i.low, 100.0 * i.high)
    })
}

fn selections(found: &Reselection) {
    let row = |name: &str, cells: Vec<String>| println!("{name:18}{}", cells.concat());
    let percent =
        |cells: &[Vec<f64>]| cells.iter().map(|cell| format!("{:7.2}", 100.0 * mean(cell))).collect();
    row("accuracy at k", found.ks.iter().map(|k| format!("{k:7}")).collect());
    row("pass", percent(&found.pass));
    for (selection, cells) in found.selections.iter().zip(&found.accuracy) {
        row(&selection_name(*selection), percent(cells));
    }
}

fn difficulty(sheet: &Sheet, seed: u64) {
    println!(
        "difficulty from the first samples: rank correlation with pass@1, share in the same fifth, or next to it"
    );
    for row in predictor_rows(sheet, &[1, 2, 4, 8], 5, seed) {
        let (rank, m) = (row.rank_correlation, row.samples);
        println!(
            "  {:11} m={m} {:5.0} tokens  {:.3} [{:.3}, {:.3}]  {:.2} {:.2}",
            row.predictor, row.tokens, rank.value, rank.low, rank.high, row.same_bin, row.near_bin
        );
    }
}

/// The paper's regime: every selection at every k is an arm.
fn fixed(sheet: &Sheet, found: &Reselection, seed: u64) -> Result<(), Box<dyn Error>> {
    let mut table = Outcomes { questions: sheet.ids.clone(), ..Outcomes::default() };
    for (selection, rows) in found.selections.iter().zip(&found.accuracy) {
        for ((&k, accuracy), tokens) in found.ks.iter().zip(rows).zip(&found.tokens) {
            table.arms.push(Arm { name: format!("{} of {k}", selection_name(*selection)), budget: k });
            let cell = |(&accuracy, &tokens): (&f64, &f64)| Cell {
                accuracy,
                tokens,
                generations: f64::from(k),
                flops: 0.0,
            };
            table.cells.push(accuracy.iter().zip(tokens).map(cell).collect());
        }
    }
    let ease = predicted_ease(sheet);
    let oracle = rank_bins(&sheet.pass_at_one(), &ease, 5);
    for (name, bins) in [("oracle", oracle), ("predicted", rank_bins(&ease, &ease, 5))] {
        for standard_errors in [0.0, 1.0] {
            println!(
                "fixed budget, {name} fifths, {standard_errors} standard errors: chosen, spent; best single arm, spent; gain"
            );
            let fit =
                fit_fixed(&table, &bins, FitSettings { seed, standard_errors, ..FitSettings::default() })?;
            for point in &fit.points {
                let spent =
                    |cells: &[Cell]| mean(&cells.iter().map(|cell| cell.generations).collect::<Vec<_>>());
                println!(
                    "  {:4}: {} at {:5.2}; {} at {:5.2}; {}",
                    point.budget,
                    show(Some(point.accuracy)),
                    spent(&point.chosen),
                    show(Some(point.single_accuracy)),
                    spent(&point.single),
                    show(Some(point.gain))
                );
            }
        }
    }
    Ok(())
}

fn sequential(sheet: &Sheet, found: &Reselection, seed: u64, all_rules: bool) {
    let mut settings = OnlineSettings { seed, ..OnlineSettings::default() };
    if all_rules {
        settings.selections = every_selection();
    }
    let judged = judge_held_out(sheet, &settings);
    let frontiers =
        [("online", online_frontier(&judged, &BUDGETS)), ("total", total_frontier(&judged, &BUDGETS))];
    println!("held-out frontiers: budget: online accuracy at samples, tokens; total the same");
    for (online, total) in frontiers[0].1.iter().zip(&frontiers[1].1) {
        let side = |spent: &Spent| {
            let (generations, tokens) = (mean(&spent.generations), mean(&spent.tokens));
            format!("{} at {generations:5.2}, {tokens:6.0}", show(mean_interval(&spent.accuracy, seed)))
        };
        println!("  {:4}: {}; {}", online.budget, side(online), side(total));
    }
    let Some(&depth) = found.ks.last() else { return };
    let fixed = |rule, aggregation| Selection { rule, aggregation };
    let mut references =
        vec![fixed(Rule::Weighted, Aggregation::Last), fixed(Rule::Best, Aggregation::Product)];
    references
        .extend(found.best_at(depth).map(|(selection, _)| selection).filter(|one| !references.contains(one)));
    for reference in references {
        let (Some(accuracy), Some(tokens)) = (found.cell(reference, depth), found.tokens.last()) else {
            continue;
        };
        println!("to reach {} of {depth} ({:.2}):", selection_name(reference), 100.0 * mean(accuracy));
        for (name, frontier) in &frontiers {
            let point = |cost: Vec<f64>| CurvePoint { accuracy: accuracy.to_vec(), cost };
            let samples = point(vec![f64::from(depth); accuracy.len()]);
            for (unit, curve, reference) in [
                ("samples", generations_curve(frontier), samples),
                ("tokens", tokens_curve(frontier), point(tokens.clone())),
            ] {
                let Some(read) = efficiency(&curve, &reference, seed) else { continue };
                let cost = read.cost.map_or("not reached".to_owned(), |cost| format!("{cost:.2}"));
                println!(
                    "  {name:6} {cost} {unit}, ratio {:.2} [{:.2}, {:.2}], reached in {:.0} % of resamples",
                    read.ratio.value,
                    read.ratio.low,
                    read.ratio.high,
                    100.0 * read.reached
                );
            }
            for budget in [4.0, 8.0, 16.0, 32.0] {
                let Some(spent) = frontier.iter().find(|spent| (spent.budget - budget).abs() < 1e-9) else {
                    continue;
                };
                let difference = show(paired_difference(&spent.accuracy, accuracy, seed));
                println!("         at {:.2} samples: {difference} points", mean(&spent.generations));
            }
        }
    }
}
