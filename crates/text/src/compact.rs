//! Numbers as short text, for journals that hold thousands of traces.
//!
//! Little-endian varints and raw `f32` bits in unpadded base 64. Exact: what is read equals what was written.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use deliberate_lm::TokenStat;

/// Packs numbers; small ones take one byte.
pub(crate) fn pack(numbers: impl Iterator<Item = u32>) -> String {
    let mut bytes = Vec::new();
    for mut number in numbers {
        while number >= 0x80 {
            bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        bytes.push(number as u8);
    }
    STANDARD_NO_PAD.encode(bytes)
}

/// Unpacks what [`pack`] wrote; `None` for anything else.
pub(crate) fn unpack(text: &str) -> Option<Vec<u32>> {
    let bytes = STANDARD_NO_PAD.decode(text).ok()?;
    let mut numbers = Vec::new();
    let (mut number, mut shift) = (0u64, 0);
    for byte in bytes {
        number |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            numbers.push(u32::try_from(number).ok()?);
            (number, shift) = (0, 0);
        } else if shift > 28 {
            return None;
        }
    }
    (shift == 0).then_some(numbers)
}

pub(crate) fn pack_stats(stats: &[TokenStat]) -> String {
    let bytes: Vec<u8> = stats
        .iter()
        .flat_map(|stat| [stat.logprob, stat.certainty])
        .flat_map(|value| value.to_bits().to_le_bytes())
        .collect();
    STANDARD_NO_PAD.encode(bytes)
}

pub(crate) fn unpack_stats(text: &str) -> Option<Vec<TokenStat>> {
    let bytes = STANDARD_NO_PAD.decode(text).ok()?;
    let (pairs, rest) = bytes.as_chunks::<8>();
    let float = |bytes: [u8; 4]| f32::from_bits(u32::from_le_bytes(bytes));
    rest.is_empty().then(|| {
        pairs
            .iter()
            .map(|&[a, b, c, d, e, f, g, h]| TokenStat {
                logprob: float([a, b, c, d]),
                certainty: float([e, f, g, h]),
            })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_survive(numbers: Vec<u32>) {
            prop_assert_eq!(unpack(&pack(numbers.iter().copied())), Some(numbers));
        }

        #[test]
        fn statistics_survive(values: Vec<(f32, f32)>) {
            let stats: Vec<_> = values.iter().map(|&(logprob, certainty)| TokenStat { logprob, certainty }).collect();
            let read = unpack_stats(&pack_stats(&stats)).unwrap();
            let bits = |stats: &[TokenStat]| -> Vec<(u32, u32)> {
                stats.iter().map(|s| (s.logprob.to_bits(), s.certainty.to_bits())).collect()
            };
            prop_assert_eq!(bits(&read), bits(&stats));
        }

        #[test]
        fn nonsense_is_refused_without_a_panic(text: String) {
            let _ = (unpack(&text), unpack_stats(&text));
        }
    }

    #[test]
    fn broken_numbers_are_refused() {
        for bytes in [&[0x80u8][..], &[0xff; 5], &[0xff, 0xff, 0xff, 0xff, 0x7f]] {
            assert_eq!(unpack(&STANDARD_NO_PAD.encode(bytes)), None);
        }
    }
}
