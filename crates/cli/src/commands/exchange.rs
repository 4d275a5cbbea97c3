//! `deliberate exchange`: test-time compute or parameters, with equal bills.

use super::outcome::{number, reopen};
use crate::args::{AccountArg, ExchangeArgs};
use crate::exit::bad_input;
use crate::output::{self, note};
use crate::show::Table;
use anyhow::anyhow;
use deliberate_policy::{Account, Bought, Cost, Winner};
use deliberate_study::{RATIOS, exchanges, find};
use std::process::ExitCode;

pub(crate) fn run(args: &ExchangeArgs) -> anyhow::Result<ExitCode> {
    let (_folder, evidence, source) = reopen(&args.run)?;
    let Some(larger) = &evidence.larger else {
        return Err(bad_input(anyhow!(
            "`{}` knows no larger model (run `deliberate calibrate` again with --larger-model; only its answers are missing)",
            args.run.display()
        )));
    };
    let (account, scale) = match args.account {
        AccountArg::Paper => (Account::Formula, 1.0),
        AccountArg::Conference => (Account::WithVerifier, 0.5),
    };
    let ratios =
        if args.ratio.is_empty() { RATIOS.map(|ratio| ratio * scale).to_vec() } else { args.ratio.clone() };
    let (_, fitted) = find(&evidence, args.fit.standard_errors, source.seed)?;
    let exchanges = exchanges(&evidence, &fitted, account, &ratios, source.seed).map_err(bad_input)?;
    if args.fit.json {
        output::line(serde_json::to_string(&exchanges)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new([
        "difficulty",
        "bills",
        "R",
        "allowed",
        "bin",
        "questions",
        "spent",
        "small − large",
        "wins",
    ]);
    for one in &exchanges {
        let cost = |value: f64| match one.cost {
            Cost::Flops => number(value),
            _ => format!("{} generations", number(value)),
        };
        let bills = if one.account == Account::Ledger { "measured" } else { "formula" };
        let allowed = cost(one.allowed);
        match one.bought {
            Bought::All => {}
            Bought::Nothing { cheapest } => note(format_args!(
                "R = {}, {bills}: the cheapest that was tried costs {}, more than the {allowed} that are allowed",
                one.ratio,
                cost(cheapest)
            )),
            Bought::Dearest { spent } => note(format_args!(
                "R = {}, {bills}: the largest budget that was tried costs {} of the {allowed} that are allowed",
                one.ratio,
                cost(spent)
            )),
        }
        for row in &one.rows {
            let difference = row.difference;
            let points = [difference.value, difference.low, difference.high].map(|value| 100.0 * value);
            table.row([
                one.difficulty.to_owned(),
                bills.to_owned(),
                one.ratio.to_string(),
                cost(one.allowed),
                row.bin.map_or("all".to_owned(), |bin| (bin + 1).to_string()),
                row.questions.to_string(),
                cost(row.spent),
                format!("{:+.1} [{:+.1}, {:+.1}]", points[0], points[1], points[2]),
                match row.winner {
                    Some(Winner::TestTime) => "test-time compute",
                    Some(Winner::Parameters) => "parameters",
                    None => "neither for certain",
                }
                .to_owned(),
            ]);
        }
    }
    output::data(table)?;
    output::line(format_args!(
        "The large model has {:.1} times the parameters. Points of accuracy, held out, with 95 % intervals.",
        larger.scale
    ))?;
    Ok(ExitCode::SUCCESS)
}
