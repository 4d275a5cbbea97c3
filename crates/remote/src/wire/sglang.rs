//! `SGLang`, by its own endpoint for token ids. It was not run here: what it takes and says is from its documentation.

use super::{Ask, Dialect, Drawn, Fault, LIKELIEST, Next, counted, read, seed};
use deliberate_lm::{Finish, GenerateRequest, Sample, Token, TokenStat};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Clone)]
pub(crate) struct Sglang {
    /// What the server calls the model.
    pub(crate) model: String,
}

#[derive(Deserialize)]
struct Text {
    text: String,
}

/// One continuation.
#[derive(Deserialize)]
struct Completion {
    /// Without the stop text.
    text: String,
    meta_info: Meta,
}

/// A log-probability, whose it is, and its text where that is asked for.
type Likely = (Option<f32>, Token, Option<String>);

#[derive(Deserialize)]
struct Meta {
    finish_reason: Reason,
    prompt_tokens: u64,
    cached_tokens: Option<u64>,
    /// All that were drawn: those of the stop text, and the one that ended the sequence.
    output_token_logprobs: Vec<Likely>,
    #[serde(default)]
    output_top_logprobs: Vec<Option<Vec<Likely>>>,
    #[serde(default)]
    output_token_ids_logprobs: Vec<Option<Vec<Likely>>>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Reason {
    /// At a stop text, or at a token.
    Stop {
        matched: Option<Value>,
    },
    Length,
    Abort {
        #[serde(default)]
        message: String,
    },
}

impl Meta {
    fn prefilled(&self) -> Option<u64> {
        Some(self.prompt_tokens.saturating_sub(self.cached_tokens?))
    }
}

fn completions(answer: Value) -> Result<Vec<Completion>, Fault> {
    match answer {
        Value::Array(all) => all.into_iter().map(read).collect(),
        one => Ok(vec![read(one)?]),
    }
}

impl Sglang {
    /// The likeliest next tokens, and besides them those that are named.
    fn likeliest(tokens: &[Token], named: &[Token]) -> Ask {
        let mut body = json!({
            "input_ids": tokens,
            "sampling_params": {"max_new_tokens": 1, "temperature": 0.0},
            "return_logprob": true,
            // From the prompt on nothing is asked for: that would have all of it evaluated again.
            "logprob_start_len": -1,
            "top_logprobs_num": LIKELIEST,
        });
        if !named.is_empty() {
            body["token_ids_logprob"] = json!(named);
        }
        Ask { path: "/generate", body }
    }
}

impl Dialect for Sglang {
    fn tells_specials(&self) -> bool {
        false
    }

    fn tokenize(&self, text: &str, _special: bool, beginning: bool) -> Ask {
        super::tokenize(&self.model, text, beginning)
    }

    fn detokenize(&self, tokens: &[Token]) -> Ask {
        let body = json!({"model": self.model, "tokens": tokens, "skip_special_tokens": false});
        Ask { path: "/detokenize", body }
    }

    fn read_text(&self, answer: Value) -> Result<String, Fault> {
        read::<Text>(answer).map(|found| found.text)
    }

    fn generate(&self, request: &GenerateRequest) -> Ask {
        let sampling = &request.sampling;
        let parameters = json!({
            "max_new_tokens": request.max_tokens,
            "n": request.seeds.len(),
            // Heeded by servers that were started with `--enable-deterministic-inference`.
            "sampling_seed": seed(request),
            "stop": request.stop,
            "no_stop_trim": false,
            "temperature": sampling.temperature,
            "top_k": sampling.top_k.map_or(-1, i64::from),
            "top_p": sampling.top_p,
            "min_p": sampling.min_p,
            "repetition_penalty": 1.0,
            "presence_penalty": 0.0,
            "frequency_penalty": 0.0,
            "skip_special_tokens": false,
            "spaces_between_special_tokens": false,
        });
        let body = json!({
            "input_ids": &request.prompt[..],
            "sampling_params": parameters,
            "return_logprob": true,
            "logprob_start_len": -1,
        });
        Ask { path: "/generate", body }
    }

    fn read_drawn(&self, request: &GenerateRequest, answer: Value) -> Result<Drawn, Fault> {
        let all = counted(completions(answer)?, request)?;
        // The first one evaluates the prompt, and the others find it in the cache.
        let prefilled = all.iter().map(|one| one.meta_info.prefilled()).sum();
        let samples = all.into_iter().map(|one| one.sample(request)).collect::<Result<_, _>>()?;
        Ok(Drawn { samples, prefilled })
    }

    fn next(&self, tokens: &[Token]) -> Ask {
        Self::likeliest(tokens, &[])
    }

    fn unlikely(&self, tokens: &[Token], candidates: &[Token]) -> Vec<Ask> {
        vec![Self::likeliest(tokens, candidates)]
    }

