//! Learning a vocabulary from texts.

use super::{Cut, Vocabulary, VocabularyError, letters};
use crate::hugging_face::Pairs;
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::{AddedToken, OffsetReferential, OffsetType, Trainer};

/// The end marker and the bytes.
const LEAST: u32 = 1 + 256;

impl Vocabulary {
    /// Learns the pairs that occur most often, until there are `size` tokens or no pair occurs twice: a small corpus
    /// gives a smaller vocabulary. Equal texts give equal vocabularies, whatever their order.
    ///
    /// Token 0 is [`Vocabulary::END`], then come the 256 bytes. A digit never shares a token with anything, nor does a
    /// line break.
    ///
    /// # Errors
    /// [`VocabularyError::TooSmall`] below 257.
    pub fn train<'a>(texts: impl Iterator<Item = &'a str>, size: u32) -> Result<Self, VocabularyError> {
        if size < LEAST {
            return Err(VocabularyError::TooSmall { size, least: LEAST });
        }
        let mut trainer = BpeTrainer::builder()
            .vocab_size(size as usize)
            .min_frequency(2)
            .show_progress(false)
            .special_tokens(vec![AddedToken::from(Self::END, true)])
            .initial_alphabet(letters::all().iter().copied().collect())
            .build();
        // What is never seen next to a line break is never joined with it.
        let lines: Vec<&str> = texts.flat_map(|text| text.split('\n')).collect();
        let split = |line: &str| {
            let words = Cut::SmolLm.words(line);
            let words = words.get_splits(OffsetReferential::Original, OffsetType::None);
            Ok(words.into_iter().map(|(word, ..)| word.to_owned()).collect())
        };
        trainer.feed(lines.into_iter(), split).expect("cutting text does not fail");
        let mut model = BPE::default();
        trainer.train(&mut model).expect("counting pairs does not fail");
        let pairs = serde_json::to_value(&model).and_then(serde_json::from_value::<Pairs>);
        let Pairs { vocab, merges, .. } = pairs.expect("the model that the crate writes");
        let mut tokens: Vec<_> = vocab.into_iter().collect();
        tokens.sort_unstable_by_key(|(_, id)| *id);
        Ok(Self {
            cut: Cut::SmolLm,
            tokens: tokens.into_iter().map(|(text, _)| text).collect(),
            merges: merges.into_iter().map(|pair| pair.parts().expect("written as a pair")).collect(),
            specials: vec![0],
            literals: Vec::new(),
            beginning: None,
            endings: vec![0],
            chat_template: None,
        })
    }
}
