//! Writes small GGUF files: a complete random model, and damaged variants of it.

/// A file in the making. Fields are public so that tests can damage them.
#[derive(Clone)]
pub(crate) struct Writer {
    pub(crate) magic: [u8; 4],
    pub(crate) version: u32,
    pub(crate) entries: Vec<(String, Vec<u8>)>,
    pub(crate) tensors: Vec<Tensor>,
}

/// A tensor with its data.
#[derive(Clone)]
pub(crate) struct Tensor {
    pub(crate) name: String,
    pub(crate) shape: Vec<u64>,
    pub(crate) kind: u32,
    pub(crate) offset: Option<u64>,
    pub(crate) data: Vec<u8>,
}

/// The two supported kinds of vocabulary.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Vocabulary {
    /// Byte-level pairs, as in SmolLM2.
    Pairs,
    /// Pieces with byte fallback, as in Llama 2.
    Pieces,
}

pub(crate) const LAYERS: u32 = 2;
pub(crate) const EMBEDDING: u64 = 64;
/// The width of models whose weights come in blocks of 256.
pub(crate) const WIDE: u64 = 256;
pub(crate) const HEADS: u32 = 4;
pub(crate) const KV_HEADS: u32 = 2;
pub(crate) const INNER: u64 = 96;

pub(crate) fn bytes_of_text(text: &[u8]) -> Vec<u8> {
    let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
    bytes.extend(text);
    bytes
}

fn array(kind: u32, count: usize, items: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut bytes = 9_u32.to_le_bytes().to_vec();
    bytes.extend(kind.to_le_bytes());
    bytes.extend((count as u64).to_le_bytes());
    items.into_iter().for_each(|item| bytes.extend(item));
    bytes
}

pub(crate) fn text(value: &str) -> Vec<u8> {
    [8_u32.to_le_bytes().to_vec(), bytes_of_text(value.as_bytes())].concat()
}
pub(crate) fn integer(value: u32) -> Vec<u8> {
    [4_u32.to_le_bytes(), value.to_le_bytes()].concat()
}
pub(crate) fn float(value: f32) -> Vec<u8> {
    [6_u32.to_le_bytes(), value.to_le_bytes()].concat()
}
pub(crate) fn texts(values: &[Vec<u8>]) -> Vec<u8> {
    array(8, values.len(), values.iter().map(|value| bytes_of_text(value)))
}
pub(crate) fn integers(values: &[i32]) -> Vec<u8> {
    array(5, values.len(), values.iter().map(|value| value.to_le_bytes().to_vec()))
}
pub(crate) fn floats(values: &[f32]) -> Vec<u8> {
    array(6, values.len(), values.iter().map(|value| value.to_le_bytes().to_vec()))
}

impl Writer {
    /// A complete two-layer model with random weights.
    pub(crate) fn tiny(vocabulary: Vocabulary) -> Self {
        Self::sized(vocabulary, EMBEDDING, INNER, 0)
    }

    /// The same with all matrices of an element type, wide enough for its blocks.
    pub(crate) fn quantised(kind: u32) -> Self {
        Self::sized(Vocabulary::Pairs, WIDE, WIDE, kind)
    }

    fn sized(vocabulary: Vocabulary, width: u64, inner: u64, kind: u32) -> Self {
        let mut file = Self { magic: *b"GGUF", version: 3, entries: Vec::new(), tensors: Vec::new() };
        file.set("general.architecture", text("llama"));
        file.set("general.name", text("tiny"));
        file.set("llama.block_count", integer(LAYERS));
        file.set("llama.context_length", integer(512));
        file.set("llama.embedding_length", integer(width as u32));
        file.set("llama.feed_forward_length", integer(inner as u32));
        file.set("llama.attention.head_count", integer(HEADS));
        file.set("llama.attention.head_count_kv", integer(KV_HEADS));
        file.set("llama.attention.layer_norm_rms_epsilon", float(1e-5));
        file.set("llama.rope.freq_base", float(10000.0));
        let size = match vocabulary {
            Vocabulary::Pairs => file.pairs(),
            Vocabulary::Pieces => file.pieces(),
        };
        file.weights(size as u64, width, inner, kind);
        file
    }

    fn pairs(&mut self) -> usize {
        let mut tokens: Vec<Vec<u8>> =
            ["<|endoftext|>", "<|im_start|>", "<|im_end|>"].map(Into::into).to_vec();
        let mut other = 256;
        for byte in 0..=255_u32 {
            let plain = matches!(byte, 33..=126 | 161..=172 | 174..=255);
            let code = if plain {
                byte
            } else {
                other += 1;
                other - 1
            };
            tokens.push(char::from_u32(code).expect("a letter").to_string().into_bytes());
        }
        tokens.push("th".into());
        tokens.push("the".into());
        let mut kinds = vec![1; tokens.len()];
        kinds[..3].fill(3);
        self.set("tokenizer.ggml.model", text("gpt2"));
        self.set("tokenizer.ggml.pre", text("smollm"));
        self.set("tokenizer.ggml.tokens", texts(&tokens));
        self.set("tokenizer.ggml.token_type", integers(&kinds));
        self.set("tokenizer.ggml.merges", texts(&["t h".into(), "th e".into()]));
        self.set("tokenizer.ggml.bos_token_id", integer(1));
        self.set("tokenizer.ggml.eos_token_id", integer(2));
        let template = "{% for m in messages %}{{'<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>\\n'}}\
                        {% endfor %}{% if add_generation_prompt %}{{'<|im_start|>assistant\\n'}}{% endif %}";
        self.set("tokenizer.chat_template", text(template));
        tokens.len()
    }

