//! What the policies are worth: points at equal cost first, and times fewer where that can be claimed.

use super::{headed, share};
use crate::findings::{Findings, Single};
use deliberate_policy::Efficiency;
use deliberate_report::{Cell, Interval, Section, Table};

pub(super) fn section(findings: &Findings) -> Section {
    let prose = "Each policy against one rule for all questions that spends as much, on the same questions. Between two \
                 of its budgets a way flips a coin for every question; beyond its largest nothing is assumed. The best \
                 single rule is chosen on four fifths of the questions and measured on the last fifth.";
    let section = headed("What is gained", prose);
    let section = match &findings.single {
        Some(single) => section.table(points(single)).table(rules(single)),
        None => section,
    };
    section.table(times_fewer(findings))
}

/// Points at equal cost.
fn points(single: &Single) -> Table {
    let columns = ["generations", "way", "against", "#spent", "#accuracy, %", "#points more"];
    single.against.iter().fold(Table::new("Points at equal cost", columns), |table, against| {
        table.row([
            Cell::text(format!("{:.0}", against.generations)),
            Cell::text(&against.way),
            Cell::text(&against.reference),
            Cell::number(against.spent, 1),
            Cell::number(against.accuracy * 100.0, 1),
            share(against.difference),
        ])
    })
}

/// The references.
fn rules(single: &Single) -> Table {
    let columns = ["#samples", "chosen (folds)", "#best single rule, %", "#best-of-N weighted, %"];
    single.rules.iter().fold(Table::new("The references", columns), |table, rule| {
        let chosen: Vec<String> =
            rule.chosen.iter().map(|(name, folds)| format!("{name} ({folds})")).collect();
        table.row([
            Cell::number(rule.samples.into(), 0),
            Cell::text(chosen.join(", ")),
            share(rule.accuracy),
            share(rule.weighted),
        ])
    })
}

fn times_fewer(findings: &Findings) -> Table {
    let columns = [
        "as good as",
        "way",
        "#generations",
        "#resamples that reach it, %",
        "#times fewer",
        "#times fewer tokens",
        "#times fewer FLOPs",
    ];
    let caption = "What each way has to spend to be right as often as the reference, read off the rising curve through its \
                   held-out points. Resamples draw questions and read both curves again. Fewer is claimed only where \
                   97.5 % of them reach the reference; the interval is over those.";
    let table = Table::new("Cost of the same accuracy", columns).caption(caption);
    findings.savings.iter().fold(table, |table, saving| {
        let found = &saving.generations;
        table.row([
            Cell::text(format!("{}: {:.1} %", saving.reference, found.target * 100.0)),
            Cell::text(&saving.way),
            found.cost.map_or(Cell::text("not reached"), |cost| Cell::number(cost, 1)),
            Cell::number(found.reached * 100.0, 1),
            times(Some(found)),
            times(Some(&saving.tokens)),
            times(saving.flops.as_ref()),
        ])
    })
}

fn times(found: Option<&Efficiency>) -> Cell {
    match found.map(|found| found.times) {
        None => Cell::Empty,
        Some(None) => Cell::text("not claimed"),
        Some(Some(times)) => Cell::Number {
            value: times.value,
            digits: 1,
            interval: Some(Interval { low: times.low, high: times.high }),
        },
    }
}
