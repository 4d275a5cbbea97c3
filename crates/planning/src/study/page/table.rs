//! The table: strategies, models that err, prices, demonstrations, and what moves cost.

use super::{Findings, against_budget, at, budget, lines, series, share, success};
use crate::act::Belief;
use crate::study::{Arm, Measured, PLAIN, Part};
use deliberate_report::{Axis, Cell, Chart, Figure, Panel, Plot, Section, Series, Table};

/// Every arm of a part as a row.
fn rows(findings: &Findings, part: Part, title: &str, name: &str) -> Table {
    let columns =
        [name, "#budget", "#steps a move", "#success, %", "#over the edge, %", "#moves", "#surprise"];
    let mut table = Table::new(title, columns);
    for (line, points) in lines(findings, part, |_| true) {
        for (arm, measured) in points {
            table = table.row([
                Cell::text(line),
                Cell::number(arm.spec.budget as f64, 0),
                Cell::number(measured.steps, 0),
                share(measured.won),
                share(measured.fallen),
                Cell::number(measured.moves.value, 1),
                Cell::number(measured.surprise, 3),
            ]);
        }
    }
    table
}

pub(super) fn strategies(findings: &Findings) -> Section {
    let plot = lines(findings, Part::Strategies, |_| true)
        .iter()
        .fold(against_budget(), |plot, (line, points)| plot.with(series(line, points, |m| m.won)));
    Section::new("Strategies")
        .prose(
            "A puck is to be pushed to a target and to come to rest there, on a table whose edges are not guarded. Mass, \
             friction and delay are hidden and differ from episode to episode; here the model knows them. All strategies \
             begin half of their draws with what remains of the last plan.",
        )
        .figure(Figure::new("strategies", "Success by strategy", Chart::Plot(plot)))
        .table(rows(findings, Part::Strategies, "Strategies with a true model", "strategy"))
}

pub(super) fn errors(findings: &Findings) -> Section {
    let of = |y: fn(&Measured) -> deliberate_run::Interval, axis: Axis| {
        lines(findings, Part::Errors, |_| true)
            .iter()
            .fold(Plot::new(budget(), axis), |plot, (line, points)| plot.with(series(line, points, y)))
    };
    let panels = [
        Panel::new("success", Chart::Plot(of(|m| m.won, success()))),
        Panel::new("puck over the edge", Chart::Plot(of(|m| m.fallen, Axis::percent("Lost over the edge")))),
    ];
    let figure = Figure::of_panels("errors", "Success and losses by model error", panels).caption(format!(
        "`{PLAIN}`. `wrong=1.6` takes mass and friction for 1.6 times what they are; `undelayed` takes commands to act at \
         once; `learnt` chooses one of 48 hypotheses by the transitions of its own episode, which is paid for (48 steps a \
         move)."
    ));
    let ice = lines(findings, Part::IceErrors, |_| true)
        .iter()
        .fold(against_budget(), |plot, (line, points)| plot.with(series(line, points, |m| m.won)));
    let ice = Figure::new("errors-on-ice", "On the lake", Chart::Plot(ice)).caption(
        "`average` of 1 move by a value that was learnt in the same model. `wrong=0.5` takes the ice for half as slippery as it \
         is, `wrong=0` for firm ground; `learnt` begins at firm ground, where its value comes from, and counts slips.",
    );
    Section::new("Models that err")
        .prose("The same strategy with the true model, with models that are wrong on purpose, and with one learnt online.")
        .figure(figure)
        .table(rows(findings, Part::Errors, "Success by model error", "belief"))
        .figure(ice)
        .table(rows(findings, Part::IceErrors, "Success by model error on the lake", "belief"))
}

