//! The element types of tensors and the size of their blocks.

/// Elements and bytes of one block of an element type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) elements: u64,
    pub(crate) bytes: u64,
}

/// Plain 32-bit floats, which all vectors (norms, biases) have to be.
pub(crate) const F32: u32 = 0;
/// Half precision.
pub(crate) const F16: u32 = 1;
/// Half the bits of a float, those of the sign, the exponent and the first digits.
pub(crate) const BF16: u32 = 30;
/// 32 numbers of 4 bits, from -8, and their scale.
pub(crate) const Q4_0: u32 = 2;
/// 32 numbers of 4 bits, their scale and their minimum.
pub(crate) const Q4_1: u32 = 3;
/// 32 numbers of 5 bits, from -16, and their scale.
pub(crate) const Q5_0: u32 = 6;
/// 32 numbers of 5 bits, their scale and their minimum.
pub(crate) const Q5_1: u32 = 7;
/// 32 numbers of 8 bits and their scale.
pub(crate) const Q8_0: u32 = 8;
/// 256 numbers of 4 bits; 32 each have a scale and a minimum of 6 bits.
pub(crate) const Q4_K: u32 = 12;
/// 256 numbers of 5 bits; 32 each have a scale and a minimum of 6 bits.
pub(crate) const Q5_K: u32 = 13;
/// 256 numbers of 6 bits, from -32; 16 each have a scale of 8 bits.
pub(crate) const Q6_K: u32 = 14;

/// The block of an element type that a weight may have; `None` for those removed, unknown, or only used inside
/// computations (integers, `Q8_1`, `Q8_K`), on which matrix products would abort.
///
/// Source: `ggml.h` and `ggml-common.h` of llama.cpp.
pub(crate) fn block(kind: u32) -> Option<Block> {
    let (elements, bytes) = match kind {
        F32 => (1, 4),
        F16 | BF16 => (1, 2),
        Q4_0 | 20 => (32, 18), // 20 is IQ4_NL
        Q4_1 => (32, 20),
        Q5_0 => (32, 22),
        Q5_1 => (32, 24),
        Q8_0 => (32, 34),
        10 => (256, 84),       // Q2_K
        11 | 21 => (256, 110), // Q3_K, IQ3_S
        Q4_K => (256, 144),
        Q5_K => (256, 176),
        Q6_K => (256, 210),
        16 | 35 => (256, 66), // IQ2_XXS, TQ2_0
        17 => (256, 74),      // IQ2_XS
        18 => (256, 98),      // IQ3_XXS
        19 => (256, 50),      // IQ1_S
        22 => (256, 82),      // IQ2_S
        23 => (256, 136),     // IQ4_XS
        29 => (256, 56),      // IQ1_M
        34 => (256, 54),      // TQ1_0
        39 => (32, 17),       // MXFP4
        40 => (64, 36),       // NVFP4
        41 => (128, 18),      // Q1_0
        42 => (64, 18),       // Q2_0
        _ => return None,
    };
    Some(Block { elements, bytes })
}
