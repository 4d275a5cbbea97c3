//! A way to answer, as the gateway asks it.

use super::aloud::telling;
use super::keep::keep;
use super::outcome::solved;
use super::watch::Watch;
use deliberate::search::Budget;
use deliberate::text::{FormError, PromptError, TextError};
use deliberate::{Deliberate, Error, Search, SearchOptions, budget};
use deliberate_gateway::{Ask, Asked, Overrides, Refusal, Solved, Solver, VirtualModel};
use deliberate_lm::{Chat, Format, LanguageModel, LmError, Message, Role};
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
        self.check(&search, &ask)?;
        let searching = timeout_at(until, self.deliberate.searching(search)).await.map_err(late)?;
        let searching = searching.map_err(|error| refused(&error))?;
        let asking = match (&ask.asked, self.as_is()) {
            (Asked::Chat(chat), true) => searching.reply(chat),
            (Asked::Chat(chat), false) => searching.ask(question(chat, &ask.model)?),
            (Asked::Text(text), true) => searching.continuation(text),
            (Asked::Text(text), false) => searching.ask(text),
        };
        let asking = asking.ignoring(&ask.overrides.exclude_arguments).until(sleep_until(until));
        let asking = match &ask.aloud {
            Some(aloud) if self.draws_one(searching.search(), &ask.asked) => {
                asking.aloud(telling(aloud.clone(), ask.overrides.stop.clone()))
            }
            _ => asking,
        };
        let found = asking.watched(&mut Watch(&ask.telling)).await.map_err(|error| refused(&error))?;
        if let Some(folder) = &ask.record {
            keep(folder, &found, &searching).await;
        }
        solved(&found, &searching, &ask)
    }

    /// Whether conversations are put as they are.
    fn as_is(&self) -> bool {
        self.deliberate.search().prompt == AS_IS
    }

    /// Whether the only thing drawn is the answer, word by word as it is drawn.
    fn draws_one(&self, search: &Search, asked: &Asked) -> bool {
        let free = match asked {
            Asked::Chat(chat) => chat.tools.is_empty() && chat.format == Format::Text,
            Asked::Text(_) => true,
        };
        let needs = search.strategy.needs();
        let one = search.budget.generations == Some(1) && search.policy.is_none();
        free && one && self.as_is() && !needs.steps && !needs.reviser
    }

    /// Refuses what the models of this search cannot do.
    fn check(&self, search: &Search, ask: &Ask) -> Result<(), Refusal> {
        let Ask { model, asked, logprobs, .. } = ask;
        let proposer = &self.deliberate.models().proposer;
        if *logprobs && !proposer.model.facts().abilities.logprobs {
            let message =
                format!("`{}`, which answers for `{model}`, tells no log-probabilities", proposer.name);
            return Err(Refusal::field("logprobs", message));
        }
        let unknown = match asked {
            Asked::Chat(chat) if !chat.tools.is_empty() => Some(("tools", "tools are not shown to")),
            Asked::Text(_) if self.as_is() => Some(("prompt", "a text is not continued by")),
            _ => None,
        };
        match unknown.filter(|_| search.strategy.needs().reviser) {
            Some((field, what)) => {
                let message =
                    format!("the model `{model}` rewrites its answers, and {what} whoever rewrites one");
                Err(Refusal::field(field, message))
            }
            None => Ok(()),
        }
    }

    /// The search with what a client wants otherwise, which is never more than is offered.
    fn with(&self, overrides: &Overrides) -> Result<Search, Refusal> {
        let Overrides { budget, seed, max_tokens, temperature, top_p, stop, .. } = overrides;
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
        search.stop.clone_from(stop);
        search.sampling.check().map_err(|error| Refusal::field("temperature", error.to_string()))?;
        Ok(search)
    }
}

/// The question of a conversation that is nothing else.
fn question<'a>(chat: &'a Chat, model: &str) -> Result<&'a str, Refusal> {
    let field = match chat {
        Chat { tools, .. } if !tools.is_empty() => "tools",
        Chat { format, .. } if *format != Format::Text => "response_format",
        Chat { messages, .. } => match messages.as_slice() {
            [Message { role: Role::User, content, .. }] => return Ok(content),
            _ => "messages",
        },
    };
    let message = format!(
        "the model `{model}` puts questions in a prompt of its own: it takes one message of a user and nothing else"
    );
    Err(Refusal::field(field, message))
}

/// Who is at fault: the question, or the machine.
fn refused(error: &Error) -> Refusal {
    let message = error.to_string();
    match error {
        Error::Question(TextError::Prompt(PromptError::NoTools { .. })) => Refusal::field("tools", message),
        Error::Question(TextError::Prompt(PromptError::NotShown { message: place, .. })) => {
            Refusal::field(format!("messages[{}]", place - 1), message)
        }
        Error::Question(TextError::NoTexts { .. }) => Refusal::field("prompt", message),
        Error::Form(FormError::Parameters { index, .. }) => {
            Refusal::field(format!("tools[{index}].function.parameters"), message)
        }
        Error::Form(_) => Refusal::field("response_format.json_schema.schema", message),
        Error::Question(TextError::Prompt(PromptError::Model(LmError::NoChatTemplate { .. }))) => {
            Refusal::field("messages", message)
        }
        Error::Question(TextError::Prompt(_)) => Refusal::failed(message),
        Error::Question(_) => Refusal::question(message),
        Error::Strategy(_) => Refusal::field("deliberate.budget", message),
        _ => Refusal::failed(message),
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
