//! What an endpoint for chats takes, found out by what it refuses.

use crate::address::Address;
use crate::error::ConnectError;
use crate::http::{Http, HttpError, LOOK};
use crate::probe::Check;
use crate::wire::chat::{Asked, Chat, Takes, Told, read_told};
use deliberate_lm::{self as lm, Format, GenerateRequest, Message, Role, Sampling, Tool};
use serde_json::json;

/// Tokens that are drawn to see what an endpoint takes.
const DRAWN: u32 = 16;

/// Asks for a word in more and more demanding ways; what is refused is left out from then on.
pub(super) async fn try_out(
    http: &Http,
    model: &str,
    address: &Address,
) -> Result<(Takes, Vec<Check>), ConnectError> {
    let mut chat = lm::Chat::from(vec![Message::new(Role::User, "Name one colour.")]);
    let ask = async |takes: Takes, chat: &lm::Chat| {
        let asked = Asked {
            messages: chat.messages.iter().map(|turn| json!(turn)).collect(),
            form: takes.form(chat),
        };
        let request = GenerateRequest {
            prompt: Vec::new().into(),
            seeds: if takes.several { vec![1, 2] } else { vec![1] },
            sampling: Sampling::at(1.0),
            stop: Vec::new(),
            max_tokens: DRAWN,
        };
        http.post(&Chat { model: model.to_owned(), takes }.draw(&asked, &request), LOOK).await
    };
    let plain = chat.clone();
    let told = |takes| ask(takes, &plain);
    let mut takes = Takes::LEAST;
    let mut answer = told(takes).await;
    if matches!(&answer, Err(HttpError::Refused { reason, .. }) if reason.contains("max_completion_tokens")) {
        takes.completion_limit = true;
        answer = told(takes).await;
    }
    let what = "answers a conversation";
    let fatal =
        |found: String| ConnectError::Check { server: address.to_string(), check: what.to_owned(), found };
    let answer = answer.map_err(ConnectError::http(address))?;
    let counted = answer["usage"]["completion_tokens"].is_u64();
    let Told { said, .. } = read_told(answer).map_err(|fault| fatal(fault.to_string()))?;
    let text = String::from_utf8_lossy(&said[0].pieces.concat()).into_owned();
    let mut checks = vec![Check { what, works: true, found: format!("{text:?}") }];
    let found = if counted { "usage is told" } else { "no usage: a token is taken for four characters" };
    checks.push(Check { what: "counts its tokens", works: counted, found: found.to_owned() });

    takes.seed = told(Takes { seed: true, ..takes }).await.is_ok();
    let found = if takes.seed { "taken" } else { "refused" };
    checks.push(Check { what: "takes a seed", works: takes.seed, found: found.to_owned() });

    let several = told(Takes { several: true, ..takes }).await.ok().and_then(|answer| read_told(answer).ok());
    let count = several.map_or(0, |told| told.said.len());
    takes.several = count == 2;
    let found = format!("{count} of 2 in one call");
    checks.push(Check { what: "several answers in one call", works: takes.several, found });

    let likely = told(Takes { logprobs: true, several: false, ..takes }).await.ok();
    let likely = likely.and_then(|answer| read_told(answer).ok());
    let known = likely.map_or(0, |told| told.said[0].stats.len());
    takes.logprobs = known > 0;
    let found = format!("of {known} tokens");
    checks.push(Check { what: "log-probabilities of what was drawn", works: takes.logprobs, found });

    let object = json!({"type": "object", "properties": {}});
    chat.format = Format::Schema(object.clone());
    takes.formats = ask(Takes { formats: true, several: false, ..takes }, &chat).await.is_ok();
    chat.format = Format::Text;
    chat.tools = vec![Tool { name: "colours".to_owned(), description: None, parameters: Some(object) }];
    takes.tools = ask(Takes { tools: true, several: false, ..takes }, &chat).await.is_ok();
    for (what, works) in [("takes a schema of its answer", takes.formats), ("takes tools", takes.tools)] {
        let found = if works { "taken" } else { "refused" };
        checks.push(Check { what, works, found: found.to_owned() });
    }
    Ok((takes, checks))
}
