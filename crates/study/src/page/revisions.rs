//! Figures 6 and 7: sequential against parallel.

use super::{bin_names, headed, revises};
use crate::findings::{Chain, Findings, Way};
use deliberate_report::{Axis, BarSeries, Bars, Chart, Figure, Plot, Point, Section, Series};

/// Sequential over parallel attempts, as a way's name says it; `None` for other ways.
fn ratio(way: &Way) -> Option<f64> {
    let (_, ratio) = way.name.rsplit_once(' ')?;
    let (sequential, parallel) = ratio.split_once(':')?;
    Some(sequential.parse::<f64>().ok()? / parallel.parse::<f64>().ok()?)
}

pub(super) fn section(findings: &Findings) -> Option<Section> {
    let mut ways: Vec<(f64, &Way)> =
        findings.ways.iter().filter(|way| revises(way)).filter_map(|way| Some((ratio(way)?, way))).collect();
    ways.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut budgets: Vec<f64> =
        ways.iter().flat_map(|(_, way)| way.points.iter().map(|p| p.budget)).collect();
    budgets.sort_by(f64::total_cmp);
    budgets.dedup();
    let most = *budgets.last()?;
    let point =
        |way: &Way, budget: f64| way.points.iter().find(|point| (point.budget - budget).abs() < 0.5).cloned();
    let plot = budgets.iter().filter(|budget| **budget > 1.0).fold(
        Plot::new(Axis::log2("Sequential over parallel attempts", ""), Axis::percent("Accuracy")),
        |plot, &budget| {
            let points = ways.iter().filter_map(|(ratio, way)| {
                let found = point(way, budget)?.accuracy;
                Some(Point::new(*ratio, found.value).within(found.low, found.high))
            });
            plot.with(Series::line(format!("{budget:.0} generations"), points))
        },
    );
    let by_ratio = Figure::new("revision-ratio", "Revising against sampling", Chart::Plot(plot))
        .caption("A budget split into chains and their length: fully parallel at the left, one chain at the right.")
        .source("figure 7, left");
    let largest: Vec<(f64, &Way)> =
        ways.iter().filter(|(_, way)| point(way, most).is_some()).copied().collect();
    let names = largest.iter().map(|(_, way)| way.name.trim_start_matches("revisions ").to_owned());
    let bars = Bars::new("Difficulty bin (pass@1)", bin_names(findings), Axis::percent("Accuracy"))
        .levels("sequential : parallel", names);
    let groups = (0..findings.bins.len()).map(|bin| {
        let values = largest.iter().filter_map(|(_, way)| Some(point(way, most)?.by_bin[bin]));
        values.map(|found| (found.value, found.low, found.high)).collect()
    });
    let bars = bars.with(BarSeries::measured(format!("{most:.0} generations"), groups));
    let by_bin = Figure::new("revision-ratio-by-difficulty", "The ratio by difficulty", Chart::Bars(bars))
        .caption("In each group the ratio grows from fully parallel to one chain.")
        .source("figure 7, right");
    let along = findings.chain.as_ref().map(chain);
    let prose = "A chain of revisions shows the reviser its latest attempts; the answer is chosen within each chain and \
                 then across chains, with a verifier that sees the history.";
    let section = along.into_iter().fold(headed("Revising", prose), Section::figure);
    Some(section.figure(by_ratio).figure(by_bin))
}

/// Attempt by attempt.
fn chain(chain: &Chain) -> Figure {
    let points = chain
        .right
        .iter()
        .enumerate()
        .map(|(place, right)| Point::new(place as f64 + 1.0, right.value).within(right.low, right.high));
    let plot = Plot::new(Axis::linear("Attempt"), Axis::percent("Right"))
        .with(Series::line("one chain of revisions", points));
    let share =
        |share: Option<f64>| share.map_or("–".to_owned(), |share| format!("{:.0} %", share * 100.0));
    Figure::new("revision-chain", "Attempt by attempt", Chart::Plot(plot))
        .caption(format!(
            "{} of the right attempts are turned wrong by the next one, {} of the wrong ones right.",
            share(chain.broken),
            share(chain.mended)
        ))
        .source("figure 6, left")
}
