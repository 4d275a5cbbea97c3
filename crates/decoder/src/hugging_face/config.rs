//! `config.json`: the sizes.

use crate::{Fault, Model, Shape};
use deliberate_lm::Token;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(super) const FILE: &str = "config.json";

/// What is read of the file, and all that is written. Settings without a field here do not change what is computed.
#[derive(Debug, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "the names are those of the file")]
pub(super) struct Config {
    #[serde(default, rename = "_name_or_path", skip_serializing_if = "Option::is_none")]
    name_or_path: Option<String>,
    #[serde(default)]
    architectures: Vec<String>,
    model_type: String,
    vocab_size: u32,
    max_position_embeddings: u32,
    hidden_size: u32,
    num_hidden_layers: u32,
    num_attention_heads: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    num_key_value_heads: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    head_dim: Option<u32>,
    intermediate_size: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    rope_theta: Option<f32>,
    /// The newer place of the base, and of what else is done to positions.
    #[serde(skip_serializing_if = "Option::is_none")]
    rope_parameters: Option<Value>,
    /// The older one.
    rope_scaling: Option<Value>,
    rms_norm_eps: f32,
    #[serde(default)]
    tie_word_embeddings: bool,
    #[serde(default = "silu")]
    hidden_act: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    use_sliding_window: bool,
    /// Of all four matrices of attention; Qwen2's three biases are there without it.
    #[serde(default)]
    attention_bias: bool,
    #[serde(default)]
    mlp_bias: bool,
    bos_token_id: Option<Token>,
    eos_token_id: Option<Endings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    torch_dtype: Option<String>,
}

/// One token, or several.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Endings {
    One(Token),
    Several(Vec<Token>),
}

fn silu() -> String {
    "silu".to_owned()
}

impl Config {
    pub(super) fn new(model: &Model) -> Self {
        let Model { shape, vocabulary, .. } = model;
        let [architecture, model_type] =
            if shape.bias { ["Qwen2ForCausalLM", "qwen2"] } else { ["LlamaForCausalLM", "llama"] };
        Self {
            name_or_path: Some(model.name.clone()),
            architectures: vec![architecture.to_owned()],
            model_type: model_type.to_owned(),
            vocab_size: shape.vocabulary,
            max_position_embeddings: shape.context,
            hidden_size: shape.hidden,
            num_hidden_layers: shape.layers,
            num_attention_heads: shape.heads,
            num_key_value_heads: Some(shape.kv_heads),
            head_dim: Some(shape.head_width()),
            intermediate_size: shape.feed_forward,
            rope_theta: Some(shape.rope_base),
            rope_parameters: None,
            rope_scaling: None,
            rms_norm_eps: shape.norm_epsilon,
            tie_word_embeddings: shape.tied,
            hidden_act: silu(),
            use_sliding_window: false,
            attention_bias: false,
            mlp_bias: false,
            bos_token_id: vocabulary.beginning,
            eos_token_id: Some(match vocabulary.endings.as_slice() {
                &[ending] => Endings::One(ending),
                endings => Endings::Several(endings.to_vec()),
            }),
            torch_dtype: Some("float32".to_owned()),
        }
    }

    /// The same of a model that scores texts and writes none.
    pub(super) fn of_rewards(self) -> Self {
        Self {
            architectures: vec!["Qwen2ForRewardModel".to_owned()],
            model_type: "qwen2".to_owned(),
            tie_word_embeddings: false,
            ..self
        }
    }

    pub(super) fn name(&self) -> Option<String> {
        self.name_or_path.clone().filter(|name| !name.is_empty())
    }

    pub(super) fn endings(&self) -> Vec<Token> {
        match &self.eos_token_id {
            None => Vec::new(),
            Some(Endings::One(token)) => vec![*token],
            Some(Endings::Several(tokens)) => tokens.clone(),
        }
    }

    /// The sizes, checked.
    pub(super) fn shape(&self) -> Result<Shape, Fault> {
        let refused = |key: &str, value: &dyn ToString, expected: &'static str| {
            Err(Fault::Setting { key: key.to_owned(), value: value.to_string(), expected })
        };
        let bias = match self.model_type.as_str() {
            "llama" => false,
            "qwen2" => true,
            _ => return refused("model_type", &self.model_type, "llama or qwen2"),
        };
        if self.use_sliding_window {
            return refused("use_sliding_window", &true, "false");
        }
        if self.hidden_act != silu() {
            return refused("hidden_act", &self.hidden_act, "silu");
        }
        for (key, bias) in [("attention_bias", self.attention_bias), ("mlp_bias", self.mlp_bias)] {
            if bias {
                return refused(key, &true, "false");
            }
        }
        let plain = "default (scaled positions are not supported)";
        if let Some(scaling) = &self.rope_scaling {
            return refused("rope_scaling", scaling, "null (scaled positions are not supported)");
        }
        let rotation = self.rope_parameters.as_ref();
        if let Some(kind) = rotation.and_then(|rotation| rotation.get("rope_type"))
            && kind != "default"
        {
            return refused("rope_parameters.rope_type", kind, plain);
        }
        let base = rotation.and_then(|rotation| rotation.get("rope_theta")).and_then(Value::as_f64);
        let shape = Shape {
            vocabulary: self.vocab_size,
            context: self.max_position_embeddings,
            hidden: self.hidden_size,
            layers: self.num_hidden_layers,
            heads: self.num_attention_heads,
            kv_heads: self.num_key_value_heads.unwrap_or(self.num_attention_heads),
            feed_forward: self.intermediate_size,
            rope_base: self.rope_theta.or(base.map(|base| base as f32)).unwrap_or(10_000.0),
            norm_epsilon: self.rms_norm_eps,
            tied: self.tie_word_embeddings,
            bias,
        };
        shape.check()?;
        match self.head_dim {
            Some(width) if width != shape.head_width() => {
                refused("head_dim", &width, "`hidden_size` over `num_attention_heads`")
            }
            _ => Ok(shape),
        }
    }
}
