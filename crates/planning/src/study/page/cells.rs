//! The worlds whose optimum is known.

use super::{Findings, against_budget, lines, series, share};
use crate::study::Part;
use deliberate_report::{Cell, Chart, Figure, Panel, Section, Table};

pub(super) fn section(findings: &Findings) -> Section {
    let panels = findings.optima.iter().map(|(world, optimum, _)| {
        let plot = lines(findings, Part::Exact, |arm| arm.spec.world == *world)
            .iter()
            .fold(against_budget(), |plot, (line, points)| plot.with(series(line, points, |m| m.won)))
            .level("optimum", *optimum);
        Panel::new(world.to_string(), Chart::Plot(plot))
    });
    let figure = Figure::of_panels("exact", "Success against the optimum", panels)
        .caption(
            "The model is true and throws the world's dice. `average` compares first moves by the mean of their plans; \
             best-of-N follows the plan with the best score, which with one future is the luckiest one.",
        );
    let columns =
        ["world", "#optimum, %", "#acting by the optimum, %", "thinking", "#steps a move", "#success, %"];
    let mut table = Table::new("Against the optimum", columns);
    for (world, optimum, played) in &findings.optima {
        for (line, points) in lines(findings, Part::Exact, |arm| arm.spec.world == *world) {
            let Some((_, last)) = points.last() else { continue };
            table = table.row([
                Cell::text(world.to_string()),
                Cell::number(optimum * 100.0, 1),
                share(*played),
                Cell::text(line),
                Cell::number(last.steps, 0),
                share(last.won),
            ]);
        }
    }
    Section::new("Worlds with a known optimum")
        .prose(
            "The optimum is exact: value iteration over cells and moves left. Acting by it on the very seeds tells how \
             kind these seeds were.",
        )
        .figure(figure)
        .table(table.caption("The largest budget of every way of thinking."))
}