    fn read_next(&self, answer: Value) -> Result<Next, Fault> {
        let one = completions(answer)?.into_iter().next();
        let meta = one.ok_or_else(|| Fault("no continuation".to_owned()))?.meta_info;
        let prefilled = meta.prefilled();
        let first = |all: Vec<Option<Vec<Likely>>>| all.into_iter().next().flatten().unwrap_or_default();
        let drawn = meta.output_token_logprobs.into_iter().take(1);
        let told = drawn.chain(first(meta.output_top_logprobs)).chain(first(meta.output_token_ids_logprobs));
        let known = told.filter_map(|(logprob, token, _)| Some((token, logprob?)));
        Ok(Next { known: known.collect(), prefilled })
    }
}

impl Completion {
    fn sample(self, request: &GenerateRequest) -> Result<Sample, Fault> {
        let Self { mut text, meta_info } = self;
        let (mut tokens, mut stats) = (Vec::new(), Vec::new());
        for (logprob, token, _) in meta_info.output_token_logprobs {
            tokens.push(token);
            stats.push(TokenStat { logprob: logprob.unwrap_or(f32::NAN), certainty: f32::NAN });
        }
        let finish = match meta_info.finish_reason {
            Reason::Stop { matched: Some(Value::String(stop)) } => {
                let index = request.stop.iter().position(|known| *known == stop);
                text.push_str(&stop);
                Finish::Stop(index.ok_or_else(|| {
                    Fault(format!("it stopped at {stop:?}, which is no stop text of the request"))
                })?)
            }
            Reason::Stop { matched } => {
                if matched.and_then(|ending| ending.as_u64()) == tokens.last().map(|&last| last.into()) {
                    tokens.pop();
                    stats.truncate(tokens.len());
                }
                Finish::EndOfSequence
            }
            Reason::Length => Finish::Length,
            Reason::Abort { message } => return Err(Fault(format!("it gave up: {message}"))),
        };
        Ok(Sample { tokens, pieces: Vec::new(), text, stats, finish })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deliberate_lm::Sampling;

    fn request(seeds: &[u64]) -> GenerateRequest {
        GenerateRequest {
            prompt: vec![5, 6].into(),
            seeds: seeds.to_vec(),
            sampling: Sampling { temperature: 0.5, top_k: None, top_p: 0.9, min_p: 0.0 },
            stop: vec!["\n".to_owned()],
            max_tokens: 8,
        }
    }

    fn sglang() -> Sglang {
        Sglang { model: "m".to_owned() }
    }

    /// In the shape that the documentation and the server's own tests show; nobody recorded it.
    fn completion(reason: &Value) -> Value {
        let logprobs = json!([[-0.5, 10, null], [-0.25, 11, null], [-0.125, 2, null]]);
        json!({"text": "So 4.", "output_ids": [10, 11, 2], "meta_info": {
            "id": "x", "finish_reason": reason, "prompt_tokens": 20, "completion_tokens": 3, "cached_tokens": 16,
            "output_token_logprobs": logprobs,
            "output_top_logprobs": [[[-0.5, 10, null], [-1.5, 9, null]], null, null],
            "output_token_ids_logprobs": [[[-7.0, 8, null], [null, 7, null]]],
        }})
    }

    #[test]
    fn every_setting_of_sampling_is_sent_and_the_prompt_s_cache_is_used() {
        let Ask { path, body } = sglang().generate(&request(&[7, 8]));
        assert_eq!(
            (path, &body["input_ids"], &body["logprob_start_len"]),
            ("/generate", &json!([5, 6]), &json!(-1))
        );
        let sent = &body["sampling_params"];
        assert_eq!((&sent["n"], &sent["top_k"], &sent["max_new_tokens"]), (&json!(2), &json!(-1), &json!(8)));
        for name in ["temperature", "top_p", "min_p", "repetition_penalty", "stop", "sampling_seed"] {
            assert!(!sent[name].is_null(), "{name}");
        }
    }

    #[test]
    fn a_continuation_is_read_as_it_ended() {
        let read = |reason: Value| sglang().read_drawn(&request(&[1]), completion(&reason));
        let one = |reason| read(reason).unwrap().samples.remove(0);
        let stopped = one(json!({"type": "stop", "matched": "\n"}));
        assert_eq!((stopped.finish, stopped.tokens.len()), (Finish::Stop(0), 3));
        assert_eq!(stopped.text, "So 4.\n", "with the stop text");
        let ended = one(json!({"type": "stop", "matched": 2}));
        assert_eq!(
            (ended.finish, ended.tokens),
            (Finish::EndOfSequence, vec![10, 11]),
            "without the ending token"
        );
        assert_eq!(ended.stats.len(), 2);
        assert_eq!(one(json!({"type": "length", "length": 3})).finish, Finish::Length);
        for strange in
            [json!({"type": "stop", "matched": "x"}), json!({"type": "abort", "message": "no"}), json!(null)]
        {
            assert!(read(strange.clone()).is_err(), "{strange}");
        }
        assert_eq!(read(json!({"type": "length"})).unwrap().prefilled, Some(4), "what was not cached");
        assert!(sglang().read_drawn(&request(&[1, 2]), completion(&json!({"type": "length"}))).is_err());
    }

    #[test]
    fn next_tokens_are_told_by_their_ids_and_unlikely_ones_by_name() {
        let next = sglang().read_next(completion(&json!({"type": "length"}))).unwrap();
        assert_eq!(next.known, [(10, -0.5), (10, -0.5), (9, -1.5), (8, -7.0)]);
        let asked = sglang().unlikely(&[1], &[8, 7]);
        assert_eq!((asked.len(), &asked[0].body["token_ids_logprob"]), (1, &json!([8, 7])));
    }
}
