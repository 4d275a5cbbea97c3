//! Caps that keep every answer cheap to read and to compare.
//!
//! Model text is untrusted: `9^{9^{9^9}}`, a hundred thousand braces or a megabyte of digits must cost no more
//! than an ordinary answer. What exceeds a cap is compared as text; nothing is ever truncated into equality.

/// Bytes of one answer that are read as mathematics; a longer one is compared as text.
pub(crate) const ANSWER_BYTES: usize = 8 * 1024;
/// Tokens of one answer.
pub(crate) const TOKENS: usize = 800;
/// Nesting of brackets, fractions, roots and exponents.
pub(crate) const DEPTH: usize = 40;
/// Nesting of lists, sets, tuples and relations. Real answers have two levels; comparing sets costs a factor of two
/// with each.
pub(crate) const STRUCTURE_DEPTH: usize = 8;
/// Quotients in one product (`a/b/c`) and signs behind one factor (`5!!`): each nests one level deeper.
pub(crate) const CHAIN: usize = 12;
/// Nodes of an expression, and how many of them may be functions, roots or powers, that is evaluated at all.
pub(crate) const NODES: usize = 500;
pub(crate) const CALLS: usize = 80;
/// Digits of one number literal.
pub(crate) const LITERAL_DIGITS: usize = 1000;
/// Bits of a numerator or denominator in exact arithmetic.
pub(crate) const EXACT_BITS: u64 = 4096;
/// Largest argument of an exact factorial (its value has about 3,300 bits).
pub(crate) const FACTORIAL: u32 = 450;
/// Parts of one list, set, tuple or union: comparing is quadratic.
pub(crate) const PARTS: usize = 64;
/// Bytes at the end of a model's text that are searched for an answer.
pub(crate) const TEXT_BYTES: usize = 1024 * 1024;
