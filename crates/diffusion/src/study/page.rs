//! The findings as a page of figures and tables.

use super::{Contender, Findings};
use crate::sheet;
use deliberate_report::{
    Axis, Cell, Chart, Figure, Heat, HeatCell, HeatScale, Page, Panel, Plot, Point, Section, Series, Table,
};
use deliberate_run::Interval;

/// The page; `command` is what made it.
pub fn page(findings: &Findings, command: &str) -> Page {
    let extent = findings.extent;
    Page::new("Test-time search in diffusion sampling")
        .summary(
            "Schedules, samplers and search strategies measured against closed forms, and on digits with a classifier \
             that took no part in the search. Budgets are function evaluations of the denoiser; a verifier's are counted at \
             the ratio of floating-point operations. Brackets and bands are 95 % bootstrap intervals. Variants of strategies, \
             splits and schedules were chosen on development seeds; what is shown was measured on others.",
        )
        .command(command)
        .fact("Searches for each cell of the mixtures", extent.mixture_runs.to_string())
        .fact("Searches for each class, strategy and budget of the digits", extent.digit_runs.to_string())
        .fact("Noises that schedules are measured on", extent.noises.to_string())
        .fact("Seed", extent.seed.to_string())
        .section(schedules(findings))
        .section(mixtures(findings))
        .section(digits(findings))
        .section(split(findings))
        .section(learnt(findings))
}

fn at(x: f64, value: Interval) -> Point {
    Point::new(x, value.value).within(value.low, value.high)
}

fn cell(value: Interval, digits: u8) -> Cell {
    let interval = Some(deliberate_report::Interval { low: value.low, high: value.high });
    Cell::Number { value: value.value, digits, interval }
}

fn share(value: Interval) -> Cell {
    Cell::share(value.value, value.low, value.high)
}

