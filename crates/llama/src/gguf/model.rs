//! What the header says about the model, and the checks on it that llama.cpp makes by aborting.

use super::{HeaderError, vocabulary};
use deliberate_gguf::{Gguf, GgufError, Value};
use deliberate_lm::Architecture;
use std::path::Path;

/// Facts about the model in a file.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelHeader {
    /// `general.name`, where the file has one.
    pub name: Option<String>,
    /// The family, for example `llama`.
    pub family: &'static str,
    /// Sizes that the cost follows from. Of a mixture of experts, those that one token uses are counted.
    pub sizes: Architecture,
    /// Parameters stored in the file, a tied embedding counted once.
    pub stored_parameters: u64,
    /// Query heads (of the widest layer).
    pub heads: u32,
    /// Width of one head.
    pub head_size: u32,
    /// Width of the residual stream.
    pub embedding: u32,
    /// Tokens of the longest sequence that the model was trained on.
    pub context: u32,
    /// Entries in the vocabulary.
    pub vocabulary: u32,
    /// Numbers stored per token in the key-value cache, over all layers.
    pub kv_width: u64,
    /// Whether the file contains a chat template.
    pub chat_template: bool,
    /// The token ids that the file names as an end: of the sequence, of a turn, of a message.
    pub endings: Vec<u32>,
}

/// How much of a head is rotated by position.
#[derive(Clone, Copy, PartialEq)]
enum Rotation {
    /// All of it: anything else aborts.
    Whole,
    /// A part of it, or nothing.
    Part,
}

use Rotation::{Part, Whole};

/// Causal decoders with an ordinary key-value cache, which alone can be truncated and copied token by token.
/// Recurrent and hybrid models, encoders and diffusion models are left out on purpose.
const FAMILIES: &[(&str, Rotation)] = &[
    ("apertus", Whole),
    ("arcee", Whole),
    ("bloom", Part),
    ("cohere2", Part),
    ("command-r", Part),
    ("ernie4_5", Whole),
    ("exaone", Whole),
    ("exaone4", Whole),
    ("falcon", Whole),
    ("gemma", Whole),
    ("gemma2", Whole),
    ("gemma3", Whole),
    ("gpt-oss", Whole),
    ("gpt2", Part),
    ("gptneox", Part),
    ("granite", Whole),
    ("granitemoe", Whole),
    ("hunyuan-dense", Whole),
    ("internlm2", Whole),
    ("llama", Whole),
    ("minicpm", Whole),
    ("mistral3", Whole),
    ("nemotron", Part),
    ("olmo", Whole),
    ("olmo2", Whole),
    ("olmoe", Whole),
    ("orion", Whole),
    ("phi2", Part),
    ("phi3", Part),
    ("qwen2", Whole),
    ("qwen2moe", Whole),
    ("qwen3", Whole),
    ("qwen3moe", Whole),
    ("seed_oss", Whole),
    ("smollm3", Whole),
    ("stablelm", Part),
    ("starcoder2", Whole),
    ("xverse", Whole),
];

/// Most layers that llama.cpp has room for.
const LAYERS: u64 = 512;
/// Longest context that llama.cpp can count.
const CONTEXT: u64 = i32::MAX as u64;
/// Most experts that llama.cpp has room for.
const EXPERTS: u64 = 1024;
/// A bound on widths, far above any model and far below any overflow.
const WIDTH: u64 = 1 << 20;

impl ModelHeader {
    /// Reads the header of a file and checks it.
    ///
    /// # Errors
    /// As [`ModelHeader::read`], and whatever is wrong with the file.
    pub fn open(path: &Path) -> Result<Self, HeaderError> {
        Self::read(&Gguf::open(path)?)
    }

