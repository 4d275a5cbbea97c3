//! A measurement as a page of figures: twins of the paper's on models.

use super::{Along, Areas, Curve, Extent, Measured, Proposers, Revisions, Verifiers};
use deliberate_lab::Split;
use deliberate_report::{
    Axis, BarSeries, Bars, Cell, Chart, Figure, Page, Plot, Point, Section, Series, Table,
};
use deliberate_run::Interval;

/// The page. `command` is what made it.
pub fn page(measured: &Measured, command: &str) -> Page {
    let Measured { extent, proposers, verifiers, revisions } = measured;
    let Extent { split, questions, samples, seed, .. } = extent;
    let which = match split {
        Split::Test => "test questions that no model has seen, up to renaming,",
        Split::Validation => "validation questions, which no model has learnt from,",
        Split::Train => "training questions",
    };
    let summary = format!(
        "{questions} {which} with {samples} samples of each. Brackets are 95 % bootstrap intervals over questions."
    );
    Page::new("What the lab's models can do")
        .summary(summary)
        .command(command)
        .fact("seed", seed.to_string())
        .section(proposing(proposers))
        .section(verifying(verifiers))
        .section(revising(revisions))
}

fn share(Interval { value, low, high }: Interval) -> Cell {
    Cell::share(value, low, high)
}

fn at(x: f64, Interval { value, low, high }: Interval) -> Point {
    Point::new(x, value).within(low, high)
}

fn line(curve: &Curve) -> Series {
    Series::line(curve.by.clone(), curve.points.iter().map(|(n, accuracy)| at(f64::from(*n), *accuracy)))
}

fn proposing(proposers: &Proposers) -> Section {
    let fifths = (1..=proposers.fifths.len()).map(|fifth| fifth.to_string());
    let bars = Bars::new("Fifth of the questions, the easiest first", fifths, Axis::percent("Questions"))
        .with(BarSeries::plain("a sample is right (pass@1)", proposers.fifths.iter().copied()))
        .with(BarSeries::plain("one of the samples is right", proposers.coverage.iter().copied()));
    let spread = Figure::new("spread", "How difficulty spreads", Chart::Bars(bars))
        .caption("Fifths by one half of the samples, rates by the other.");
    let points = proposers.pass_at.iter().map(|(k, rate)| (f64::from(*k), *rate));
    let plot =
        Plot::new(Axis::log2("k", "samples"), Axis::percent("pass@k")).with(Series::line("proposer", points));
    let pass = Figure::new("pass-at-k", "A right one among k samples", Chart::Plot(plot));
    let mut table = Table::new("Proposers", ["proposer", "#accuracy", "#against the proposer"]);
    let nothing = || Cell::text("–");
    table = table.row([Cell::text("proposer, a sample"), share(proposers.pass_at_1), nothing()]);
    table = table.row([Cell::text("proposer, greedy"), share(proposers.greedy), nothing()]);
    if let (Some(large), Some(gain)) = (proposers.large_greedy, proposers.large_gain) {
        table = table.row([Cell::text("the larger proposer, greedy"), share(large), share(gain)]);
    }
    for one in &proposers.learnt {
        let name = format!("{}, a sample", one.model);
        table = table.row([Cell::text(name), share(one.pass_at_1), share(one.gain)]);
    }
    Section::new("Proposing")
        .prose("Copies of the proposer learnt from its right samples (STaR, ReST-EM) or from what searches chose.")
        .figure(spread)
        .figure(pass)
        .table(table)
}

