//! Language as a state: traces, prompts, verifiers, revisers.