/// Rows as lines, one for each name.
fn lines<'r, R>(
    rows: &'r [R],
    name: impl Fn(&'r R) -> &'r str,
    point: impl Fn(&'r R) -> Point,
) -> impl Iterator<Item = Series> {
    let mut lines: Vec<Series> = Vec::new();
    for row in rows {
        let name = name(row);
        match lines.iter_mut().find(|line| line.name == name) {
            Some(line) => line.points.push(point(row)),
            None => lines.push(Series::line(name, [point(row)])),
        }
    }
    lines.into_iter()
}

fn schedules(findings: &Findings) -> Section {
    let mut table = Table::new(
        "KL divergence of Euler's method on Gaussian data (nats)",
        ["Schedule", "#5 steps", "#10 steps", "#20 steps", "#worst excess over the optimum (%)"],
    )
    .caption("Data N(0, 0.5²), sigma from 80 to 0.002, exact: no sampling. The optimum has equal angles atan(sigma / 0.5).");
    let least = findings.schedules[0].divergence;
    for row in &findings.schedules {
        let excess =
            row.divergence.iter().zip(least).map(|(found, least)| found / least - 1.0).fold(0.0, f64::max);
        let numbers = row.divergence.iter().map(|&divergence| Cell::number(divergence, 5));
        table = table.row(
            std::iter::once(Cell::text(&row.name)).chain(numbers).chain([Cell::number(excess * 100.0, 2)]),
        );
    }
    Section::new("Schedules where the best one is known").table(table)
}

fn mixtures(findings: &Findings) -> Section {
    let measured =
        Series::line("best-of-N", findings.orders.iter().map(|row| at(f64::from(row.samples), row.reward)));
    let exact = Series::line(
        "order statistics",
        findings.orders.iter().map(|row| (f64::from(row.samples), row.exact)),
    );
    let orders = Plot::new(Axis::log2("Samples", "N"), Axis::linear("Mean reward"))
        .with(measured)
        .with(exact.dashed());
    let budget = || Axis::log2("Budget", "function evaluations");
    let distances = Plot::new(budget(), Axis::linear("Squared energy distance"));
    let distances = lines(&findings.tilts, |row| &row.name, |row| at(row.budget, row.distance))
        .fold(distances, Plot::with);
    let rewards = Plot::new(budget(), Axis::linear("Mean reward"));
    let rewards =
        lines(&findings.tilts, |row| &row.name, |row| at(row.budget, row.reward)).fold(rewards, Plot::with);
    let tilts = Figure::of_panels(
        "tilted",
        "How far one chosen sample is from the tilted mixture",
        [Panel::new("Distance from the target", Chart::Plot(distances)), Panel::new("Reward", Chart::Plot(rewards))],
    )
    .caption(
        "Every search gives one sample; distances are unbiased, 0 is an exact sampler. Best-of-N aims at the highest reward \
         and not at the target.",
    );
    let mut greedy = Table::new(
        "The greedy limit",
        ["Strategy", "#budget", "#mean reward", "#same sample as best-of-N (%)"],
    );
    for row in &findings.greedy {
        let cells = [
            Cell::text(&row.name),
            Cell::number(row.budget, 0),
            cell(row.reward, 3),
            Cell::number(row.same * 100.0, 1),
        ];
        greedy = greedy.row(cells);
    }
    let mut guidance = Table::new(
        "Reward of the predicted clean sample against the exact value",
        ["#sigma", "#mean gap", "#deviation of the gap", "#deviation of the exact value", "#pairs in the wrong order (%)"],
    )
    .caption("The gap is never negative here, by Jensen's inequality. What misleads a search is the part that differs between partial samples.");
    for row in &findings.guidance {
        guidance = guidance.row([
            Cell::number(row.sigma, 2),
            cell(row.gap, 4),
            Cell::number(row.spread, 4),
            Cell::number(row.known, 4),
            share(row.misordered),
        ]);
    }
    Section::new("Mixtures with a linear reward")
        .figure(Figure::new("orders", "Best-of-N is the highest order statistic", Chart::Plot(orders)))
        .figure(tilts)
        .table(greedy)
        .table(guidance)
}

fn contenders(title: &str, rows: &[Contender]) -> Table {
    let columns = [
        "Strategy",
        "variant",
        "#budget",
        "#used",
        "#first classifier satisfied (%)",
        "#second classifier agrees (%)",
        "#ln p, first",
        "#ln p, second",
    ];
    rows.iter().fold(Table::new(title, columns), |table, row| {
        table.row([
            Cell::text(&row.name),
            Cell::text(&row.variant),
            Cell::number(row.budget, 1),
            Cell::number(row.used, 1),
            share(row.satisfied),
            share(row.right),
            cell(row.satisfaction, 2),
            cell(row.likelihood, 2),
        ])
    })
}

/// The first sample of each class, a row for each contender.
fn sheet_figure(rows: &[&Contender]) -> Figure {
    let (names, cells) =
        sheet::cells(&rows.iter().map(|row| (row.name.as_str(), row.samples.as_slice())).collect::<Vec<_>>());
    let heat = Heat {
        x: "class 0 to 9".to_owned(),
        columns: vec![String::new(); cells.first().map_or(0, Vec::len)],
        y: String::new(),
        rows: names,
        cells: cells
            .into_iter()
            .map(|row| row.into_iter().map(|ink| Some(HeatCell::new(ink, ""))).collect())
            .collect(),
        scale: HeatScale::Sequential { title: "ink".to_owned(), low: -1.0, high: 1.0 },
    };
    Figure::new("sheet", "The first sample of each class", Chart::Heat(heat))
        .caption("Not chosen: the first seed, at the budget of 176.")
}

fn digits(findings: &Findings) -> Section {
    let found = &findings.classes;
    let budget = || Axis::log2("Budget", "function evaluations");
    let right = Plot::new(budget(), Axis::percent("Second classifier agrees"));
    let right =
        lines(&found.contenders, |row| &row.name, |row| at(row.budget, row.right)).fold(right, Plot::with);
    let satisfied = Plot::new(budget(), Axis::percent("First classifier satisfied"));
    let satisfied = lines(&found.contenders, |row| &row.name, |row| at(row.budget, row.satisfied))
        .fold(satisfied, Plot::with);
    let figure = Figure::of_panels(
        "classes",
        "Class-conditional accuracy at equal evaluations",
        [Panel::new("What counts", Chart::Plot(right)), Panel::new("What was searched for", Chart::Plot(satisfied))],
    )
    .caption("The denoiser knows no classes; the search makes it draw one. Two classifiers learnt from disjoint images.");
    let panel = |name: &'static str| {
        let rows = || found.weak.iter().filter(move |row| row.name == name);
        let line = |title: &str, of: fn(&Contender) -> Interval| {
            Series::line(title, rows().map(|row| at(row.budget, of(row))).collect::<Vec<_>>())
        };
        let plot = Plot::new(budget(), Axis::percent("Taken for the wanted class"))
            .with(line("the verifier (searched for)", |row| row.satisfied))
            .with(line("second classifier (took no part)", |row| row.right));
        Panel::new(name, Chart::Plot(plot))
    };
    let weak = Figure::of_panels(
        "over-optimisation",
        "Over-optimisation: a verifier that learnt from 30 images",
        ["best-of-N, weak verifier", "beam, weak verifier"].map(panel),
    );
    let shown: Vec<&Contender> =
        found.contenders.iter().filter(|row| (row.budget - 176.0).abs() < 1e-9).collect();
    Section::new("Digits: strategies")
        .figure(figure)
        .table(contenders("Strategies on digits", &found.contenders))
        .figure(weak)
        .table(contenders("Over-optimisation", &found.weak))
        .figure(sheet_figure(&shown))
}