fn verifying(verifiers: &Verifiers) -> Section {
    let points = verifiers
        .reliability
        .iter()
        .map(|bin| Point::new(bin.predicted, bin.observed).note(format!("{} steps", bin.count)));
    let plot = Plot::new(
        Axis::percent("The PRM's score of a step"),
        Axis::percent("Fresh rollouts that come out right"),
    )
    .diagonal()
    .with(Series::line("steps in bins of their score", points));
    let reliability = Figure::new("reliability", "Whether the PRM means what it says", Chart::Plot(plot))
        .caption("On the diagonal a score of 30 % comes true for 30 % of the rollouts.");
    let plot = Plot::new(Axis::log2("N", "samples"), Axis::percent("Accuracy"));
    let plot = verifiers.curves.iter().fold(plot, |plot, curve| plot.with(line(curve)));
    let against = Figure::new("prm-orm", "PRM against ORM", Chart::Plot(plot))
        .caption("Best-of-N weighted over the same samples.")
        .source("figure 14");
    let number = |area: Option<f64>| area.map_or_else(|| Cell::text("–"), |area| Cell::number(area, 3));
    let columns = [
        "questions",
        "#PRM: is the answer in reach?",
        "#PRM: is it right?",
        "#ORM: is it right?",
        "#PRM × likelihood: is it right?",
    ];
    let families = verifiers.families.iter().map(|(family, areas)| (family.to_string(), areas));
    let rows = std::iter::once(("all".to_owned(), &verifiers.areas)).chain(families);
    let areas = rows.fold(Table::new("Area under the curve", columns), |table, (name, areas)| {
        let Areas { step, answer, orm, product } = *areas;
        table.row([Cell::text(name), number(step), number(answer), number(orm), number(product)])
    });
    let columns = ["choosing", "#accuracy", "#against the majority"];
    let chosen =
        verifiers.chosen.iter().fold(Table::new("Choosing among all samples", columns), |table, one| {
            table.row([Cell::text(&one.by), share(one.accuracy), share(one.gain)])
        });
    Section::new("Verifying")
        .prose("The PRM learnt from Monte-Carlo rollouts, the ORM from answers. The oracle only judges them.")
        .figure(reliability)
        .figure(against)
        .table(areas)
        .table(chosen)
}

fn revising(revisions: &Revisions) -> Section {
    let plot = Plot::new(Axis::linear("Attempt"), Axis::percent("Right"));
    let plot = revisions.along.iter().fold(plot, |plot, along| {
        let places = along.pass_at_1.iter().enumerate();
        plot.with(Series::line(along.model, places.map(|(place, rate)| at(place as f64 + 1.0, *rate))))
    });
    let turned = revisions.along.iter().map(|along| {
        let (spoilt, righted) = (along.spoilt.value * 100.0, along.righted.value * 100.0);
        let Along { model, distinct, .. } = along;
        format!(
            "{model}: {spoilt:.0} % of the right attempts are turned wrong by the next, {righted:.0} % of the wrong ones \
             right; a chain holds {:.1} different solutions.",
            distinct.value
        )
    });
    let chain = Figure::new("chain", "Attempt by attempt", Chart::Plot(plot))
        .caption(format!(
            "{} As many parallel samples hold {:.1}.",
            turned.collect::<Vec<_>>().join(" "),
            revisions.distinct_parallel.value
        ))
        .source("figure 6, left, and figure 16");
    let plot = Plot::new(Axis::linear("Attempts or samples"), Axis::percent("Accuracy"));
    let named = |with: &'static str| revisions.curves.iter().filter(move |curve| curve.by.contains(with));
    let budget = revisions.curves.iter().filter(|curve| !curve.by.contains("without history"));
    let sequential = Figure::new(
        "sequential-parallel",
        "A chain against as many samples of the reviser",
        Chart::Plot(budget.fold(plot.clone(), |plot, curve| plot.with(line(curve)))),
    )
    .source("figure 6, right");
    let history = Figure::new(
        "history",
        "Whether the verifier should see the attempts before",
        Chart::Plot(named("a chain, ORM").fold(plot, |plot, curve| plot.with(line(curve)))),
    )
    .source("figure 15");
    let columns = ["choosing by", "against samples of the", "#a chain", "#as many samples", "#difference"];
    let rows = [
        ("majority", "reviser", revisions.majority),
        ("ORMs", "reviser", revisions.weighted),
        ("majority", "proposer", revisions.majority_proposer),
        ("ORMs", "proposer", revisions.weighted_proposer),
    ];
    let table = rows.into_iter().fold(Table::new("A chain against samples", columns), |table, row| {
        let (by, against, [chain, samples, difference]) = row;
        table.row([Cell::text(by), Cell::text(against), share(chain), share(samples), share(difference)])
    });
    Section::new("Revising")
        .prose(
            "A chain shows the reviser its latest attempts. The first attempt is its own, drawn without a context as the \
             parallel samples are: the curve is of one model.",
        )
        .figure(chain)
        .figure(sequential)
        .figure(history)
        .table(table)
}
