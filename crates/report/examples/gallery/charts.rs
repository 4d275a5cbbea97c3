//! One figure of each kind. Every number is invented.

use deliberate_report::{
    Axis, BarSeries, Bars, Chart, Colour, Figure, Heat, HeatCell, HeatScale, Mark, Panel, Plot, Point,
    Series, Stacked,
};

const INVENTED: &str = "Invented data. Bands hold 95 % of bootstrap samples over questions.";

fn budget() -> Axis {
    Axis::log2("Budget", "generations")
}

/// Rises by `gain` a doubling, less and less.
fn rising(name: &str, from: f64, gain: f64, fading: f64, last: i32) -> Series {
    Series::line(
        name,
        (0..=last).map(|doubling| {
            let step = f64::from(doubling);
            let y = from + gain * step - fading * step * step;
            Point::new(2f64.powi(doubling), y).within(y - 0.014 - 0.001 * step, y + 0.014)
        }),
    )
}

pub(crate) fn search() -> Figure {
    let plot = Plot::new(budget(), Axis::percent("Accuracy"))
        .with(rising("beam search, M = 4", 0.105, 0.062, 0.0037, 9))
        .with(rising("beam search, M = √N", 0.105, 0.063, 0.0042, 9))
        .with(rising("lookahead, k = 3", 0.105, 0.052, 0.0032, 9))
        .with(rising("best-of-N weighted", 0.105, 0.047, 0.0018, 9))
        .with(rising("majority", 0.105, 0.026, 0.0006, 9).colour(Colour::Muted).dashed())
        .level("oracle, 64 samples", 0.44);
    Figure::new("search-methods", "Beam search wins small budgets, best-of-N large ones", Chart::Plot(plot))
        .caption(INVENTED)
        .source("figure 3, left, of the paper")
}

pub(crate) fn search_by_bin() -> Figure {
    let bars = |name: &str, shift: f64| {
        BarSeries::measured(
            name,
            (0..5).map(|bin| {
                (0..4)
                    .map(|level| {
                        let base = [0.78, 0.48, 0.24, 0.1, 0.02][bin];
                        let y = (base + shift * (f64::from(level) - 0.5) * (1.2 - 0.6 * bin as f64))
                            .clamp(0.004, 0.97);
                        (y, (y - 0.03).max(0.0), (y + 0.03).min(1.0))
                    })
                    .collect()
            }),
        )
    };
    let chart =
        Bars::new("Difficulty bin (1 is easiest)", ["1", "2", "3", "4", "5"], Axis::percent("Accuracy"))
            .levels("generations", ["4", "16", "64", "256"])
            .with(bars("beam search", -0.035))
            .with(bars("best-of-N weighted", 0.05))
            .with(bars("majority", 0.02).colour(Colour::Muted));
    Figure::new(
        "search-by-bin",
        "Beam search loses on easy questions as the budget grows",
        Chart::Bars(chart),
    )
    .caption("Invented data. Error bars: 95 % intervals.")
    .source("figure 3, right, of the paper")
}

pub(crate) fn compute_optimal() -> Figure {
    let plot = Plot::new(budget(), Axis::percent("Accuracy"))
        .with(rising("compute-optimal, oracle bins", 0.105, 0.072, 0.004, 8).colour(Colour::Category(2)))
        .with(rising("compute-optimal, predicted bins", 0.105, 0.069, 0.004, 8).colour(Colour::Category(5)))
        .with(rising("best-of-N weighted", 0.105, 0.047, 0.0018, 8).colour(Colour::Category(1)))
        .with(rising("majority", 0.105, 0.026, 0.0006, 8).colour(Colour::Muted).dashed());
    Figure::new(
        "compute-optimal",
        "Choosing by difficulty saves up to four times the budget",
        Chart::Plot(plot),
    )
    .caption(INVENTED)
    .source("figure 4 of the paper")
}

pub(crate) fn revisions() -> Figure {
    let steps = Axis::linear("Revision").bounds(0.0, 40.0);
    let chain = Series::line(
        "pass@1 of the revision",
        (0..=39).map(|step| {
            let y = 0.178
                + 0.065 * (1.0 - (-f64::from(step) / 8.0).exp())
                + 0.002 * (f64::from(step) * 2.1).sin();
            Point::new(f64::from(step), y).within(y - 0.01, y + 0.01)
        }),
    );
    let left = Plot::new(steps, Axis::percent("Accuracy")).with(chain).level("first answer", 0.178);
    let right = Plot::new(budget(), Axis::percent("Accuracy"))
        .with(rising("sequential, best-of-N weighted", 0.178, 0.039, 0.0012, 6))
        .with(rising("parallel, best-of-N weighted", 0.178, 0.032, 0.0012, 6))
        .with(rising("sequential, majority", 0.178, 0.026, 0.0009, 6))
        .with(rising("parallel, majority", 0.178, 0.022, 0.0009, 6));
    Figure::of_panels(
        "revisions",
        "Each revision is better than the last, and a chain beats as many lone answers",
        [
            Panel::new("Along the chain", Chart::Plot(left)),
            Panel::new("Chain against lone answers", Chart::Plot(right)),
        ],
    )
    .caption(INVENTED)
    .source("figure 6 of the paper")
}

