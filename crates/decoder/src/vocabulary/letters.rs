//! GPT-2's letters: a printable one for each byte, so that tokens are texts whatever bytes they hold.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The letter of each byte: itself where it is printable in Latin-1, the others from 256 on.
static LETTERS: LazyLock<[char; 256]> = LazyLock::new(|| {
    let mut spare = ('\u{100}'..).filter(|letter| u32::from(*letter) >= 256);
    std::array::from_fn(|byte| {
        let letter = char::from(byte as u8);
        let plain = matches!(letter, '!'..='~' | '¡'..='¬' | '®'..='ÿ');
        if plain { letter } else { spare.next().expect("more letters than bytes") }
    })
});

static BYTES: LazyLock<HashMap<char, u8>> =
    LazyLock::new(|| LETTERS.iter().copied().zip(0..=u8::MAX).collect());

/// All letters, in the order of their bytes.
pub(crate) fn all() -> &'static [char; 256] {
    &LETTERS
}

/// The bytes that a text spells, if it consists of these letters.
pub(crate) fn bytes(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|letter| BYTES.get(&letter).copied()).collect()
}
