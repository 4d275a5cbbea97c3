//! vLLM, by its completions with token ids.

use super::{Ask, Dialect, Drawn, Fault, LIKELIEST, Next, Prompt, Rendered, counted, read, seed};
use deliberate_lm::{Chat, Finish, GenerateRequest, Sample, Token, TokenStat};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
pub(crate) struct Vllm {
    /// What the server calls the model.
    pub(crate) model: String,
}

#[derive(Deserialize)]
struct Completions {
    choices: Vec<Choice>,
    usage: Usage,
}

#[derive(Deserialize)]
struct Choice {
    index: usize,
    text: String,
    token_ids: Option<Vec<Token>>,
    logprobs: Option<Logprobs>,
    finish_reason: Option<String>,
    stop_reason: Option<Value>,
}

#[derive(Deserialize)]
struct Logprobs {
    token_logprobs: Vec<Option<f32>>,
    #[serde(default)]
    top_logprobs: Vec<Option<BTreeMap<String, f32>>>,
}

#[derive(Deserialize)]
struct Usage {
    prompt_tokens: u64,
    prompt_tokens_details: Option<Details>,
}

#[derive(Deserialize)]
struct Details {
    cached_tokens: Option<u64>,
}

impl Usage {
    fn prefilled(&self) -> Option<u64> {
        let cached = self.prompt_tokens_details.as_ref()?.cached_tokens?;
        Some(self.prompt_tokens.saturating_sub(cached))
    }
}

impl Dialect for Vllm {
    fn tells_specials(&self) -> bool {
        false
    }

    fn tokenize(&self, text: &str, _special: bool, beginning: bool) -> Ask {
        super::tokenize(&self.model, text, beginning)
    }

    fn render(&self, chat: &Chat, speaks: bool) -> Option<Ask> {
        let body = json!({"model": self.model, "messages": chat.messages, "add_generation_prompt": speaks});
        Some(Ask { path: "/tokenize", body: super::with_tools(body, chat) })
    }

    fn read_rendered(&self, answer: Value) -> Result<Rendered, Fault> {
        self.read_tokens(answer).map(Rendered::Tokens)
    }

    fn detokenize(&self, tokens: &[Token]) -> Ask {
        Ask { path: "/detokenize", body: json!({"model": self.model, "tokens": tokens}) }
    }

    fn read_text(&self, answer: Value) -> Result<String, Fault> {
        read::<Prompt>(answer).map(|found| found.prompt)
    }

    fn generate(&self, request: &GenerateRequest) -> Ask {
        let sampling = &request.sampling;
        let greedy = sampling.temperature == 0.0;
        let body = json!({
            "model": self.model,
            "prompt": &request.prompt[..],
            "max_tokens": request.max_tokens,
            // Greedy ones are all alike, and more than one is refused.
            "n": if greedy { 1 } else { request.seeds.len() },
            "seed": seed(request),
            "stop": request.stop,
            "include_stop_str_in_output": true,
            "temperature": sampling.temperature,
            "top_k": sampling.top_k.map_or(-1, i64::from),
            "top_p": sampling.top_p,
            "min_p": sampling.min_p,
            "repetition_penalty": 1.0,
            "presence_penalty": 0.0,
            "frequency_penalty": 0.0,
            "return_token_ids": true,
            "logprobs": 0,
            "skip_special_tokens": false,
        });
        Ask { path: "/v1/completions", body }
    }

    fn read_drawn(&self, request: &GenerateRequest, answer: Value) -> Result<Drawn, Fault> {
        let Completions { mut choices, usage } = read(answer)?;
        choices.sort_by_key(|choice| choice.index);
        let prefilled = usage.prefilled();
        let samples = choices.into_iter().map(|choice| choice.sample(request));
        let mut samples = samples.collect::<Result<Vec<Sample>, Fault>>()?;
        if let (0.0, [one]) = (request.sampling.temperature, samples.as_slice()) {
            samples = vec![one.clone(); request.seeds.len()];
        }
        Ok(Drawn { samples: counted(samples, request)?, prefilled })
    }

    fn next(&self, tokens: &[Token]) -> Ask {
        let body = json!({
            "model": self.model,
            "prompt": tokens,
            "max_tokens": 1,
            "temperature": 0.0,
            "logprobs": LIKELIEST,
            "return_token_ids": true,
            "return_tokens_as_token_ids": true,
        });
        Ask { path: "/v1/completions", body }
    }

    /// Where only one token is allowed it is drawn, with the log-probability that it has among all.
    fn unlikely(&self, tokens: &[Token], candidates: &[Token]) -> Vec<Ask> {
        let only = |candidate: &Token| {
            let Ask { path, mut body } = self.next(tokens);
            body["logprobs"] = json!(0);
            body["allowed_token_ids"] = json!([candidate]);
            Ask { path, body }
        };
        candidates.iter().map(only).collect()
    }

    fn read_next(&self, answer: Value) -> Result<Next, Fault> {
        let Completions { choices, usage } = read(answer)?;
        let choice = choices.into_iter().next().ok_or_else(|| Fault("no choice".to_owned()))?;
        let logprobs = choice.logprobs.ok_or_else(|| Fault("no log-probabilities".to_owned()))?;
        let drawn = choice.token_ids.and_then(|tokens| tokens.first().copied());
        let first = logprobs.token_logprobs.first().copied().flatten();
        let mut known: Vec<(Token, f32)> = drawn.zip(first).into_iter().collect();
        // Names of tokens read `token_id:198`.
        let named = |name: &str| name.strip_prefix("token_id:").and_then(|id| id.parse().ok());
        let top = logprobs.top_logprobs.into_iter().next().flatten().unwrap_or_default();
        known.extend(top.iter().filter_map(|(name, &logprob)| named(name).map(|token| (token, logprob))));
        Ok(Next { known, prefilled: usage.prefilled() })
    }
}

impl Choice {
    fn sample(self, request: &GenerateRequest) -> Result<Sample, Fault> {
        let Self { text, token_ids, logprobs, finish_reason, stop_reason, .. } = self;
        let mut tokens = token_ids.ok_or_else(|| Fault("no token ids".to_owned()))?;
        let mut logprobs = logprobs.map_or_else(Vec::new, |logprobs| logprobs.token_logprobs);
        let reason = finish_reason.as_deref();
        let finish = match (reason, stop_reason.as_ref().and_then(Value::as_str)) {
            (Some("stop"), Some(stop)) => {
                let index = request.stop.iter().position(|known| known == stop);
                Finish::Stop(index.ok_or_else(|| {
                    Fault(format!("it stopped at {stop:?}, which is no stop text of the request"))
                })?)
            }
            (Some("stop"), None) => {
                // The token that ended the sequence is among them.
                tokens.pop();
                logprobs.truncate(tokens.len());
                Finish::EndOfSequence
            }
            (Some("length"), _) => Finish::Length,
            _ => return Err(Fault(format!("it ended for the reason {reason:?}"))),
        };
        let known = logprobs.into_iter().chain(std::iter::repeat(None)).take(tokens.len());
        let stat = |known: Option<f32>| TokenStat { logprob: known.unwrap_or(f32::NAN), certainty: f32::NAN };
        let stats = known.map(stat).collect();
        Ok(Sample { tokens, pieces: Vec::new(), text, stats, finish })
    }
}