    /// Facts about the model in a file, once everything that llama.cpp takes for granted was checked.
    ///
    /// # Errors
    /// The first thing found missing, contradictory or unsupported.
    pub fn read(gguf: &Gguf) -> Result<Self, HeaderError> {
        if let Some(parts) = gguf.integer("split.count")?.filter(|&parts| parts > 1) {
            return Err(HeaderError::Split { parts });
        }
        match gguf.text("general.type").as_deref() {
            None | Some("model") => {}
            Some("adapter") => return Err(HeaderError::Adapter),
            Some(kind) => return Err(HeaderError::OtherKind { kind: kind.to_owned() }),
        }
        let name = gguf.required_text("general.architecture")?;
        let &(family, rotation) =
            FAMILIES.iter().find(|(family, _)| *family == name).ok_or_else(|| HeaderError::Architecture {
                architecture: name,
                supported: FAMILIES.iter().map(|&(family, _)| family).collect(),
            })?;
        let keys = Keys { gguf, family };
        let layers = keys.required("block_count", 1..=LAYERS, "1 to 512")?;
        let embedding = keys.required("embedding_length", 1..=WIDTH, "1 to 1048576")?;
        let context = keys.required(
            "context_length",
            1..=CONTEXT,
            "1 to 2147483647 (some converters write 4294967295 where they do not know: convert the model again)",
        )?;
        let heads = keys.per_layer("attention.head_count", layers, None)?;
        let kv_heads = keys.per_layer("attention.head_count_kv", layers, Some(&heads))?;
        for (&heads, &kv) in heads.iter().zip(&kv_heads) {
            if heads == 0 || kv == 0 || heads % kv != 0 {
                return Err(keys
                    .value(
                        "attention.head_count_kv",
                        kv,
                        "a divisor of `attention.head_count`, both at least 1",
                    )
                    .into());
            }
        }
        let head_size = keys.head_size(embedding / heads[0], rotation)?;
        keys.numbers()?;
        if let Some(Value::Flag(false)) = gguf.get(&keys.name("attention.causal")) {
            return Err(keys.value("attention.causal", false, "true (encoders are not supported)").into());
        }
        let extra = keys.optional("nextn_predict_layers")?.unwrap_or(0);
        if extra > 0 {
            return Err(keys
                .value("nextn_predict_layers", extra, "0 (predicting several tokens is not supported)")
                .into());
        }
        let (experts, used) = keys.experts(layers)?;
        let vocabulary = vocabulary::check(gguf)?;
        let embedding_rows = gguf.tensors().iter().find(|tensor| tensor.name == "token_embd.weight");
        if let Some(&rows) = embedding_rows.and_then(|tensor| tensor.shape.get(1))
            && rows != u64::from(vocabulary)
        {
            return Err(HeaderError::VocabularySize { tokens: vocabulary, rows });
        }
        let stored: u64 = sum(weights(gguf).map(|(_, elements)| elements));
        let active = sum(weights(gguf).map(|(name, elements)| {
            if experts > 0 && name.contains("_exps.") { elements / experts * used } else { elements }
        }));
        let widest = heads.iter().copied().max().unwrap_or(1);
        Ok(Self {
            name: gguf.text("general.name"),
            family,
            sizes: Architecture {
                parameters: active,
                layers: layers as u32,
                attention_width: (heads.iter().sum::<u64>() * head_size / layers) as u32,
            },
            stored_parameters: stored,
            heads: widest as u32,
            head_size: head_size as u32,
            embedding: embedding as u32,
            context: context as u32,
            vocabulary,
            kv_width: kv_heads.iter().sum::<u64>() * head_size * 2,
            chat_template: gguf.text("tokenizer.chat_template").is_some(),
            endings: vocabulary::endings(gguf, vocabulary)?,
        })
    }
}

fn sum(counts: impl Iterator<Item = u64>) -> u64 {
    counts.fold(0, u64::saturating_add)
}

/// Access to the metadata of one architecture.
struct Keys<'a> {
    gguf: &'a Gguf,
    family: &'static str,
}

