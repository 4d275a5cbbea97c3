//! How well difficulty is known, and what that costs.

use super::{at, headed};
use crate::findings::Findings;
use deliberate_report::{Axis, Cell, Chart, Figure, Heat, HeatCell, HeatScale, Plot, Section, Series, Table};

pub(super) fn section(findings: &Findings) -> Section {
    let prose = "Oracle difficulty is the rate at which samples are right. Predicted difficulty is the mean final score \
                 over the same samples. Cheap predictors read the first few samples, which an answer can use again; the verifier's score of the bare question \
                 needs none.";
    headed("Knowing difficulty", prose)
        .figure(predictors(findings))
        .table(table(findings))
        .figure(confusion(findings))
}

fn predictors(findings: &Findings) -> Figure {
    let reading = || findings.predictors.iter().filter(|row| row.samples > 0);
    let mut names: Vec<&str> = reading().map(|row| row.predictor.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let plot =
        Plot::new(Axis::log2("Samples read", "generations"), Axis::linear("Rank correlation with pass@1"));
    let plot = names.into_iter().fold(plot, |plot, name| {
        let rows = reading().filter(|row| row.predictor == name);
        plot.with(Series::line(name, rows.map(|row| at(row.samples.into(), row.rank_correlation))))
    });
    Figure::new("predictors", "Difficulty from the first samples", Chart::Plot(plot)).caption(
        "Spearman's correlation with the rate of right samples, held out where something was fitted.",
    )
}

fn table(findings: &Findings) -> Table {
    let columns =
        ["predictor", "#samples", "#tokens", "#rank correlation", "#same bin, %", "#next to it or same, %"];
    findings.predictors.iter().fold(Table::new("Predictors of difficulty", columns), |table, row| {
        let correlation = Cell::Number {
            value: row.rank_correlation.value,
            digits: 2,
            interval: Some(deliberate_report::Interval {
                low: row.rank_correlation.low,
                high: row.rank_correlation.high,
            }),
        };
        table.row([
            Cell::text(&row.predictor),
            Cell::number(row.samples.into(), 0),
            Cell::number(row.tokens, 0),
            correlation,
            Cell::number(row.same_bin * 100.0, 1),
            Cell::number(row.near_bin * 100.0, 1),
        ])
    })
}

fn confusion(findings: &Findings) -> Figure {
    let names = || (1..=findings.confusion.len()).map(|bin| bin.to_string()).collect::<Vec<_>>();
    let most = findings.confusion.iter().flatten().copied().max().unwrap_or(0);
    let cell = |count: &u32| Some(HeatCell::new((*count).into(), count.to_string()));
    let heat = Heat {
        x: "Oracle bin".to_owned(),
        columns: names(),
        y: "Predicted bin".to_owned(),
        rows: names(),
        cells: findings.confusion.iter().map(|row| row.iter().map(cell).collect()).collect(),
        scale: HeatScale::Sequential { title: "Questions".to_owned(), low: 0.0, high: most.into() },
    };
    Figure::new("confusion", "Predicted against oracle bins", Chart::Heat(heat)).caption("All samples read.")
}