pub(crate) fn ratios() -> Figure {
    let ratio = || Axis::log2("Sequential : parallel", "");
    let hump = |peak: f64, height: f64, width: f64| {
        (-4..=4).map(move |power| {
            let x = f64::from(power) * 2.0;
            (2f64.powf(x), height - (x - peak).powi(2) * width)
        })
    };
    let budgets = [16, 32, 64, 128, 256];
    let left =
        budgets.iter().enumerate().fold(Plot::new(ratio(), Axis::percent("Accuracy")), |plot, (index, n)| {
            let step = index as f64;
            let points = hump(-1.0 + step * 0.6, 0.30 + 0.035 * step, 0.0011);
            plot.with(
                Series::line(format!("{n} generations"), points)
                    .colour(Colour::Level { step: index as u8, of: 5 }),
            )
        });
    let right = (0..5_u8).fold(Plot::new(ratio(), Axis::percent("Accuracy")), |plot, bin| {
        let step = f64::from(bin);
        let points = hump(6.0 - step * 2.2, [0.95, 0.72, 0.46, 0.25, 0.14][usize::from(bin)], 0.0007);
        plot.with(Series::line(format!("bin {}", bin + 1), points).colour(Colour::Level { step: bin, of: 5 }))
    });
    Figure::of_panels(
        "ratios",
        "Harder questions want more chains, shorter ones",
        [
            Panel::new("All questions", Chart::Plot(left)),
            Panel::new("By difficulty, 128 generations", Chart::Plot(right)),
        ],
    )
    .caption("Invented data. Level colours run from pale (few, easy) to full (many, hard).")
    .source("figure 7 of the paper")
}

pub(crate) fn best_ratio() -> Figure {
    let budgets = [8, 16, 32, 64, 128];
    let cells = (0..5).map(|bin| {
        budgets
            .iter()
            .enumerate()
            .map(|(index, _)| {
                let power = (index as f64 + 3.0 - 1.6 * f64::from(bin)).round();
                let text = if power >= 0.0 {
                    format!("{} : 1", 2f64.powf(power))
                } else {
                    format!("1 : {}", 2f64.powf(-power))
                };
                (bin < 4 || index > 0).then(|| HeatCell::new(power, text).note("accuracy 31.4 %"))
            })
            .collect()
    });
    let heat = Heat {
        x: "Budget (generations)".into(),
        columns: budgets.iter().map(ToString::to_string).collect(),
        y: "Difficulty bin".into(),
        rows: (1..=5).map(|bin| bin.to_string()).collect(),
        cells: cells.collect(),
        scale: HeatScale::Diverging {
            title: "doublings of sequential over parallel".into(),
            middle: 0.0,
            reach: 7.0,
        },
    };
    Figure::new("best-ratio", "The best ratio by bin and budget", Chart::Heat(heat)).caption("Invented data.")
}

pub(crate) fn exchange() -> Figure {
    let mut plot = Plot::new(Axis::log10("Inference", "FLOPs per question"), Axis::percent("Accuracy"));
    for bin in 0..5_u8 {
        let (base, gain) =
            [(0.8, 0.018), (0.5, 0.03), (0.25, 0.032), (0.1, 0.02), (0.015, 0.004)][usize::from(bin)];
        let points = (0..9).map(|doubling| {
            let y: f64 = (base + gain * f64::from(doubling)).min(0.97);
            Point::new(1e11 * 2f64.powi(doubling), y).within((y - 0.02).max(0.0), (y + 0.02).min(1.0))
        });
        let name = format!("bin {}", bin + 1);
        plot = plot.with(Series::line(&name, points).colour(Colour::Level { step: bin, of: 5 }));
        for (ratio, flops) in [("R = 22", 2.2e11), ("R = 0.79", 1.6e12), ("R = 0.16", 1.3e13)] {
            let large = [0.91, 0.66, 0.42, 0.24, 0.09][usize::from(bin)];
            plot = plot.mark(
                Mark { label: None, ..Mark::star("14 times larger model, greedy", flops, large) }
                    .of_series(&name),
            );
            if bin == 0 {
                plot = plot.upright(ratio, flops);
            }
        }
    }
    Figure::new("exchange", "Test-time compute replaces parameters on easy questions", Chart::Plot(plot))
        .caption(
            "Invented data. Stars: the larger model at the budget that its cost would pay for, for each R.",
        )
        .source("figure 9 of the paper")
}

