//! Endpoints of reward models: `/pooling` and `/classify` of vLLM, as they were recorded from version 0.32, and `/classify` of
//! `SGLang` by its documentation.
//!
//! Heads are asked for their numbers as they are (logits), because what servers turn them into differs with the model and the
//! version. Two classes are a bad and a good one, in this order; one class is a reward without bounds.

use super::{Ask, Fault, read};
use deliberate_lm::{RewardRequest, Rewarded, Token};
use serde::Deserialize;
use serde_json::{Value, json};

/// Where a reward model is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// A vector for each token, or for each tag alone: vLLM, task `token_classify`.
    Pooling,
    /// A vector for each text: vLLM.
    Classify,
    /// The same, of `SGLang`.
    SglangClassify,
}

/// What a head tells of some texts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Told {
    /// For each text its vectors, each with a number for each class.
    pub(crate) vectors: Vec<Vec<Vec<f64>>>,
    /// Given tokens that were evaluated, by the server's word; none where it does not tell.
    pub(crate) prefilled: Option<u64>,
}

#[derive(Deserialize)]
struct Listed<T> {
    data: Vec<T>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Pooled {
    index: usize,
    data: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct Classified {
    index: usize,
    probs: Vec<f64>,
}

#[derive(Deserialize)]
struct Embedded {
    embedding: Vec<f64>,
    meta_info: Option<Usage>,
}

#[derive(Deserialize)]
struct Usage {
    prompt_tokens: Option<u64>,
    prompt_tokens_details: Option<Details>,
    #[serde(flatten)]
    details: Details,
}

#[derive(Deserialize)]
struct Details {
    cached_tokens: Option<u64>,
}

impl Usage {
    fn prefilled(&self) -> Option<u64> {
        let details = self.prompt_tokens_details.as_ref().unwrap_or(&self.details);
        Some(self.prompt_tokens?.saturating_sub(details.cached_tokens.unwrap_or(0)))
    }
}

impl Endpoint {
    pub(crate) fn rewarded(self) -> Rewarded {
        match self {
            Self::Pooling => Rewarded::Steps,
            Self::Classify | Self::SglangClassify => Rewarded::Whole,
        }
    }

    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Pooling => "/pooling",
            Self::Classify | Self::SglangClassify => "/classify",
        }
    }

    /// All texts in one call, as token ids: positions are then known.
    pub(crate) fn ask(self, model: &str, texts: &[&RewardRequest]) -> Ask {
        let ids: Vec<&[Token]> = texts.iter().map(|text| &text.tokens[..]).collect();
        let body = match self {
            Self::Pooling => {
                json!({"model": model, "input": ids, "task": "token_classify", "use_activation": false})
            }
            Self::Classify => json!({"model": model, "input": ids, "use_activation": false}),
            Self::SglangClassify => json!({"model": model, "input_ids": ids}),
        };
        Ask { path: self.path(), body }
    }

    /// The vectors of so many texts.
    pub(crate) fn read(self, texts: usize, answer: Value) -> Result<Told, Fault> {
        let (vectors, prefilled) = match self {
            Self::Pooling => {
                let Listed { data, usage } = read(answer)?;
                let told = data.into_iter().map(|Pooled { index, data }| (index, data)).collect();
                (ordered(told, texts)?, usage.and_then(|usage| usage.prefilled()))
            }
            Self::Classify => {
                let Listed { data, usage } = read(answer)?;
                let told = data.into_iter().map(|Classified { index, probs }| (index, vec![probs])).collect();
                (ordered(told, texts)?, usage.and_then(|usage| usage.prefilled()))
            }
            Self::SglangClassify => {
                let all: Vec<Embedded> = read(if answer.is_array() { answer } else { json!([answer]) })?;
                let prefilled = all.iter().map(|one| one.meta_info.as_ref()?.prefilled()).sum();
                let told = all.into_iter().map(|one| vec![one.embedding]).enumerate().collect();
                (ordered(told, texts)?, prefilled)
            }
        };
        Ok(Told { vectors, prefilled })
    }
}

/// What belongs to each text, one thing each.
fn ordered<T>(mut told: Vec<(usize, T)>, texts: usize) -> Result<Vec<T>, Fault> {
    told.sort_by_key(|(index, _)| *index);
    if told.len() != texts || told.iter().enumerate().any(|(place, (index, _))| place != *index) {
        let of: Vec<usize> = told.iter().map(|(index, _)| *index).collect();
        return Err(Fault(format!("scores of the texts {of:?} where {texts} were sent")));
    }
    Ok(told.into_iter().map(|(_, told)| told).collect())
}

/// The scores of one text, given its vectors: one for each place, or one for the whole.
pub(crate) fn scores(
    rewarded: Rewarded,
    RewardRequest { tokens, places }: &RewardRequest,
    vectors: &[Vec<f64>],
) -> Result<Vec<f64>, Fault> {
    let count = vectors.len();
    if rewarded == Rewarded::Whole {
        let [vector] = vectors else { return Err(Fault(format!("{count} vectors for a text as a whole"))) };
        return Ok(vec![good(vector)?]);
    }
    if count == tokens.len() {
        return places.iter().map(|&place| good(&vectors[place])).collect();
    }
    // Some servers tell them for one kind of token alone, which then has to be that of all places.
    let tag = places.first().map(|&place| tokens[place]);
    let tags: Vec<usize> = (0..tokens.len()).filter(|&place| Some(tokens[place]) == tag).collect();
    let found: Option<Vec<usize>> = places.iter().map(|place| tags.binary_search(place).ok()).collect();
    match found {
        Some(found) if count == tags.len() => found.into_iter().map(|at| good(&vectors[at])).collect(),
        _ => Err(Fault(format!(
            "{count} vectors for {} tokens, of which {} are the tag {} (name the model's own `tag` in a prompt of the kind \
             `reward`, or start vLLM with --pooler-config '{{\"tok_pooling_type\": \"STEP\", \"step_tag_id\": {}}}')",
            tokens.len(),
            tags.len(),
            tag.unwrap_or_default(),
            tag.unwrap_or_default(),
        ))),
    }
}

/// How sure a head is that what it read is good.
pub(crate) fn good(classes: &[f64]) -> Result<f64, Fault> {
    if classes.iter().any(|class| !class.is_finite()) {
        return Err(Fault("a score that is no number".to_owned()));
    }
    match *classes {
        [reward] => Ok(sigmoid(reward)),
        // Some heed no wish for logits.
        [bad, good] if bad >= 0.0 && good >= 0.0 && (bad + good - 1.0).abs() < 1e-3 => Ok(good.min(1.0)),
        [bad, good] => Ok(sigmoid(good - bad)),
        _ => Err(Fault(format!(
            "{} numbers for a place, where a reward model has 1 or 2 (serve one that was trained to tell good from bad)",
            classes.len()
        ))),
    }
}

fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

#[cfg(test)]
mod tests;
