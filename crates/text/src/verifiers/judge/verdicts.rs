//! Verdicts that are drawn and counted, where nobody tells the probability of a yes.

use super::{JudgeSettings, ScoreError, seeds};
use deliberate_lm::{GenerateRequest, LanguageModel, Sampling, Token, Usage};

/// The share of yes among the verdicts that say yes or no.
pub(super) async fn drawn<M: LanguageModel>(
    model: &M,
    settings: &JudgeSettings,
    question: Vec<Token>,
) -> (Result<f64, ScoreError>, Usage) {
    let request = GenerateRequest {
        seeds: seeds(&question, settings.verdicts),
        prompt: question.into(),
        // As the model would answer, so that the share stands for its probability.
        sampling: Sampling::at(1.0),
        stop: Vec::new(),
        max_tokens: settings.critique_tokens.max(1),
    };
    let generation = match model.generate(request).await {
        Ok(generation) => generation,
        Err(error) => return (Err(error.into()), Usage::default()),
    };
    let verdicts = generation.samples.iter().filter_map(|sample| verdict(&sample.text));
    let (yes, all) = verdicts.fold((0, 0), |(yes, all), is_yes| (yes + u32::from(is_yes), all + 1));
    let score = if all == 0 { Err(ScoreError::Nothing) } else { Ok(f64::from(yes) / f64::from(all)) };
    (score, generation.usage)
}

/// What the first word says; none if it is neither yes nor no.
fn verdict(text: &str) -> Option<bool> {
    let word = text.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty())?;
    match word.to_lowercase().as_str() {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_is_the_verdict() {
        for (text, expected) in [
            ("Yes", Some(true)),
            ("\n**No**, for 3 + 4 is 7. Yes?", Some(false)),
            (" YES.", Some(true)),
            ("Now then", None),
            ("The answer is yes", None),
            ("", None),
        ] {
            assert_eq!(verdict(text), expected, "{text:?}");
        }
    }
}
