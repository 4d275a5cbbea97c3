//! `deliberate demo`: three questions of our own, three ways to spend the same number of generations.

use crate::args::{DemoArgs, Global};
use crate::config::{EngineSettings, FileLayer, Search, SearchLayer};
use crate::interrupt::Interrupt;
use crate::output;
use crate::session::Loaded;
use crate::show::{Table, count, flops, seconds};
use anyhow::Context;
use deliberate_run::Question;
use deliberate_search::{Budget, Ledger};
use std::process::ExitCode;

const QUESTIONS: &str = include_str!("../../assets/questions.jsonl");
const STRATEGIES: [&str; 3] = ["best-of-n", "beam:branching=4", "revisions:chains=4,length=4"];
const GENERATIONS: u32 = 16;

pub(crate) fn run(args: DemoArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let file = FileLayer::read(global.config.as_deref())?;
    let loaded = Loaded::open(&EngineSettings::resolve(args.engine.over(file.engine)))?;
    let questions: Vec<Question> = QUESTIONS
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()
        .context("the bundled questions are damaged")?;
    let runtime = super::runtime()?;
    runtime.block_on(async {
        let interrupt = Interrupt::listen();
        let mut table = Table::new([
            "strategy",
            "right",
            "generations",
            "tokens drawn",
            "prefilled",
            "cached",
            "FLOPs",
            "time",
        ]);
        for strategy in STRATEGIES {
            let settings = Search::resolve(SearchLayer {
                strategy: Some(strategy.to_owned()),
                budget: Some(Budget::generations(GENERATIONS)),
                max_tokens: std::num::NonZeroU32::new(80),
                ..SearchLayer::default()
            })?;
            let domain = loaded.domain(&settings).await?;
            let mut total = Ledger::default();
            let mut right = 0;
            for question in &questions {
                output::line(format_args!("━━ {strategy} ━━ {}\n", question.problem))?;
                let outcome =
                    super::solve::solve(&loaded, &domain, &question.problem, &settings, &interrupt, global)
                        .await?;
                super::solve::print(&outcome, &settings, true)?;
                let result = super::run::graded(question, &outcome);
                right += u32::from(result.correct == Some(true));
                output::line(format_args!(
                    "expected {} — {}\n",
                    result.expected.as_deref().unwrap_or("?"),
                    if result.correct == Some(true) { "right" } else { "wrong" }
                ))?;
                total += outcome.ledger;
                if interrupt.pressed() {
                    return Ok(crate::exit::INTERRUPTED.into());
                }
            }
            let sum = |of: fn(&deliberate_search::Usage) -> u64| {
                count([total.proposer, total.verifier, total.reviser].iter().map(of).sum())
            };
            table.row([
                strategy.to_owned(),
                format!("{right} of {}", questions.len()),
                total.generations.to_string(),
                count(total.charged.tokens),
                sum(|usage| usage.prefilled),
                sum(|usage| usage.cached),
                flops(total.flops()),
                seconds(total.seconds),
            ]);
        }
        output::data(table)?;
        output::line(format_args!(
            "\nThe same {GENERATIONS} generations a question, spent three ways; the model is {}.",
            deliberate_lm::LanguageModel::facts(&loaded.proposer.engine).name
        ))?;
        Ok(ExitCode::SUCCESS)
    })
}
