//! The page of the gallery, and a page with one search.

#[path = "charts.rs"]
mod charts;
#[path = "searches.rs"]
mod searches;

use deliberate_report::{Cell, Page, Section, Table, tree_page};

/// A page with nothing but one search.
#[allow(dead_code, reason = "the test of the gallery has no use for it")]
pub(crate) fn search() -> String {
    tree_page("One search (invented data)", &[searches::beam()])
}

pub(crate) fn gallery() -> Page {
    Page::new("Gallery of figures, tables and search trees")
        .summary(
            "Every number on this page is invented data: it shows what a report can hold, not what was measured. \
             The shapes are loosely those of the paper.\n\nClick a name in a legend to bring its series out, a heading \
             of a table to sort by it, a node of a tree to read it.",
        )
        .command("cargo run -p deliberate-report --example gallery -- gallery/")
        .fact("Data", "invented")
        .fact("Seed", "none: the curves are formulas")
        .section(
            Section::new("Search against a verifier")
                .prose("Accuracy against the budget. The unit of a budget is one full sampled answer (`N` generations).")
                .figure(charts::search())
                .figure(charts::search_by_bin())
                .figure(charts::compute_optimal())
                .caution("Invented data: no conclusion can be drawn from these lines."),
        )
        .section(
            Section::new("Revisions")
                .figure(charts::revisions())
                .figure(charts::ratios())
                .figure(charts::best_ratio()),
        )
        .section(Section::new("Exchange with pretraining").figure(charts::exchange()))
        .section(
            Section::new("Difficulty and policy")
                .figure(charts::reliability())
                .figure(charts::predictors())
                .figure(charts::confusion())
                .figure(charts::policy()),
        )
        .section(Section::new("Where the budget went").figure(charts::spent()).table(efficiency()).table(hostile()))
        .section(
            Section::new("Searches")
                .remark("The third tree has 2,000 nodes.")
                .trees([searches::beam(), searches::revisions(), searches::large(2_000), searches::hostile()]),
        )
}

fn efficiency() -> Table {
    let row = |name: &str, value: f64, tokens: f64, flops: f64| {
        let share = Cell::share(value, value - 0.021, value + 0.02);
        let share = if value > 0.38 { share.best() } else { share };
        [
            Cell::text(name),
            share,
            Cell::Size(tokens),
            Cell::Size(flops),
            Cell::number(value * 1e6 / tokens, 2),
        ]
    };
    Table::new(
        "Efficiency at 64 generations (invented data)",
        ["Strategy", "#Accuracy (%)", "#Tokens per question", "#FLOPs per question", "#Points per kilotoken"],
    )
    .row(row("majority", 0.262, 15_400.0, 3.1e13))
    .row(row("best-of-N weighted", 0.334, 15_400.0, 4.2e13))
    .row(row("beam search, M = 4", 0.356, 9_800.0, 3.9e13))
    .row(row("compute-optimal", 0.383, 11_250.0, 3.8e13))
    .row([
        Cell::text("lookahead, k = 3"),
        Cell::share(0.301, 0.28, 0.323),
        Cell::Size(31_000.0),
        Cell::Empty,
        Cell::Empty,
    ])
    .caption("Intervals hold 95 % of bootstrap samples over questions.")
}

fn hostile() -> Table {
    Table::new("Text that is up to no good (invented data)", ["What a model wrote", "#Times"])
        .row([Cell::text("</script><script>document.title='broken'</script>"), Cell::number(3.0, 0)])
        .row([Cell::text("<img src=x onerror=\"document.title='broken'\">"), Cell::number(12.0, 0)])
        .row([
            Cell::text("a_very_long_identifier_without_any_place_to_break_it_that_goes_on_and_on_and_on"),
            Cell::number(1.0, 0),
        ])
}