pub(crate) fn reliability() -> Figure {
    let bins = |bend: f64| {
        (0..10).map(move |bin| {
            let x = 0.05 + 0.1 * f64::from(bin);
            let y: f64 = (x + bend * (x * std::f64::consts::PI).sin()).clamp(0.0, 1.0);
            let count = 40.0 + 300.0 * (x - 0.5).powi(2);
            Point::new(x, y)
                .within((y - 0.05).max(0.0), (y + 0.05).min(1.0))
                .weight(count)
                .note(format!("{count:.0} steps"))
        })
    };
    let panel = |name: &str, bend: f64| {
        let share = |title: &str| Axis::percent(title).bounds(0.0, 1.0);
        let plot = Plot::new(share("Predicted"), share("Measured"))
            .with(Series::scatter("score bins", bins(bend)))
            .diagonal();
        Panel::new(name, Chart::Plot(plot))
    };
    Figure::of_panels(
        "reliability",
        "How far scores can be taken at their word",
        [panel("PRM", 0.06), panel("ORM", -0.16)],
    )
    .caption("Invented data. The area of a disc grows with the number of steps.")
}

pub(crate) fn predictors() -> Figure {
    let plot = Plot::new(
        Axis::log10("Cost of predicting", "tokens per question"),
        Axis::linear("Rank correlation with the oracle").bounds(0.0, 1.0),
    )
    .with(Series::scatter("question alone", [Point::new(120.0, 0.41).within(0.36, 0.46)]))
    .with(Series::scatter("first step's score", [Point::new(900.0, 0.58).within(0.53, 0.63)]))
    .with(Series::scatter("16 samples' scores", [Point::new(9_000.0, 0.79).within(0.75, 0.82)]))
    .with(Series::scatter("2048 samples' scores", [Point::new(1_100_000.0, 0.9).within(0.88, 0.92)]));
    Figure::new("predictors", "Cheap predictors of difficulty go a long way", Chart::Plot(plot))
        .caption("Invented data.")
}

pub(crate) fn confusion() -> Figure {
    let cell = |row: usize, column: usize| {
        let share = [0.62, 0.16, 0.025, 0.008, 0.0][row.abs_diff(column)];
        Some(HeatCell::new(share * 100.0, format!("{:.0}", share * 100.0)))
    };
    let names: Vec<String> = (1..=5).map(|bin| bin.to_string()).collect();
    let heat = Heat {
        x: "Predicted bin".into(),
        columns: names.clone(),
        y: "Oracle bin".into(),
        rows: names,
        cells: (0..5).map(|row| (0..5).map(|column| cell(row, column)).collect()).collect(),
        scale: HeatScale::Sequential { title: "share of the row (%)".into(), low: 0.0, high: 70.0 },
    };
    Figure::new("confusion", "Predicted bins miss by one, seldom by more", Chart::Heat(heat))
        .caption("Invented data.")
}

pub(crate) fn policy() -> Figure {
    let strategies = ["best-of-N", "beam, M = 4", "beam, M = √N", "revisions"];
    let choice = |row: usize, column: usize| match (row, column) {
        (0, _) => 3,
        (1, 3..) => 0,
        (4, _) | (_, 4) => 1,
        _ => 2,
    };
    let cell = |row, column| Some(HeatCell::new(choice(row, column) as f64, strategies[choice(row, column)]));
    let heat = Heat {
        x: "Budget (generations)".into(),
        columns: [4, 16, 64, 256, 512].iter().map(ToString::to_string).collect(),
        y: "Difficulty bin".into(),
        rows: (1..=5).map(|bin| bin.to_string()).collect(),
        cells: (0..5).map(|row| (0..5).map(|column| cell(row, column)).collect()).collect(),
        scale: HeatScale::Categories(strategies.map(str::to_owned).to_vec()),
    };
    Figure::new("policy", "The policy: what is best for each bin and budget", Chart::Heat(heat))
        .caption("Invented data.")
}

pub(crate) fn spent() -> Figure {
    let stacked = Stacked::new(
        Axis::percent("Share of FLOPs"),
        ["majority", "best-of-N weighted", "beam search, M = 4", "lookahead, k = 3", "compute-optimal"],
    )
    .part("prompts", [0.05, 0.04, 0.03, 0.02, 0.03])
    .part("answers in the vote", [0.95, 0.68, 0.32, 0.14, 0.42])
    .part("steps that were pruned", [0.0, 0.0, 0.37, 0.12, 0.21])
    .part("looking ahead", [0.0, 0.0, 0.0, 0.5, 0.04])
    .part("verifier", [0.0, 0.28, 0.28, 0.22, 0.24])
    .part("difficulty", [0.0, 0.0, 0.0, 0.0, 0.06]);
    Figure::new("spent", "Where the budget went", Chart::Stacked(stacked))
        .caption("Invented data, 64 generations.")
}
