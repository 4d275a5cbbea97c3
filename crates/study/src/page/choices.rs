//! Figures 4 and 8, and what the policies do: a fixed budget, stopping in time, a total budget.

use super::{against_budget, headed, line, share, way};
use crate::findings::{Findings, Fixed};
use deliberate_report::{Cell, Chart, Figure, Heat, HeatCell, HeatScale, Section, Table};

pub(super) fn section(findings: &Findings) -> Section {
    let mut plot = against_budget();
    for name in ["majority", "best-of-n"] {
        if let Some(way) = way(findings, name) {
            plot = plot.with(line(way, |point| point.generations).dashed());
        }
    }
    for fixed in &findings.fixed {
        plot = plot.with(line(&fixed.way, |point| point.generations));
    }
    plot = plot.with(line(&findings.online, |point| point.generations));
    plot = plot.with(line(&findings.total, |point| point.generations));
    if let Some(deployed) = findings.replayed.iter().find(|way| way.name == "compute-optimal, deployed") {
        plot = plot.with(line(deployed, |point| point.generations));
    }
    let figure = Figure::new("compute-optimal", "Accuracy against what was really spent", Chart::Plot(plot))
        .caption(
            "Held out. The cost of knowing difficulty is not counted for oracle and predicted (as in the paper); the \
             others count everything. Deployed is what a policy file does: a few samples tell the bin.",
        )
        .source("figures 4 and 8");
    let prose = "For each bin of difficulty and each budget the best strategy is chosen on half of the bin's questions \
                 and measured on the other half; a bin leaves the best single strategy only for one that is better there by \
                 more than noise, the dice of both counted. Online looks at the samples after every round and stops when more are \
                 not worth their price; a total budget is shared by all questions and goes where it helps most.";
    let section = headed("Spending by difficulty", prose).figure(figure).table(table(findings));
    let section = findings.fixed.iter().fold(section, |section, fixed| section.figure(policy(fixed)));
    section.figure(super::spending::figure(findings))
}

fn table(findings: &Findings) -> Table {
    let columns = ["way", "#budget", "#spent", "#tokens", "#accuracy, %", "#gain, points"];
    let title =
        "Held-out accuracy by generations spent, and gain over the best single strategy of the same budget";
    let mut table = Table::new(title, columns);
    for fixed in &findings.fixed {
        for (point, gain) in fixed.way.points.iter().zip(&fixed.gain) {
            table = table.row([
                Cell::text(&fixed.way.name),
                Cell::number(point.budget, 0),
                Cell::number(point.generations, 1),
                Cell::number(point.tokens, 0),
                share(point.accuracy),
                share(*gain),
            ]);
        }
    }
    for way in [&findings.online, &findings.total].into_iter().chain(&findings.replayed) {
        for point in &way.points {
            table = table.row([
                Cell::text(&way.name),
                Cell::number(point.budget, 1),
                Cell::number(point.generations, 1),
                Cell::number(point.tokens, 0),
                share(point.accuracy),
                Cell::Empty,
            ]);
        }
    }
    table
}

/// Which strategy for which bin and budget.
fn policy(fixed: &Fixed) -> Figure {
    let mut budgets: Vec<u32> = fixed.choices.iter().map(|choice| choice.budget).collect();
    budgets.dedup();
    let bins = fixed.choices.iter().map(|choice| choice.bin + 1).max().unwrap_or(0);
    let mut names: Vec<String> = Vec::new();
    let mut category = |name: &str| {
        names.iter().position(|known| known == name).unwrap_or_else(|| {
            names.push(name.to_owned());
            names.len() - 1
        })
    };
    let mut cells = vec![vec![None; budgets.len()]; bins];
    for choice in &fixed.choices {
        let column = budgets.iter().position(|budget| *budget == choice.budget).expect("it was listed");
        let text = format!("{} @ {}", choice.arm, choice.spends);
        cells[choice.bin][column] = Some(HeatCell::new(category(&choice.arm) as f64, text));
    }
    let heat = Heat {
        x: "Budget, generations".to_owned(),
        columns: budgets.iter().map(ToString::to_string).collect(),
        y: "Difficulty bin".to_owned(),
        rows: (1..=bins).map(|bin| bin.to_string()).collect(),
        cells,
        scale: HeatScale::Categories(names),
    };
    let title = format!("The policy, {} difficulty", fixed.difficulty);
    Figure::new(format!("policy-{}", fixed.difficulty), title, Chart::Heat(heat))
        .caption("The strategy, and the generations that it spends.")
}
