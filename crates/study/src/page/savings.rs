//! What is saved against best-of-N.

use super::{headed, share};
use crate::findings::{Findings, Single};
use deliberate_policy::Efficiency;
use deliberate_report::{Cell, Interval, Section, Table};

pub(super) fn section(findings: &Findings) -> Section {
    let columns =
        ["as good as", "way", "#generations", "#times fewer", "#times fewer tokens", "#times fewer FLOPs"];
    let table =
        findings.savings.iter().fold(Table::new("Cost of the same accuracy", columns), |table, saving| {
            let found = &saving.generations;
            table.row([
                Cell::text(format!("{}: {:.1} %", saving.reference, found.target * 100.0)),
                Cell::text(&saving.way),
                found.cost.map_or(Cell::text("not reached"), |cost| Cell::number(cost, 1)),
                times(Some(found)),
                times(Some(&saving.tokens)),
                times(saving.flops.as_ref()),
            ])
        });
    let prose = "How much each way has to spend to be right as often as best-of-N, read off its held-out curve. The \
                 interval resamples questions and reads both curves again; its low end is 0 where a resample does not \
                 reach the reference.";
    let section = headed("What is saved", prose).table(table);
    findings.single.iter().map(single).fold(section, Section::table)
}

fn single(single: &Single) -> Table {
    let title = format!(
        "Against {} of {} samples, in hindsight the best single rule ({:.1} %)",
        single.rule,
        single.samples,
        single.accuracy.value * 100.0
    );
    let columns = ["way", "#generations", "#more often right, points"];
    single.against.iter().fold(Table::new(title, columns), |table, against| {
        table.row([Cell::text(&against.way), Cell::number(against.generations, 1), share(against.difference)])
    })
}

fn times(found: Option<&Efficiency>) -> Cell {
    let reached = found.filter(|found| found.cost.is_some());
    reached.map_or(Cell::Empty, |found| Cell::Number {
        value: found.ratio.value,
        digits: 1,
        interval: Some(Interval { low: found.ratio.low, high: found.ratio.high }),
    })
}
