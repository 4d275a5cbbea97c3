//! Final answers: extraction from prose and mathematical equality.