impl Keys<'_> {
    fn name(&self, key: &str) -> String {
        format!("{}.{key}", self.family)
    }

    #[expect(clippy::needless_pass_by_value, reason = "numbers and texts alike")]
    fn value(&self, key: &str, value: impl ToString, expected: &'static str) -> GgufError {
        GgufError::Value { key: self.name(key), value: value.to_string(), expected }
    }

    fn optional(&self, key: &str) -> Result<Option<u64>, GgufError> {
        self.gguf.integer(&self.name(key))
    }

    fn required(
        &self,
        key: &str,
        range: std::ops::RangeInclusive<u64>,
        expected: &'static str,
    ) -> Result<u64, GgufError> {
        let value = self.optional(key)?.ok_or_else(|| GgufError::Missing { key: self.name(key) })?;
        if range.contains(&value) { Ok(value) } else { Err(self.value(key, value, expected)) }
    }

    /// One number for each layer, given as one number for all or as an array.
    fn per_layer(&self, key: &str, layers: u64, default: Option<&[u64]>) -> Result<Vec<u64>, GgufError> {
        let numbers: Vec<u64> = match (self.gguf.get(&self.name(key)), default) {
            (Some(Value::Integers { values, .. }), _) => {
                values.iter().map(|&value| u64::try_from(value).unwrap_or(u64::MAX)).collect()
            }
            (Some(_), _) => vec![self.optional(key)?.expect("the key is there"); layers as usize],
            (None, Some(default)) => default.to_vec(),
            (None, None) => return Err(GgufError::Missing { key: self.name(key) }),
        };
        if numbers.len() as u64 != layers {
            return Err(self.value(key, format!("{} numbers", numbers.len()), "one number for each layer"));
        }
        match numbers.iter().find(|&&number| number > WIDTH) {
            Some(number) => Err(self.value(key, number, "at most 1048576")),
            None => Ok(numbers),
        }
    }

    fn head_size(&self, default: u64, rotation: Rotation) -> Result<u64, GgufError> {
        let key = self.optional("attention.key_length")?.unwrap_or(default);
        let value = self.optional("attention.value_length")?.unwrap_or(default);
        if key == 0 || key > WIDTH || key != value {
            return Err(self.value(
                "attention.value_length",
                value,
                "the same as `attention.key_length`, at least 1",
            ));
        }
        let rotated = self.optional("rope.dimension_count")?.unwrap_or(key);
        let fits = match rotation {
            Whole => rotated == key,
            Part => rotated <= key,
        };
        if !fits || rotated % 2 != 0 {
            return Err(self.value("rope.dimension_count", rotated, "even, and the size of a head"));
        }
        Ok(key)
    }

    /// Numbers on which kernels assert.
    fn numbers(&self) -> Result<(), GgufError> {
        for key in ["attention.layer_norm_rms_epsilon", "attention.layer_norm_epsilon"] {
            if let Some(value) = self.gguf.float(&self.name(key))?
                && !(0.0..1.0).contains(&value)
            {
                return Err(self.value(key, value, "from 0 to 1"));
            }
        }
        for key in ["rope.freq_base", "rope.scaling.factor"] {
            if let Some(value) = self.gguf.float(&self.name(key))?
                && !(value.is_finite() && value >= 0.0)
            {
                return Err(self.value(key, value, "finite and not negative"));
            }
        }
        let key = "rope.scaling.type";
        if let Some(value) = self.gguf.text(&self.name(key))
            && !["none", "linear", "yarn", "longrope"].contains(&value.as_str())
        {
            return Err(self.value(key, value, "none, linear, yarn or longrope"));
        }
        Ok(())
    }

    /// Experts in a layer and those used by a token.
    fn experts(&self, layers: u64) -> Result<(u64, u64), GgufError> {
        let all = self.optional("expert_count")?.unwrap_or(0);
        let none = vec![0; layers as usize];
        let used = self.per_layer("expert_used_count", layers, Some(&none))?;
        let used = used.into_iter().max().unwrap_or(0);
        if all > EXPERTS || used > all || (all > 0 && used == 0) {
            return Err(self.value("expert_used_count", used, "1 to `expert_count`, which is at most 1024"));
        }
        let groups = self.optional("expert_group_count")?.unwrap_or(0);
        if groups > 1 || (groups == 1 && all < 2) {
            return Err(self.value(
                "expert_group_count",
                groups,
                "absent (grouped experts are not supported)",
            ));
        }
        Ok((all, used))
    }
}

/// Name and number of elements of the tensors that are parameters.
fn weights(gguf: &Gguf) -> impl Iterator<Item = (&str, u64)> {
    // Tables of rotation frequencies are derived from the configuration.
    gguf.tensors()
        .iter()
        .filter(|tensor| !tensor.name.starts_with("rope_"))
        .map(|tensor| (tensor.name.as_str(), tensor.elements()))
}
