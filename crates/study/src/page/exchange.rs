//! Figure 9: test-time compute against parameters.

use super::{bin_names, headed};
use crate::findings::{Exchange, Findings};
use deliberate_policy::{Account, Bought, Cost, Winner};
use deliberate_report::{Axis, BarSeries, Bars, Cell, Chart, Figure, Section, Table};

pub(super) fn section(findings: &Findings) -> Option<Section> {
    if findings.exchange.is_empty() {
        return None;
    }
    let prose = "A larger model decoded greedily against the small one with the test-time compute that its saved \
                 pretraining pays for. R is inference tokens over pretraining tokens; the smaller it is, the more the \
                 small model may spend (section 7 of the paper). By the formula that is a number of generations; measured, \
                 it is FLOPs, with the verifier's and with every shared prefix paid once, and the saved pretraining is the \
                 proposer's alone. What is allowed is spent: between two budgets every question flips a coin. Where even \
                 the largest budget costs less, the small model spends that and no more is assumed.";
    let section = headed("Parameters or test-time compute", prose);
    if findings.exchange.iter().all(|one| one.rows.is_empty()) {
        return Some(section.prose("Nothing that was measured is cheap enough to be compared."));
    }
    let section = section.table(table(findings));
    let shown = findings
        .exchange
        .iter()
        .filter(|one| one.account != Account::Ledger && one.difficulty == "oracle" && !one.rows.is_empty());
    let shown: Vec<&Exchange> = shown.collect();
    Some(if shown.is_empty() { section } else { section.figure(figure(findings, &shown)) })
}

fn figure(findings: &Findings, shown: &[&Exchange]) -> Figure {
    let bars = Bars::new("Difficulty bin (pass@1)", bin_names(findings), Axis::percent("Small minus large"))
        .levels("R", shown.iter().map(|one| format!("{}", one.ratio)));
    let groups = (0..findings.bins.len()).map(|bin| {
        let rows = shown.iter().filter_map(|one| one.rows.iter().find(|row| row.bin == Some(bin)));
        rows.map(|row| (row.difference.value, row.difference.low, row.difference.high)).collect()
    });
    let bars = bars.with(BarSeries::measured("difference in accuracy", groups));
    Figure::new("exchange", "Who wins at matched FLOPs", Chart::Bars(bars))
        .caption("Above zero test-time compute wins, below zero parameters do. In each group R grows to the right.")
        .source("figure 9")
}

fn account(account: Account) -> &'static str {
    match account {
        Account::Formula => "formula",
        Account::WithVerifier => "formula, verifier counted",
        Account::Ledger => "measured",
    }
}

fn table(findings: &Findings) -> Table {
    let columns = [
        "difficulty",
        "account",
        "#R",
        "#allowed",
        "#spent",
        "bin",
        "#questions",
        "#small minus large, points",
        "who wins",
    ];
    let mut table = Table::new("The exchange", columns);
    for one in &findings.exchange {
        let cost = |value: f64| match one.cost {
            Cost::Flops => Cell::Size(value),
            _ => Cell::number(value, 1),
        };
        if let Bought::Nothing { cheapest } = one.bought {
            let empty = [Cell::text("none"), Cell::Empty, Cell::Empty];
            let row =
                [Cell::text(one.difficulty), Cell::text(account(one.account)), Cell::number(one.ratio, 2)];
            let row = row.into_iter().chain([cost(one.allowed), cost(cheapest)]).chain(empty);
            table = table.row(row.chain([Cell::text("parameters: nothing is as cheap")]));
        }
        for row in &one.rows {
            table = table.row([
                Cell::text(one.difficulty),
                Cell::text(account(one.account)),
                Cell::number(one.ratio, 2),
                cost(one.allowed),
                cost(row.spent),
                Cell::text(row.bin.map_or("all".to_owned(), |bin| (bin + 1).to_string())),
                Cell::number(row.questions as f64, 0),
                super::share(row.difference),
                Cell::text(match row.winner {
                    Some(Winner::TestTime) => "test-time compute",
                    Some(Winner::Parameters) => "parameters",
                    None => "neither for certain",
                }),
            ]);
        }
    }
    table
}