pub(super) fn stopping(findings: &Findings) -> Section {
    let whole: Vec<(&Arm, &Measured)> = findings
        .arms
        .iter()
        .filter(|(arm, _)| arm.part == Part::Errors)
        .map(|(arm, measured)| (arm, measured))
        .collect();
    let beliefs: Vec<Belief> = findings.priced.iter().fold(Vec::new(), |mut all, (belief, ..)| {
        if !all.contains(belief) {
            all.push(*belief);
        }
        all
    });
    let mut table = Table::new(
        "Fixed budgets and prices",
        ["belief", "thinking", "#steps a move", "#success, %", "#over the edge, %"],
    );
    let mut panels = Vec::new();
    for belief in &beliefs {
        let fixed: Vec<(&Arm, &Measured)> =
            whole.iter().copied().filter(|(arm, _)| arm.spec.belief == *belief).collect();
        let priced: Vec<&(Belief, f64, Measured)> =
            findings.priced.iter().filter(|(own, ..)| own == belief).collect();
        let points =
            priced.iter().rev().map(|(_, price, m)| at(m.steps, m.won).note(format!("price {price:e}")));
        let plot = against_budget()
            .with(series("fixed budget", &fixed, |m| m.won))
            .with(Series::line("fitted price", points));
        panels.push(Panel::new(belief.to_string(), Chart::Plot(plot)));
        let row = |thinking: String, m: &Measured| {
            let steps = Cell::number(m.steps, 0);
            [Cell::text(belief.to_string()), Cell::text(thinking), steps, share(m.won), share(m.fallen)]
        };
        for (arm, measured) in &fixed {
            table = table.row(row(format!("{} steps", arm.spec.budget), measured));
        }
        for (_, price, measured) in priced {
            table = table.row(row(format!("price {price:e}"), measured));
        }
    }
    let gains = &findings.gains;
    let mut rates = Table::new(
        "Gain of an imagined step, by case",
        ["surprise", "#looks so far", "#steady, 1e-6", "#rising, 1e-6"],
    );
    let [low, high] = gains.between;
    let classes = [format!("up to {low:.3}"), format!("up to {high:.3}"), format!("above {high:.3}")];
    for (class, name) in classes.iter().enumerate() {
        for (level, by_class) in gains.rates.iter().enumerate().take(5) {
            let [steady, rising] = by_class[class];
            rates = rates.row([
                Cell::text(name),
                Cell::number(level as f64 + 1.0, 0),
                Cell::number(steady * 1e6, 1),
                Cell::number(rising * 1e6, 1),
            ]);
        }
    }
    Section::new("When to stop thinking")
        .prose(format!(
            "At every doubling there is a look. {} looks of development episodes, under all beliefs together, tell how much \
             better the move got in truth by thinking on, by how surprised the agent has been lately and whether the last \
             doubling found anything better. Thinking stops where that gain lies below the price.",
            findings.looks
        ))
        .figure(Figure::of_panels("stopping", "A price against fixed budgets", panels))
        .table(table)
        .table(rates.caption("Best mean gain over all later looks, in millionths of the score."))
}

pub(super) fn demonstrations(findings: &Findings) -> Section {
    let thinking = lines(findings, Part::Demonstrations, |arm| arm.spec.budget > 0);
    let of = |prefix: &str| {
        thinking
            .iter()
            .filter(|(line, _)| *line == "none" || line.starts_with(prefix))
            .fold(against_budget(), |plot, (line, points)| plot.with(series(line, points, |m| m.won)))
    };
    let panels = [
        Panel::new("proposals by retrieval", Chart::Plot(of("retrieval"))),
        Panel::new("proposals by cloning", Chart::Plot(of("cloning"))),
    ];
    Section::new("Demonstrations")
        .prose(
            "1, 3 and 10 episodes of an expert (the cross-entropy method with a true model). As proposals they say where to \
             search; alone they are a policy that acts without thinking (budget 0): retrieval of the three nearest scenes, \
             behaviour cloning by ridge regression, or a replay of the demonstration that began most alike.",
        )
        .figure(Figure::of_panels("demonstrations", "Success by demonstrations", panels))
        .table(rows(findings, Part::Demonstrations, "With and without thinking", "proposals, demonstrations"))
}

pub(super) fn bills(findings: &Findings) -> Section {
    let mut time = Table::new(
        "The deadline",
        ["strategy", "#deadline, ms", "#median, ms", "#99th percentile, ms", "#steps a move", "#success, %"],
    );
    for (line, points) in lines(findings, Part::Deadline, |_| true) {
        for (arm, measured) in points {
            let Some((median, late)) = measured.seconds else { continue };
            time = time.row([
                Cell::text(line),
                Cell::number(arm.spec.deadline_ms.unwrap_or(0) as f64, 0),
                Cell::number(median * 1e3, 2),
                Cell::number(late * 1e3, 2),
                Cell::number(measured.steps, 0),
                share(measured.won),
            ]);
        }
    }
    let mut shared = Table::new(
        "Prefixes paid once",
        ["strategy", "#budget", "#steps a move", "#without sharing, relative"],
    );
    for (line, points) in lines(findings, Part::Strategies, |_| true) {
        for (arm, measured) in points {
            shared = shared.row([
                Cell::text(line),
                Cell::number(arm.spec.budget as f64, 0),
                Cell::number(measured.steps, 0),
                Cell::number(measured.unshared, 2),
            ]);
        }
    }
    Section::new("Bills")
        .prose(
            "Wall time until a move is committed, with more budget than there is time for. A thought that is cut short \
             commits the best that it has scored.",
        )
        .table(time)
        .table(shared.caption(
            "What the plans of a tree would cost if each were imagined from its first move. The model's own update is paid \
             once a move as well, however many plans are drawn.",
        ))
}
