//! The deliberate command.
