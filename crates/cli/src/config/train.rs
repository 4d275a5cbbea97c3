//! From the options of `deliberate train` to a plan.

use crate::args::{Make, TrainArgs};
use deliberate::SearchOptions;
use deliberate_family::{Beginning, Learning, Method, Plan, Written};
use std::num::{NonZeroU32, NonZeroUsize};

/// Highest learning rate where all weights learn and nobody chose.
const WHOLE_RATE: f32 = 1e-5;

/// The plan that the options make for a model, and for how it is asked where they do not say.
pub(crate) fn plan(args: &TrainArgs, model: Option<String>, asked: &SearchOptions) -> Plan {
    let (mut base, mut method) = Plan::usual();
    base.model = model.unwrap_or_default();
    base.questions = args.questions_file.clone().unwrap_or_default();
    base.test.clone_from(&args.test);
    set(&mut base.prompt, asked.prompt.clone());
    (base.top_p, base.top_k) = (asked.top_p, asked.top_k);
    set(&mut base.answer_tokens, args.max_tokens.map(NonZeroU32::get));
    set(&mut base.development, args.development);
    if let Some(lora) = &mut base.lora {
        // Twice the rank is what most adapters are trained with.
        set(&mut lora.rank, args.lora.map(NonZeroU32::get));
        lora.alpha = 2.0 * lora.rank as f32;
        lora.blocks = args.blocks.map(NonZeroU32::get);
    }
    base.lora = base.lora.filter(|_| !args.all_weights);
    let alone = args.make.iter().all(|make| *make == Make::Proposer);
    let share = args.worked.or(alone.then_some(100_u32.saturating_sub(base.development)));
    base.written = match (share, base.written) {
        (Some(0), _) => None,
        (Some(share), Some(written)) => Some(Written { share, ..written }),
        (_, written) => written,
    };
    set(&mut method.temperature, args.temperature.or(asked.temperature));
    set(&mut method.sampled_questions, args.questions.map(NonZeroUsize::get));
    set(&mut method.samples, args.samples.map(NonZeroU32::get));
    set(&mut method.returns.rollouts, args.rollouts);
    method.labels.clone_from(&args.labels);
    keep(&mut method, &args.make);
    let written = base.written.as_mut().map(|written| &mut written.learning);
    for learning in method.learnings_mut().chain(written) {
        set(&mut learning.peak, args.rate.or(args.all_weights.then_some(WHOLE_RATE)));
        set(&mut learning.batch_tokens, args.batch_tokens.map(NonZeroUsize::get));
    }
    Plan { seed: args.seed, from: Beginning::Base(base), method }
}

fn set<T>(value: &mut T, chosen: Option<T>) {
    if let Some(chosen) = chosen {
        *value = chosen;
    }
}

/// Leaves out what is not made, nor needed for what is.
fn keep(method: &mut Method, make: &[Make]) {
    let any = |of: &[Make]| of.iter().any(|one| make.contains(one));
    let only = |learning: &mut Option<Learning>, wanted: bool| {
        if !wanted {
            *learning = None;
        }
    };
    only(&mut method.prm, any(&[Make::Prm, Make::Distilled]));
    only(&mut method.orm, any(&[Make::Orm]));
    only(&mut method.reviser, any(&[Make::Reviser, Make::RevisionOrm, Make::RevisionRestEm]));
    only(&mut method.revision_orm, any(&[Make::RevisionOrm]));
    only(&mut method.star, any(&[Make::Star, Make::RestEm]));
    only(&mut method.rest_em, any(&[Make::RestEm]));
    only(&mut method.distilled, any(&[Make::Distilled]));
    only(&mut method.revision_rest_em, any(&[Make::RevisionRestEm]));
    if method.distilled.is_none() {
        method.searches = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Cli, Command};
    use clap::Parser;
    use deliberate_family::Lora;

    fn planned(rest: &[&str]) -> Result<Plan, String> {
        let all = ["deliberate", "train", "questions.jsonl", "--model", "smollm2", "--output", "out"];
        let cli = Cli::try_parse_from(all.iter().chain(rest)).map_err(|error| error.to_string())?;
        let Command::Train(args) = cli.command else { panic!("another command") };
        let asked = SearchOptions { top_k: Some(20), ..SearchOptions::default() };
        let plan = plan(&args, args.model.clone(), &asked);
        plan.check().map(|()| plan).map_err(|error| error.to_string())
    }

    #[test]
    fn what_something_is_made_of_comes_with_it() {
        let made = |rest: &[&str]| {
            let method = planned(rest).unwrap().method;
            let all = [
                ("prm", method.prm),
                ("orm", method.orm),
                ("reviser", method.reviser),
                ("revision-orm", method.revision_orm),
                ("star", method.star),
                ("rest-em", method.rest_em),
                ("distilled", method.distilled),
            ];
            all.into_iter().filter_map(|(name, learning)| learning.map(|_| name)).collect::<Vec<_>>()
        };
        assert_eq!(made(&[]), ["prm"]);
        assert_eq!(made(&["--make", "rest-em"]), ["star", "rest-em"]);
        assert!(made(&["--make", "proposer"]).is_empty());
        assert_eq!(
            made(&["--make", "revision-orm,distilled"]),
            ["prm", "reviser", "revision-orm", "distilled"]
        );
    }

    #[test]
    fn flags_are_in_the_plan() {
        let plan = planned(&[
            "--worked",
            "0",
            "--lora",
            "8",
            "--rate",
            "1e-3",
            "-n",
            "7",
            "--rollouts",
            "2",
            "--blocks",
            "6",
        ]);
        let Plan { from: Beginning::Base(base), method, .. } = plan.unwrap() else {
            panic!("a plan of the lab")
        };
        assert_eq!((base.written, base.lora), (None, Some(Lora { rank: 8, alpha: 16.0, blocks: Some(6) })));
        assert_eq!((base.top_k, base.top_p, method.temperature), (Some(20), None, 0.8));
        assert_eq!((method.sampled_questions, method.returns.rollouts), (7, 2));
        assert_eq!(method.prm.map(|prm| prm.peak), Some(1e-3));
        let written = |rest: &[&str]| match planned(rest).unwrap().from {
            Beginning::Base(base) => {
                base.written.map(|written| (written.share, written.learning.batch_tokens))
            }
            Beginning::Lab(_) => None,
        };
        assert_eq!(written(&["--make", "proposer", "--batch-tokens", "512"]), Some((90, 512)));
        assert_eq!(written(&["--make", "proposer,orm", "--development", "5"]), Some((40, 4096)));
        assert!(
            planned(&["--make", "proposer", "--worked", "0"]).unwrap_err().contains("nothing is to be made")
        );
        let whole = planned(&["--all-weights"]).unwrap();
        let Beginning::Base(base) = whole.from else { panic!("a plan of the lab") };
        assert_eq!((base.lora, base.written.map(|written| written.learning.peak)), (None, Some(WHOLE_RATE)));
        assert!(planned(&["--worked", "95"]).unwrap_err().contains("leave no questions"));
        assert!(planned(&["--all-weights", "--lora", "8"]).unwrap_err().contains("cannot be used with"));
    }
}
