//! llama-server, by its own endpoints: those in `OpenAI`'s words neither return token ids nor take all settings.

use super::{Ask, Dialect, Drawn, Fault, LIKELIEST, Next, Prompt, Rendered, counted, read, seed};
use deliberate_lm::{Chat, Finish, GenerateRequest, Sample, Sampling, Token, TokenStat};
use serde::Deserialize;
use serde_json::{Value, json};

/// Likeliest tokens among which the unlikely ones are looked for: there is no question for a single one.
const MANY: u32 = 1000;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Llama;

#[derive(Deserialize)]
struct Content {
    content: String,
}

/// One continuation.
#[derive(Deserialize)]
struct Completion {
    #[serde(default)]
    index: usize,
    content: String,
    /// All that were drawn: those of the stop text, and the one that ended the sequence.
    tokens: Vec<Token>,
    stop_type: StopType,
    #[serde(default)]
    stopping_word: String,
    #[serde(default)]
    timings: Timings,
    /// Fewer than tokens: none for a character's first tokens, and none for the stop text.
    #[serde(default, rename = "completion_probabilities")]
    probabilities: Vec<Probability>,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
enum StopType {
    None,
    Eos,
    Word,
    Limit,
}

#[derive(Deserialize, Default)]
struct Timings {
    prompt_n: Option<i64>,
}

impl Timings {
    /// Given tokens that were evaluated.
    fn evaluated(&self) -> Option<u64> {
        self.prompt_n.map(|count| u64::try_from(count).unwrap_or(0))
    }
}

#[derive(Deserialize)]
struct Probability {
    id: Token,
    logprob: f32,
    #[serde(default)]
    top_logprobs: Vec<Top>,
}

#[derive(Deserialize)]
struct Top {
    id: Token,
    logprob: f32,
}

/// All settings of sampling, in the order in which the embedded engine applies them.
fn sampling(sampling: &Sampling) -> Value {
    let Sampling { temperature, top_k, top_p, min_p } = *sampling;
    let chain: &[&str] =
        if temperature > 0.0 { &["temperature", "top_k", "top_p", "min_p"] } else { &["top_k"] };
    json!({
        "temperature": temperature,
        // 0 keeps all; greedy is the likeliest one.
        "top_k": if temperature > 0.0 { top_k.unwrap_or(0) } else { 1 },
        "top_p": top_p,
        "min_p": min_p,
        "samplers": chain,
    })
}

/// So many of the likeliest next tokens.
fn likeliest(tokens: &[Token], most: u32) -> Ask {
    let mut body = json!({"prompt": tokens, "n_predict": 1, "n_probs": most, "cache_prompt": true});
    merge(&mut body, sampling(&Sampling::GREEDY));
    Ask { path: "/completion", body }
}

impl Dialect for Llama {
    fn tells_specials(&self) -> bool {
        true
    }

    fn tokenize(&self, text: &str, special: bool, beginning: bool) -> Ask {
        let body = json!({"content": text, "add_special": beginning, "parse_special": special});
        Ask { path: "/tokenize", body }
    }

    /// It has no reward models: somebody always speaks next.
    fn render(&self, chat: &Chat, _speaks: bool) -> Option<Ask> {
        let body = super::with_tools(json!({"messages": chat.messages}), chat);
        Some(Ask { path: "/apply-template", body })
    }

    fn read_rendered(&self, answer: Value) -> Result<Rendered, Fault> {
        read::<Prompt>(answer).map(|found| Rendered::Text(found.prompt))
    }

    fn detokenize(&self, tokens: &[Token]) -> Ask {
        Ask { path: "/detokenize", body: json!({"tokens": tokens}) }
    }

    fn read_text(&self, answer: Value) -> Result<String, Fault> {
        read::<Content>(answer).map(|found| found.content)
    }

    fn generate(&self, request: &GenerateRequest) -> Ask {
        let mut body = json!({
            "prompt": &request.prompt[..],
            "n_predict": request.max_tokens,
            "n": request.seeds.len(),
            "seed": seed(request),
            "stop": request.stop,
            "cache_prompt": true,
            "return_tokens": true,
            "n_probs": 1,
        });
        merge(&mut body, sampling(&request.sampling));
        Ask { path: "/completion", body }
    }

    fn read_drawn(&self, request: &GenerateRequest, answer: Value) -> Result<Drawn, Fault> {
        let mut all: Vec<Completion> = match answer {
            Value::Array(all) => all.into_iter().map(read).collect::<Result<_, _>>()?,
            one => vec![read(one)?],
        };
        all.sort_by_key(|one| one.index);
        let all = counted(all, request)?;
        // The prompt is evaluated by the first one, and the others copy it.
        let prefilled = all.first().and_then(|one| one.timings.evaluated());
        let samples = all.into_iter().map(|one| one.sample(request)).collect::<Result<_, _>>()?;
        Ok(Drawn { samples, prefilled })
    }

    fn next(&self, tokens: &[Token]) -> Ask {
        likeliest(tokens, LIKELIEST)
    }

    fn unlikely(&self, tokens: &[Token], _candidates: &[Token]) -> Vec<Ask> {
        vec![likeliest(tokens, MANY)]
    }

    fn read_next(&self, answer: Value) -> Result<Next, Fault> {
        let Completion { timings, probabilities, .. } = read(answer)?;
        let first = probabilities.into_iter().next();
        let first = first.ok_or_else(|| Fault("no log-probabilities of the next token".to_owned()))?;
        let known = first.top_logprobs.into_iter().map(|top| (top.id, top.logprob)).collect();
        Ok(Next { known, prefilled: timings.evaluated() })
    }
}

impl Completion {
    fn sample(self, request: &GenerateRequest) -> Result<Sample, Fault> {
        let Self { mut tokens, content, stop_type, stopping_word, probabilities, .. } = self;
        let finish = match stop_type {
            StopType::Eos => {
                tokens.pop();
                Finish::EndOfSequence
            }
            StopType::Word => {
                let index = request.stop.iter().position(|stop| *stop == stopping_word);
                Finish::Stop(index.ok_or_else(|| {
                    Fault(format!("it stopped at {stopping_word:?}, which is no stop text of the request"))
                })?)
            }
            StopType::Limit | StopType::None => Finish::Length,
        };
        // A character that is not complete may go past the limit.
        tokens.truncate(request.max_tokens as usize);
        let mut probabilities = probabilities.into_iter().peekable();
        let stat = |&token: &Token| {
            let known = probabilities.next_if(|next| next.id == token);
            let logprob = known.map_or(f32::NAN, |known| known.logprob);
            TokenStat { logprob, certainty: f32::NAN }
        };
        let stats = tokens.iter().map(stat).collect();
        Ok(Sample { tokens, pieces: Vec::new(), text: content + &stopping_word, stats, finish })
    }
}

/// Adds the fields of another object.
fn merge(body: &mut Value, fields: Value) {
    if let (Value::Object(body), Value::Object(fields)) = (body, fields) {
        body.extend(fields);
    }
}
