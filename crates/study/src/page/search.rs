//! Figure 3 and that of appendix E: search against best-of-N, and how step scores become one.

use super::{against_budget, bin_names, headed, line, revises, share, way};
use crate::findings::{Findings, Way};
use deliberate_report::{Axis, BarSeries, Bars, Cell, Chart, Figure, Section, Table};

/// Searches that figure 3 right compares, as far as they were run.
const COMPARED: [&str; 3] = ["majority", "best-of-n", "beam:branching=4"];

pub(super) fn section(findings: &Findings) -> Section {
    let others = findings.ways.iter().filter(|way| !revises(way) && !pooled(way));
    let plot = whole_pool(findings)
        .iter()
        .chain(others)
        .fold(against_budget(), |plot, way| plot.with(line(way, |point| point.budget)));
    let searched = findings.ways.iter().any(|way| way.name.starts_with("beam"));
    let left = Figure::new("search", "Search against best-of-N", Chart::Plot(plot))
        .caption("Best-of-N is weighted by the last step's score. A lookahead of k steps costs k + 1 times as much.")
        .source("figure 3, left");
    let mut section = headed(
        "Searching",
        "Beam search keeps the prefixes that the verifier likes best; best-of-N draws whole solutions and chooses at the end.",
    );
    if searched {
        section = section.figure(left).figure(by_difficulty(findings)).table(found(findings));
    }
    if !findings.beside_weighted.is_empty() {
        section = section.table(beside_weighted(findings));
    }
    let section = section.figure(aggregations(findings));
    if findings.verifiers.is_empty() { section } else { section.figure(verifiers(findings)) }
}

/// Whether it is a way to choose among samples.
fn pooled(way: &Way) -> bool {
    way.name == "majority" || way.name.starts_with("best-of-n")
}

/// Majority and best-of-N over all samples, up to the dearest search: where nothing is told by difficulty, no half of them is
/// needed for that.
fn whole_pool(findings: &Findings) -> Vec<Way> {
    let searched = findings.ways.iter().filter(|way| !pooled(way)).flat_map(|way| &way.points);
    let most = searched.map(|point| point.budget).fold(0.0, f64::max);
    let named = [("majority", "majority"), ("weighted/last", "best-of-n")];
    let named = named.into_iter().filter_map(|(selection, name)| {
        let way = findings.selections.iter().find(|way| way.name == selection)?;
        let points = way.points.iter().filter(|point| point.budget <= most).cloned().collect();
        Some(Way { name: name.to_owned(), points })
    });
    named.collect()
}

/// What searches find against what they choose: where nothing right was found, no choice helps.
fn found(findings: &Findings) -> Table {
    let columns =
        ["search", "#budget", "#chosen right, %", "#a right one found, %", "#solutions", "#distinct"];
    let mut table = Table::new("Found and chosen", columns);
    for way in &findings.ways {
        for point in &way.points {
            let Some(found) = point.found else { continue };
            table = table.row([
                Cell::text(&way.name),
                Cell::number(point.budget, 0),
                share(point.accuracy),
                Cell::number(found.covered * 100.0, 1),
                Cell::number(found.solutions, 1),
                Cell::number(found.distinct, 1),
            ]);
        }
    }
    table
}

/// Searches and majority in points beside best-of-N weighted.
fn beside_weighted(findings: &Findings) -> Table {
    let columns = ["way", "#generations", "#accuracy, %", "#points more, %"];
    let mut table = Table::new("Against best-of-N weighted of as many generations, all samples", columns);
    for beside in &findings.beside_weighted {
        table = table.row([
            Cell::text(&beside.way),
            Cell::number(beside.budget.into(), 0),
            share(beside.accuracy),
            share(beside.difference),
        ]);
    }
    table
}

fn by_difficulty(findings: &Findings) -> Figure {
    let compared: Vec<&Way> = COMPARED.iter().filter_map(|name| way(findings, name)).collect();
    let shared = |budget: f64| {
        compared.iter().all(|way| way.points.iter().any(|point| (point.budget - budget).abs() < 0.5))
    };
    let budgets: Vec<f64> = compared
        .first()
        .map_or(Vec::new(), |way| way.points.iter().map(|p| p.budget).filter(|b| shared(*b)).collect());
    let bars = Bars::new("Difficulty bin (pass@1)", bin_names(findings), Axis::percent("Accuracy"))
        .levels("generations", budgets.iter().map(|budget| format!("{budget:.0}")));
    let bars = compared.into_iter().fold(bars, |bars, way| {
        let groups = (0..findings.bins.len()).map(|bin| {
            let points = way.points.iter().filter(|point| budgets.contains(&point.budget));
            points
                .map(|point| (point.by_bin[bin].value, point.by_bin[bin].low, point.by_bin[bin].high))
                .collect()
        });
        bars.with(BarSeries::measured(way.name.clone(), groups))
    });
    Figure::new("search-by-difficulty", "Search by difficulty and budget", Chart::Bars(bars))
        .caption("Bins of oracle difficulty, the easiest first; in each group the budget grows from left to right.")
        .source("figure 3, right")
}

fn aggregations(findings: &Findings) -> Figure {
    let plot = findings
        .selections
        .iter()
        .filter(|way| way.name.contains("weighted") || way.name.contains("majority"))
        .fold(against_budget(), |plot, way| plot.with(line(way, |point| point.budget)));
    Figure::new("aggregation", "How step scores become one", Chart::Plot(plot))
        .caption("Best-of-N weighted over the same samples, with the last, lowest, product and mean of the step scores.")
        .source("the figure of appendix E")
}

fn verifiers(findings: &Findings) -> Figure {
    let ways = findings.verifiers.iter();
    let plot = ways.fold(against_budget(), |plot, way| plot.with(line(way, |point| point.budget)));
    Figure::new("verifiers", "One verifier against another", Chart::Plot(plot))
        .caption("Best-of-N weighted by the last score of each verifier, over the same samples.")
        .source("the figure of appendix F")
}
