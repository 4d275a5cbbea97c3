//! What is saved against best-of-N.

use super::headed;
use crate::findings::Findings;
use deliberate_policy::Cost;
use deliberate_report::{Cell, Interval, Section, Table};

pub(super) fn section(findings: &Findings) -> Section {
    let columns = [
        "way",
        "as good as",
        "#accuracy there, %",
        "counted in",
        "#the reference costs",
        "#the way needs",
        "#times less",
    ];
    let table =
        findings.savings.iter().fold(Table::new("Cost of the same accuracy", columns), |table, saving| {
            let found = &saving.efficiency;
            let counted = match saving.cost {
                Cost::Generations => "generations",
                Cost::Tokens => "tokens",
                Cost::Flops => "FLOPs",
            };
            let times = match found.cost {
                Some(_) => Cell::Number {
                    value: found.ratio.value,
                    digits: 1,
                    interval: Some(Interval { low: found.ratio.low, high: found.ratio.high }),
                },
                None => Cell::text("not reached"),
            };
            table.row([
                Cell::text(&saving.way),
                Cell::text(&saving.reference),
                Cell::number(found.target * 100.0, 1),
                Cell::text(counted),
                Cell::Size(found.reference_cost),
                found.cost.map_or(Cell::Empty, Cell::Size),
                times,
            ])
        });
    let prose = "How much each way has to spend to be right as often as best-of-N, read off its held-out curve. The \
                 interval resamples questions and reads both curves again; its low end is 0 where a resample does not \
                 reach the reference.";
    headed("What is saved", prose).table(table)
}