    fn pieces(&mut self) -> usize {
        let mut tokens: Vec<Vec<u8>> = ["<unk>", "<s>", "</s>"].map(Into::into).to_vec();
        let mut kinds = vec![2, 3, 3];
        for byte in 0..=255_u32 {
            tokens.push(format!("<0x{byte:02X}>").into_bytes());
            kinds.push(6);
        }
        for piece in ["▁", "t", "h", "e", "th", "the", "▁the", "▁t", "a", "b"] {
            tokens.push(piece.into());
            kinds.push(1);
        }
        let scores: Vec<f32> = (0..tokens.len()).map(|id| -(id as f32)).collect();
        self.set("tokenizer.ggml.model", text("llama"));
        self.set("tokenizer.ggml.tokens", texts(&tokens));
        self.set("tokenizer.ggml.token_type", integers(&kinds));
        self.set("tokenizer.ggml.scores", floats(&scores));
        self.set("tokenizer.ggml.bos_token_id", integer(1));
        self.set("tokenizer.ggml.eos_token_id", integer(2));
        tokens.len()
    }

    fn weights(&mut self, vocabulary: u64, width: u64, inner: u64, kind: u32) {
        let kv = width / u64::from(HEADS) * u64::from(KV_HEADS);
        self.tensor("token_embd.weight", &[width, vocabulary], kind);
        self.tensor("output_norm.weight", &[width], 0);
        for layer in 0..LAYERS {
            for (name, shape) in [
                ("attn_norm", &[width][..]),
                ("attn_q", &[width, width]),
                ("attn_k", &[width, kv]),
                ("attn_v", &[width, kv]),
                ("attn_output", &[width, width]),
                ("ffn_norm", &[width]),
                ("ffn_gate", &[width, inner]),
                ("ffn_up", &[width, inner]),
                ("ffn_down", &[inner, width]),
            ] {
                let kind = if shape.len() == 1 { 0 } else { kind };
                self.tensor(&format!("blk.{layer}.{name}.weight"), shape, kind);
            }
        }
    }

    fn tensor(&mut self, name: &str, shape: &[u64], kind: u32) {
        let count: u64 = shape.iter().product();
        let mut state = name.bytes().fold(count, |hash, byte| hash.wrapping_mul(31) ^ u64::from(byte));
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 40
        };
        // Where the half-precision scales stand in a block of so many elements and bytes.
        let (elements, bytes, scales): (u64, u64, &[usize]) = match kind {
            2 => (32, 18, &[0]),
            3 => (32, 20, &[0, 2]),
            8 => (32, 34, &[0]),
            12 => (256, 144, &[0, 2]),
            14 => (256, 210, &[208]),
            _ => (1, 0, &[]),
        };
        let mut data = Vec::new();
        for _ in 0..count / elements {
            let unit = random() as f32 / (1 << 23) as f32 - 1.0;
            let value = if shape.len() == 1 { 1.0 + 0.1 * unit } else { 0.3 * unit };
            match kind {
                0 => data.extend(value.to_le_bytes()),
                // The upper half of a float is a bfloat.
                30 => data.extend(&value.to_le_bytes()[2..]),
                // Sign, an exponent below that of 1, random digits.
                1 => data.extend(((random() & 0x83FF) as u16 | 0x2800).to_le_bytes()),
                _ => {
                    let mut block: Vec<u8> = (0..bytes).map(|_| random() as u8).collect();
                    // Two to the power of -9; far less for types that scale their scales.
                    let scale = if kind < 10 { 0x1800_u16 } else { 0x0040 };
                    for &place in scales {
                        block[place..place + 2].copy_from_slice(&scale.to_le_bytes());
                    }
                    data.extend(block);
                }
            }
        }
        self.tensors.push(Tensor { name: name.into(), shape: shape.to_vec(), kind, offset: None, data });
    }

    /// Sets or replaces an entry; the bytes start with the kind.
    pub(crate) fn set(&mut self, key: &str, value: Vec<u8>) {
        self.remove(key);
        self.entries.push((key.to_owned(), value));
    }

    pub(crate) fn remove(&mut self, key: &str) {
        self.entries.retain(|(name, _)| name != key);
    }

    /// The bytes of the file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.magic.to_vec();
        bytes.extend(self.version.to_le_bytes());
        bytes.extend((self.tensors.len() as u64).to_le_bytes());
        bytes.extend((self.entries.len() as u64).to_le_bytes());
        for (key, value) in &self.entries {
            bytes.extend(bytes_of_text(key.as_bytes()));
            bytes.extend(value);
        }
        let mut place = 0_u64;
        for tensor in &self.tensors {
            bytes.extend(bytes_of_text(tensor.name.as_bytes()));
            bytes.extend((tensor.shape.len() as u32).to_le_bytes());
            tensor.shape.iter().for_each(|size| bytes.extend(size.to_le_bytes()));
            bytes.extend(tensor.kind.to_le_bytes());
            bytes.extend(tensor.offset.unwrap_or(place).to_le_bytes());
            place += (tensor.data.len() as u64).next_multiple_of(32);
        }
        for tensor in &self.tensors {
            bytes.resize(bytes.len().next_multiple_of(32), 0);
            bytes.extend(&tensor.data);
        }
        bytes
    }
}
