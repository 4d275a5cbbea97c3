//! The element types of tensors and the size of their blocks.

/// Elements and bytes of one block of an element type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) elements: u64,
    pub(super) bytes: u64,
}

/// Plain 32-bit floats, which all vectors (norms, biases) have to be.
pub(super) const F32: u32 = 0;

/// The block of an element type that a weight may have; `None` for those removed, unknown, or only used inside
/// computations (integers, `Q8_1`, `Q8_K`), on which matrix products would abort.
///
/// Source: `ggml.h` and `ggml-common.h` of llama.cpp.
pub(super) fn block(kind: u32) -> Option<Block> {
    let (elements, bytes) = match kind {
        F32 => (1, 4),
        1 | 30 => (1, 2),      // F16, BF16
        2 | 20 => (32, 18),    // Q4_0, IQ4_NL
        3 => (32, 20),         // Q4_1
        6 => (32, 22),         // Q5_0
        7 => (32, 24),         // Q5_1
        8 => (32, 34),         // Q8_0
        10 => (256, 84),       // Q2_K
        11 | 21 => (256, 110), // Q3_K, IQ3_S
        12 => (256, 144),      // Q4_K
        13 => (256, 176),      // Q5_K
        14 => (256, 210),      // Q6_K
        16 | 35 => (256, 66),  // IQ2_XXS, TQ2_0
        17 => (256, 74),       // IQ2_XS
        18 => (256, 98),       // IQ3_XXS
        19 => (256, 50),       // IQ1_S
        22 => (256, 82),       // IQ2_S
        23 => (256, 136),      // IQ4_XS
        29 => (256, 56),       // IQ1_M
        34 => (256, 54),       // TQ1_0
        39 => (32, 17),        // MXFP4
        40 => (64, 36),        // NVFP4
        41 => (128, 18),       // Q1_0
        42 => (64, 18),        // Q2_0
        _ => return None,
    };
    Some(Block { elements, bytes })
}