fn split(findings: &Findings) -> Section {
    let found = &findings.split;
    let plot =
        Plot::new(Axis::log2("Budget", "function evaluations"), Axis::percent("Second classifier agrees"));
    let plot = lines(&found.rows, |row| &row.name, |row| at(row.budget, row.right)).fold(plot, Plot::with);
    let mut table = Table::new(
        "Steps chosen on development seeds",
        ["#budget", "#for all", "for classes 0 to 9", "#gain of choosing for each class (points)"],
    );
    for ((budget, one, each), (_, gain)) in found.chosen.iter().zip(&found.gains) {
        let each: Vec<String> = each.iter().map(u32::to_string).collect();
        let gain = Interval { value: gain.value * 100.0, low: gain.low * 100.0, high: gain.high * 100.0 };
        table = table.row([
            Cell::number(*budget, 1),
            Cell::number(f64::from(*one), 0),
            Cell::text(each.join(" ")),
            cell(gain, 1),
        ]);
    }
    let ease: Vec<String> = found.ease.iter().map(|share| format!("{:.1}", share * 100.0)).collect();
    Section::new("More steps or more candidates")
        .prose(format!(
            "Best-of-N with candidates of few or many Euler steps, at equal evaluations. Plain samples fall into classes 0 to 9 \
             in these shares (%): {}.",
            ease.join(", ")
        ))
        .figure(Figure::new("split", "A budget split into steps and candidates", Chart::Plot(plot)))
        .table(table)
}

fn learnt(findings: &Findings) -> Section {
    let mut table = Table::new(
        "Schedules for the denoiser of digits",
        [
            "Sampler",
            "#steps",
            "Schedule",
            "#error for each pixel",
            "#squared energy distance to test images",
            "levels",
        ],
    );
    for row in &findings.learnt {
        let levels: Vec<String> = row.schedule.levels().iter().map(|sigma| format!("{sigma:.3}")).collect();
        table = table.row([
            Cell::text(&row.sampler),
            Cell::number(f64::from(row.steps), 0),
            Cell::text(&row.name),
            cell(row.error, 4),
            cell(row.distance, 4),
            Cell::text(levels.join(" ")),
        ]);
    }
    Section::new("Learnt schedules").table(table)
}
