//! A way to answer, as the gateway asks it.

use super::keep::keep;
use super::watch::Watch;
use deliberate::search::{Budget, Ended, Ledger, Status};
use deliberate::text::{TextError, Trace};
use deliberate::{Deliberate, Error, Search, SearchOptions, Support, budget};
use deliberate_gateway::{
    Ask, Choice, Finish, Overrides, Refusal, Solved, Solver, Spent, VirtualModel, Vote,
};
use deliberate_lm::{Message, Role};
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::time::{Instant, sleep_until, timeout_at};

/// The prompt of conversations that bring their own instructions.
pub(super) const AS_IS: &str = "as-is";

/// What decides and how much it may spend, in a few words.
pub(super) fn way(search: &Search) -> String {
    let way = if search.policy.is_some() { "policy".to_owned() } else { search.strategy.to_string() };
    format!("{way}, budget {}", budget::format(&search.budget))
}

/// One way to answer, ready.
pub(super) struct Offer {
    /// What was said of it, for searches that are sized anew.
    pub(super) options: SearchOptions,
    pub(super) deliberate: Deliberate,
}

pub(super) struct Offers {
    pub(super) models: Vec<VirtualModel>,
    /// In the same order.
    pub(super) all: Vec<Offer>,
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
        let late = |_| Refusal::failed("the time was over before the question was read");
        let search = self.with(&ask.overrides)?;
        let searching = timeout_at(until, self.deliberate.searching(search)).await.map_err(late)?;
        let searching = searching.map_err(|error| refused(&error))?;
        let asking = if self.deliberate.search().prompt == AS_IS {
            searching.reply(&ask.messages)
        } else if let [Message { role: Role::User, content }] = ask.messages.as_slice() {
            searching.ask(content)
        } else {
            let message = format!(
                "the model `{}` puts questions in a prompt of its own: it takes one message of a user and nothing else",
                ask.model
            );
            return Err(Refusal::field("messages", message));
        };
        let found = asking.until(sleep_until(until)).watched(&mut Watch(&ask.telling)).await;
        let found = found.map_err(|error| refused(&error))?;
        if let Some(folder) = &ask.record {
            keep(folder, &found, &searching).await;
        }
        solved(&found, ask.choices as usize, way(searching.search()))
    }

    /// The search with what a client wants otherwise, which is never more than is offered.
    fn with(&self, overrides: &Overrides) -> Result<Search, Refusal> {
        let Overrides { budget, seed, max_tokens, temperature, top_p } = overrides;
        let offered = self.deliberate.search();
        let mut search = match budget {
            None => offered.clone(),
            Some(text) => {
                let wanted =
                    budget::parse(text).map_err(|reason| Refusal::field("deliberate.budget", reason))?;
                let budget = Some(within(wanted, offered.budget)?);
                Search::resolve(SearchOptions { budget, ..self.options.clone() })
                    .map_err(|error| Refusal::field("deliberate.budget", error.to_string()))?
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
}

/// Who is at fault: the question, or the machine.
fn refused(error: &Error) -> Refusal {
    match error {
        Error::Question(TextError::Prompt(error)) => Refusal::failed(error.to_string()),
        Error::Question(error) => Refusal::question(error.to_string()),
        Error::Strategy(error) => Refusal::field("deliberate.budget", error.to_string()),
        error => Refusal::failed(error.to_string()),
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
fn solved(found: &deliberate::Solved, choices: usize, way: String) -> Result<Solved, Refusal> {
    let outcome = found.outcome();
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
    let vote = |support: Support| {
        let Support { answer, solutions, weight } = support;
        Vote { answer, solutions, weight }
    };
    let degraded = match &outcome.ended {
        Ended::Cancelled => Some("the time was over".to_owned()),
        ended => ended.failure(),
    };
    Ok(Solved {
        choices: all,
        votes: found.support().into_iter().map(vote).collect(),
        spent: spent(&outcome.ledger),
        way,
        degraded,
    })
}

/// The bill, for clients.
pub(super) fn spent(ledger: &Ledger) -> Spent {
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
