//! The prompts that come with the crate.

/// Names and contents of the built-in prompt files.
pub(crate) const BUILT_IN: &[(&str, &str)] = &[
    ("few-shot", include_str!("../../prompts/few-shot.toml")),
    ("worked", include_str!("../../prompts/worked.toml")),
    ("chat", include_str!("../../prompts/chat.toml")),
    ("as-is", include_str!("../../prompts/as-is.toml")),
    ("judge", include_str!("../../prompts/judge.toml")),
    ("judge-check", include_str!("../../prompts/judge-check.toml")),
    ("judge-teacher", include_str!("../../prompts/judge-teacher.toml")),
    ("judge-critique", include_str!("../../prompts/judge-critique.toml")),
    ("critique", include_str!("../../prompts/critique.toml")),
    ("revise", include_str!("../../prompts/revise.toml")),
    ("critique-and-revise", include_str!("../../prompts/critique-and-revise.toml")),
    ("revise-few-shot", include_str!("../../prompts/revise-few-shot.toml")),
    ("reward-steps", include_str!("../../prompts/reward-steps.toml")),
    ("reward-whole", include_str!("../../prompts/reward-whole.toml")),
    ("lab", include_str!("../../prompts/lab.toml")),
    ("revise-lab", include_str!("../../prompts/revise-lab.toml")),
];
