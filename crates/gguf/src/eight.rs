//! Values in eight bits: what is run, in the place of floats that would take four times the memory.

use crate::decode::{decode, digits_of, scaled_digits};

/// Numbers of a block.
const BLOCK: usize = 32;

/// Values as whole numbers from −128 to 127, 32 of which share a scale.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Eight {
    /// One for each value.
    pub digits: Vec<i8>,
    /// One for 32 neighbouring values each: what their digits are multiplied with.
    pub scales: Vec<f32>,
}

impl Eight {
    /// Appends whole blocks of a readable element type: as they are where they are such numbers, else rounded, to 127
    /// steps of the largest of 32 values.
    pub(crate) fn extend(&mut self, kind: u32, bytes: &[u8]) {
        if scaled_digits(kind) {
            return digits_of(kind, bytes, &mut self.digits, &mut self.scales);
        }
        let mut values = Vec::new();
        decode(kind, bytes, &mut values);
        for block in values.as_chunks::<BLOCK>().0 {
            let largest = block.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
            let scale = largest / 127.0;
            // Nothing of a block with so small a scale would be left.
            let inverse = if scale.is_normal() { 1.0 / scale } else { 0.0 };
            self.scales.push(scale);
            // The range of the cast is that of the digits.
            self.digits.extend(block.map(|value| (value * inverse).round_ties_even() as i8));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::element::{Q4_1, Q5_0, Q8_0};

    #[test]
    fn whole_numbers_stay_and_others_are_rounded_to_127_steps() {
        let eight = |kind, bytes: &[u8]| {
            let mut eight = Eight::default();
            eight.extend(kind, bytes);
            eight
        };
        let bytes: Vec<u8> = [0, 0x38].into_iter().chain(112..144).collect();
        let found = eight(Q8_0, &bytes);
        assert_eq!(found.scales, [0.5]);
        assert_eq!(found.digits, (112..144_u8).map(u8::cast_signed).collect::<Vec<_>>());
        let bytes: Vec<u8> = [0, 0x40, 255, 255, 255, 255].into_iter().chain(0..16).collect();
        assert_eq!(eight(Q5_0, &bytes).digits[..16], std::array::from_fn::<i8, 16, _>(|digit| digit as i8));
        // Digits times 2 minus 1: the largest is 29.
        let bytes: Vec<u8> = [0, 0x40, 0, 0xBC].into_iter().chain(0..16).collect();
        let (found, mut exact) = (eight(Q4_1, &bytes), Vec::new());
        decode(Q4_1, &bytes, &mut exact);
        for (digit, value) in found.digits.iter().zip(exact) {
            let back = f32::from(*digit) * found.scales[0];
            assert!((back - value).abs() <= 0.5001 * 29.0 / 127.0, "{back} for {value}");
        }
        assert_eq!(eight(Q4_1, &[0; 20]), Eight { digits: vec![0; 32], scales: vec![0.0] });
    }
}
