//! `deliberate serve`: `OpenAI`'s protocol in front of searches.

use crate::args::{Global, ServeArgs};
use crate::backend::Backend;
use crate::budget;
use crate::config::{EngineSettings, FileLayer, Search, SearchLayer};
use crate::exit::bad_input;
use crate::interrupt::Interrupt;
use crate::output::note;
use crate::session::{Cast, Loaded, search_settings};
use crate::team::Usual;
use anyhow::{Context, anyhow};
use deliberate_gateway::{
    Ask, Choice, Finish, Gateway, Keys, Limits, Overrides, Refusal, Solved, Solver, Spent, VirtualModel,
    Vote, serve,
};
use deliberate_lm::{Message, Role};
use deliberate_policy::Reasons;
use deliberate_search::{Budget, Ended, Outcome, Silent, Status, search};
use deliberate_text::{Domain, TextError, Trace};
use futures::FutureExt;
use futures::future::BoxFuture;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep_until, timeout_at};

/// The prompt of conversations that bring their own instructions.
const AS_IS: &str = "as-is";
/// What clients call the way that the flags describe.
const ONLY: &str = "deliberate";
/// The environment's keys that clients show.
const KEYS: &str = "DELIBERATE_GATEWAY_KEYS";

pub(crate) fn run(args: &ServeArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let keys = Keys::parse(&std::env::var(KEYS).unwrap_or_default());
    if !args.listen.ip().is_loopback() && keys.is_open() {
        return Err(bad_input(anyhow!(
            "{} is open to other machines, and without keys anyone there could ask (list some in {KEYS}, or listen on \
             127.0.0.1)",
            args.listen
        )));
    }
    let limits = Limits {
        at_once: args.at_once.get(),
        waiting: args.waiting,
        deadline: Duration::from_secs(args.seconds.get().into()),
        ..Limits::default()
    };
    let ways = ways(args, global)?;
    let offers: Vec<(String, SearchLayer, Search, EngineSettings)> = ways
        .into_iter()
        .map(|(name, layer)| {
            let search = Search::resolve(layer.search.clone()).with_context(|| format!("model `{name}`"))?;
            Ok((name, layer.search, search, EngineSettings::resolve(layer.engine)))
        })
        .collect::<anyhow::Result<_>>()
        .map_err(bad_input)?;
    for (.., engine) in &offers {
        super::models::fetch_default(engine, global)?;
    }
    let searches: Vec<[&Search; 1]> = offers.iter().map(|(_, _, search, _)| [search]).collect();
    let casts = offers.iter().zip(&searches);
    let casts =
        casts.map(|((.., settings), searches)| Cast { settings, searches, questions: limits.at_once });
    let loaded = Loaded::open_all(&casts.collect::<Vec<_>>())?;
    drop(searches);
    let runtime = super::runtime()?;
    runtime.block_on(async {
        let interrupt = Interrupt::listen();
        let (mut models, mut all) = (Vec::new(), Vec::new());
        for ((name, layer, search, _), loaded) in offers.into_iter().zip(loaded) {
            loaded.check(&search)?;
            let domain = loaded.domain(&search).await?;
            let about = format!("{} of {}", way(&search), loaded.proposer.name);
            models.push(VirtualModel { name, about });
            all.push(Offer { layer, search, loaded, domain });
        }
        let offers = Offers { models, all };
        let cannot = || format!("cannot listen on {}", args.listen);
        let listener = TcpListener::bind(args.listen).await.with_context(cannot).map_err(bad_input)?;
        let address = listener.local_addr()?;
        for VirtualModel { name, about } in offers.models() {
            note(format_args!("model `{name}`: {about}"));
        }
        note(format_args!("listening on http://{address}/v1 (Ctrl-C ends it when all are answered)"));
        serve(listener, Gateway::new(offers, limits, keys), interrupt.signal.clone()).await?;
        Ok(ExitCode::SUCCESS)
    })
}

