//! What was found, as a page.

mod cells;
mod table;

use super::{Arm, DEVELOPMENT, FIRST_SEED, Findings, Measured, Part};
use deliberate_report::{Axis, Cell, Page, Plot, Point, Section, Series};
use deliberate_run::Interval;

/// The page.
pub(super) fn page(findings: &Findings, command: &str) -> Page {
    let summary = format!(
        "An agent that cannot take a move back thinks in a model of its world, and commits one move at a time. Every point \
         is {} episodes of the same seeds, from {FIRST_SEED} on; brackets and bands are 95 % bootstrap intervals over \
         episodes. The unit of thinking is the imagined step: one move in the model.",
        findings.episodes
    );
    let page = Page::new("Acting without a reset").summary(summary).command(command).fact(
        "development seeds",
        format!("{} to {} (prices); 1000 to 1999 by hand", DEVELOPMENT.start, DEVELOPMENT.end - 1),
    );
    let sections = [
        cells::section(findings),
        table::strategies(findings),
        table::errors(findings),
        table::stopping(findings),
        table::demonstrations(findings),
        table::bills(findings),
        episodes(findings),
    ];
    sections.into_iter().fold(page, Page::section)
}

fn episodes(findings: &Findings) -> Section {
    let section =
        Section::new("Episodes").prose("The first episode of the lake and of the table, as they were acted.");
    findings.shown.iter().fold(section, |section, act| {
        let mut figure = act.picture();
        figure.id = format!("episode-{}", act.spec.world);
        figure.title = format!("{}: {}", act.spec.world, figure.title.to_lowercase());
        section.figure(figure)
    })
}

fn budget() -> Axis {
    Axis::log2("Thinking for a move", "imagined steps")
}

fn success() -> Axis {
    Axis::percent("Success").bounds(0.0, 1.0)
}

fn against_budget() -> Plot {
    Plot::new(budget(), success())
}

fn at(x: f64, Interval { value, low, high }: Interval) -> Point {
    Point::new(x, value).within(low, high)
}

fn share(Interval { value, low, high }: Interval) -> Cell {
    Cell::share(value, low, high)
}

/// Arms of a part that are kept, by line, in the order in which the lines begin.
fn lines(
    findings: &Findings,
    part: Part,
    keep: impl Fn(&Arm) -> bool,
) -> Vec<(&str, Vec<(&Arm, &Measured)>)> {
    let mut lines: Vec<(&str, Vec<(&Arm, &Measured)>)> = Vec::new();
    for (arm, measured) in findings.arms.iter().filter(|(arm, _)| arm.part == part && keep(arm)) {
        match lines.iter_mut().find(|(line, _)| *line == arm.line) {
            Some((_, points)) => points.push((arm, measured)),
            None => lines.push((&arm.line, vec![(arm, measured)])),
        }
    }
    lines
}

/// A line over what its points really cost.
fn series(name: &str, points: &[(&Arm, &Measured)], y: fn(&Measured) -> Interval) -> Series {
    Series::line(name, points.iter().map(|(_, measured)| at(measured.steps, y(measured))))
}
