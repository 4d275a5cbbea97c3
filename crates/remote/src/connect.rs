//! From addresses to a model.

use crate::address::Address;
use crate::chat::ChatModel;
use crate::error::ConnectError;
use crate::http::{Http, HttpError};
use crate::model::RemoteModel;
use crate::probe::{Found, Probe, look};
use crate::reward::{self, RewardModel};
use crate::routes::MOST;
use deliberate_lm::{LanguageModel, ModelFacts};
use futures::future::try_join_all;
use std::sync::Arc;
use std::time::Duration;

/// A model behind one server, or behind several that share the work.
#[derive(Debug, Clone)]
pub enum Connected {
    /// One that takes token ids: any search.
    Tokens(RemoteModel),
    /// One that takes conversations alone: searches over whole answers.
    Chat(ChatModel),
    /// One that scores texts and writes none: a verifier.
    Reward(RewardModel),
}

impl Connected {
    /// What was found out about the servers, in the order of their addresses.
    pub fn probes(&self) -> &[Probe] {
        match self {
            Self::Tokens(model) => model.probes(),
            Self::Chat(model) => model.probes(),
            Self::Reward(model) => model.probes(),
        }
    }

    fn facts(&self) -> &ModelFacts {
        match self {
            Self::Tokens(model) => model.facts(),
            Self::Chat(model) => model.facts(),
            Self::Reward(model) => model.facts(),
        }
    }
}

/// A server that is not tried out by then is not waited for.
const CONNECTING: Duration = Duration::from_secs(180);

/// Finds out what servers are, tries what searches rely on, and makes one model of them. They share its work: a call goes to
/// the one that holds the longest prefix of its prompt, or to the least busy one, and one that fails to another.
///
/// # Errors
/// [`ConnectError`] for a server that does not answer, does not do what it should, or has another model than the first.
pub async fn connect(addresses: &[Address]) -> Result<Connected, ConnectError> {
    if !(1..=MOST).contains(&addresses.len()) {
        return Err(ConnectError::Number { number: addresses.len(), most: MOST });
    }
    let all = try_join_all(addresses.iter().map(tried)).await?;
    for (other, address) in all.iter().zip(addresses).skip(1) {
        if let Some(what) = difference(&all[0], other) {
            let (first, server) = (addresses[0].to_string(), address.to_string());
            return Err(ConnectError::Differ { first, server, what });
        }
    }
    // Connections end with the runtime that made them, which need not be the one that goes on.
    let http = Http::new(addresses).map_err(ConnectError::http(&addresses[0]))?;
    let (mut models, mut chats, mut rewards) = (Vec::new(), Vec::new(), Vec::new());
    for connected in all {
        match connected {
            Connected::Tokens(model) => models.push(model),
            Connected::Chat(model) => chats.push(model),
            Connected::Reward(model) => rewards.push(model),
        }
    }
    // All of them are of one kind.
    Ok(if !models.is_empty() {
        Connected::Tokens(RemoteModel::joined(models, http))
    } else if !chats.is_empty() {
        Connected::Chat(ChatModel::joined(chats, http))
    } else {
        Connected::Reward(RewardModel::joined(rewards, http))
    })
}

async fn tried(address: &Address) -> Result<Connected, ConnectError> {
    let late = |_| HttpError::Failing { reason: "it takes too long".to_owned(), tries: 1 };
    let connected = tokio::time::timeout(CONNECTING, connected(address)).await;
    connected.map_err(late).map_err(ConnectError::http(address))?
}

async fn connected(address: &Address) -> Result<Connected, ConnectError> {
    Ok(match look(address).await? {
        Found::Server(found) => match reward::endpoint(&found.0, found.2.kind).await {
            Some(endpoint) => Connected::Reward(RewardModel::new(*found, endpoint, address).await?),
            None => Connected::Tokens(RemoteModel::new(*found, address).await?),
        },
        Found::Chat(model, context) => Connected::Chat(ChatModel::connect(address, model, context).await?),
    })
}

/// One out of what a model is at each of its servers, which agree: `add` puts another one's to what is there.
pub(crate) fn join<T>(all: impl Iterator<Item = Arc<T>>, mut add: impl FnMut(&mut T, T)) -> T {
    let all = all.map(|one| Arc::into_inner(one).expect("nobody else has it yet"));
    let joined = all.reduce(|mut all, other| {
        add(&mut all, other);
        all
    });
    joined.expect("there is a server")
}

/// Leaves of what is known of a model what holds at another of its servers, too, and tells what was found out about both.
pub(crate) fn narrow(
    (facts, probes): (&mut ModelFacts, &mut Vec<Probe>),
    (other, found): (&ModelFacts, Vec<Probe>),
) {
    facts.context = facts.context.min(other.context);
    facts.abilities.logprobs &= other.abilities.logprobs;
    probes.extend(found);
}

/// How a server's model differs from the first one's; none if one can stand in for the other.
fn difference(first: &Connected, other: &Connected) -> Option<String> {
    let (known, facts) = (first.facts(), other.facts());
    let [expected, kind] = [first, other].map(|connected| connected.probes()[0].kind);
    if kind != expected {
        return Some(format!("is {}, not {}", kind.name(), expected.name()));
    }
    if facts.abilities.rewards != known.abilities.rewards {
        return Some("scores texts in another way".to_owned());
    }
    if facts.name != known.name {
        return Some(format!("has `{}`, not `{}`", facts.name, known.name));
    }
    if !facts.shares_tokens(known) || facts.beginning != known.beginning {
        return Some("cuts texts into other tokens".to_owned());
    }
    (facts.architecture != known.architecture).then(|| "has another number of parameters".to_owned())
}