/// The ways to answer by name, each as its own settings over the flags.
fn ways(args: &ServeArgs, global: &Global) -> anyhow::Result<Vec<(String, FileLayer)>> {
    let mut own: BTreeMap<String, FileLayer> = BTreeMap::new();
    match &args.models {
        None => drop(own.insert(ONLY.to_owned(), FileLayer::default())),
        Some(path) => {
            let cannot = || format!("cannot understand the models of `{}`", path.display());
            let text = std::fs::read_to_string(path).with_context(cannot).map_err(bad_input)?;
            own = toml::from_str(&text).with_context(cannot).map_err(bad_input)?;
            if own.is_empty() {
                return Err(bad_input(anyhow!("`{}` names no model", path.display())));
            }
        }
    }
    let settle = |(name, layer): (String, FileLayer)| {
        let mut search = layer.search.over(args.search.clone());
        search.prompt.get_or_insert_with(|| AS_IS.to_owned());
        let engine = layer.engine.over(args.engine.clone());
        let layer = FileLayer::settle(global.config.as_deref(), search, engine, Usual::Base)?;
        Ok((name, layer))
    };
    own.into_iter().map(settle).collect()
}

/// What decides and how much it may spend, in a few words.
fn way(search: &Search) -> String {
    let way = if search.policy.is_some() { "policy".to_owned() } else { search.strategy.to_string() };
    format!("{way}, budget {}", budget::format(&search.budget))
}

/// One way to answer, ready.
struct Offer {
    layer: SearchLayer,
    search: Search,
    loaded: Loaded,
    domain: Domain<Backend>,
}

struct Offers {
    models: Vec<VirtualModel>,
    /// In the same order.
    all: Vec<Offer>,
}

impl Solver for Offers {
    fn models(&self) -> &[VirtualModel] {
        &self.models
    }

    fn solve(&self, ask: Ask) -> BoxFuture<'_, Result<Solved, Refusal>> {
        let place = self.models.iter().position(|model| model.name == ask.model);
        self.all[place.expect("the gateway asks for models that there are")].solve(ask).boxed()
    }
}

impl Offer {
    async fn solve(&self, ask: Ask) -> Result<Solved, Refusal> {
        let until = Instant::now() + ask.deadline;
        let search_with = self.with(&ask.overrides)?;
        let late = |_| Refusal::failed("the time was over before the question was read");
        let prepared = timeout_at(until, self.prepare(&search_with, &ask)).await.map_err(late)?;
        let (other, root) = prepared?;
        let domain = other.as_ref().unwrap_or(&self.domain);
        let mut strategy = search_with
            .decider(&Reasons::default())
            .map_err(|error| Refusal::field("deliberate.budget", format!("{error:#}")))?;
        let mut how = search_settings(&search_with, &self.loaded, root.question());
        how.cancel = Some(sleep_until(until).boxed().shared());
        let outcome = search(root, &mut *strategy, &domain.roles(), how, &mut Silent).await;
        let outcome = outcome.map_err(|error| Refusal::failed(error.to_string()))?;
        solved(&outcome, ask.choices as usize, way(&search_with))
    }

    /// Roles of its own for what is drawn in another way than is offered, and where the search starts.
    async fn prepare(&self, search: &Search, ask: &Ask) -> Result<(Option<Domain<Backend>>, Trace), Refusal> {
        let drawing = |search: &Search| (search.sampling, search.max_tokens);
        let other = if drawing(search) == drawing(&self.search) {
            None
        } else {
            let domain = self.loaded.domain(search).await;
            Some(domain.map_err(|error| Refusal::failed(format!("{error:#}")))?)
        };
        let root = self.root(other.as_ref().unwrap_or(&self.domain), ask).await?;
        Ok((other, root))
    }

    /// The search with what a client wants otherwise, which is never more than is offered.
    fn with(&self, overrides: &Overrides) -> Result<Search, Refusal> {
        let Overrides { budget, seed, max_tokens, temperature, top_p } = overrides;
        let mut search = match budget {
            None => self.search.clone(),
            Some(text) => {
                let wanted =
                    budget::parse(text).map_err(|reason| Refusal::field("deliberate.budget", reason))?;
                let budget = Some(within(wanted, self.search.budget)?);
                Search::resolve(SearchLayer { budget, ..self.layer.clone() })
                    .map_err(|error| Refusal::field("deliberate.budget", format!("{error:#}")))?
            }
        };
        // Without a seed the same question may be asked twice for two answers.
        search.seed = seed.unwrap_or_else(rand::random);
        search.sampling.temperature = temperature.unwrap_or(search.sampling.temperature);
        search.sampling.top_p = top_p.unwrap_or(search.sampling.top_p);
        search.max_tokens = max_tokens.map_or(search.max_tokens, |tokens| tokens.min(search.max_tokens));
        search.sampling.check().map_err(|error| Refusal::field("temperature", error.to_string()))?;
        Ok(search)
    }

    async fn root(&self, domain: &Domain<Backend>, ask: &Ask) -> Result<Trace, Refusal> {
        let root = if self.search.prompt == AS_IS {
            domain.conversation(&ask.messages).await
        } else if let [Message { role: Role::User, content }] = ask.messages.as_slice() {
            domain.root(content).await
        } else {
            let message = format!(
                "the model `{}` puts questions in a prompt of its own: it takes one message of a user and nothing else",
                ask.model
            );
            return Err(Refusal::field("messages", message));
        };
        root.map_err(|error| match error {
            TextError::Prompt(error) => Refusal::failed(error.to_string()),
            error => Refusal::question(error.to_string()),
        })
    }
}

/// What a client wants of each unit, where it is not more than there is.
fn within(wanted: Budget, offered: Budget) -> Result<Budget, Refusal> {
    let all = |budget: Budget| {
        [budget.generations.map(f64::from), budget.units.map(|units| units as f64), budget.flops]
    };
    let mut pairs = all(wanted).into_iter().zip(all(offered));
    if pairs.any(|pair| matches!(pair, (Some(wanted), Some(offered)) if wanted > offered)) {
        let most = budget::format(&offered);
        return Err(Refusal::field("deliberate.budget", format!("at most {most} is offered")));
    }
    Ok(Budget {
        generations: wanted.generations.or(offered.generations),
        units: wanted.units.or(offered.units),
        flops: wanted.flops.or(offered.flops),
    })
}

/// What a search came to, for clients.
fn solved(outcome: &Outcome<Trace>, choices: usize, way: String) -> Result<Solved, Refusal> {
    let content = |state: &Trace, finish| Choice { content: state.text().trim_end().to_owned(), finish };
    let nodes =
        outcome.choice.node.into_iter().chain(outcome.choice.votes.iter().skip(1).map(|vote| vote.node));
    let mut all: Vec<Choice> =
        nodes.take(choices).map(|node| content(outcome.state(node), Finish::Stop)).collect();
    if let (true, Some(reason)) = (all.is_empty(), outcome.ended.failure()) {
        return Err(Refusal::failed(reason));
    }
    if all.is_empty() {
        // Nothing is complete: the longest of what was cut is better than nothing.
        let cut = outcome.tree.iter().filter(|(_, node)| node.status == Status::Truncated);
        let longest = cut.max_by_key(|(_, node)| node.units).map(|(id, _)| id);
        all.extend(longest.map(|id| content(outcome.state(id), Finish::Length)));
    }
    if all.is_empty() {
        return Err(Refusal::failed("no solution came of it in time"));
    }
    let vote = |vote: &deliberate_search::Vote| Vote {
        answer: outcome.state(vote.node).answer().map(str::to_owned),
        solutions: vote.count,
        weight: vote.weight,
    };
    let degraded = match &outcome.ended {
        Ended::Cancelled => Some("the time was over".to_owned()),
        ended => ended.failure(),
    };
    Ok(Solved {
        choices: all,
        votes: outcome.choice.votes.iter().map(vote).collect(),
        spent: spent(outcome),
        way,
        degraded,
    })
}

fn spent(outcome: &Outcome<Trace>) -> Spent {
    let ledger = &outcome.ledger;
    let mut all = ledger.proposer;
    all += ledger.verifier;
    all += ledger.reviser;
    let verifier = &ledger.verifier;
    Spent {
        prompt_tokens: all.prefilled + all.cached,
        cached_tokens: all.cached,
        completion_tokens: all.decoded,
        verifier_tokens: verifier.prefilled + verifier.cached + verifier.decoded,
        generations: ledger.generations,
        flops: all.flops,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_gets_no_more_than_is_offered() {
        let offered = budget::parse("16").unwrap();
        let with =
            |text: &str| within(budget::parse(text).unwrap(), offered).map(|budget| budget::format(&budget));
        assert_eq!(with("4").unwrap(), "4");
        assert_eq!(with("4000tokens").unwrap(), "16,4000tokens");
        assert!(with("17").is_err() && with("17,10tokens").is_err());
    }
}
