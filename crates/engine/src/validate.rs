//! Refuses requests that could not be served, before they reach the queue.

use deliberate_lm::{GenerateRequest, LmError, ModelFacts, ScoreRequest, Token};

fn invalid(reason: impl Into<String>) -> LmError {
    LmError::InvalidRequest { reason: reason.into() }
}

fn tokens(tokens: &[Token], facts: &ModelFacts) -> Result<(), LmError> {
    if tokens.is_empty() {
        return Err(invalid(
            "there are no tokens (a sequence needs at least one, such as the beginning token)",
        ));
    }
    match tokens.iter().find(|&&token| token >= facts.vocabulary) {
        Some(&token) => Err(LmError::UnknownToken { token, vocabulary: facts.vocabulary }),
        None => Ok(()),
    }
}

/// Checks a request against the model that is to serve it.
pub(crate) fn generate(request: &GenerateRequest, facts: &ModelFacts) -> Result<(), LmError> {
    tokens(&request.prompt, facts)?;
    if request.prompt.len() >= facts.context {
        return Err(LmError::PromptTooLong { prompt: request.prompt.len(), context: facts.context });
    }
    if request.seeds.is_empty() {
        return Err(invalid("there are no seeds (one continuation is drawn for each)"));
    }
    if u32::try_from(request.seeds.len()).is_err() {
        return Err(invalid("there are more seeds than can be counted"));
    }
    if request.max_tokens == 0 {
        return Err(invalid(
            "max_tokens is 0 (to read a model's opinion without drawing, use a score request)",
        ));
    }
    if let Some(index) = request.stop.iter().position(String::is_empty) {
        return Err(invalid(format!("stop text {index} is empty")));
    }
    Ok(request.sampling.check()?)
}

/// Checks a request against the model that is to serve it.
pub(crate) fn score(request: &ScoreRequest, facts: &ModelFacts) -> Result<(), LmError> {
    tokens(&request.tokens, facts)?;
    let length = request.tokens.len();
    if length > facts.context {
        return Err(LmError::PromptTooLong { prompt: length, context: facts.context });
    }
    let mut previous = None;
    for mark in &request.marks {
        let position = mark.position;
        if position >= length {
            return Err(invalid(format!("mark at {position} is past the end of {length} tokens")));
        }
        if previous.is_some_and(|previous| previous >= position) {
            return Err(invalid(format!("mark at {position} does not come after the one before it")));
        }
        previous = Some(position);
        if let Some(&token) = mark.candidates.iter().find(|&&token| token >= facts.vocabulary) {
            return Err(LmError::UnknownToken { token, vocabulary: facts.vocabulary });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use deliberate_lm::{Mark, Sampling};

    fn facts() -> ModelFacts {
        ModelFacts {
            name: "m".into(),
            context: 8,
            vocabulary: 10,
            spelling: deliberate_lm::Fingerprint::default(),
            beginning: None,
            endings: vec![],
            architecture: None,
            abilities: deliberate_lm::Abilities::default(),
        }
    }

    fn check(change: impl FnOnce(&mut GenerateRequest), expected: &str) {
        let mut request = GenerateRequest {
            prompt: vec![1, 2].into(),
            seeds: vec![0],
            sampling: Sampling::GREEDY,
            stop: vec![],
            max_tokens: 4,
        };
        change(&mut request);
        let message = generate(&request, &facts()).map_or_else(|error| error.to_string(), |()| "fine".into());
        assert!(message.contains(expected), "{message:?} does not contain {expected:?}");
    }

    #[test]
    fn requests_that_cannot_be_served_say_what_is_wrong() {
        check(|_| (), "fine");
        check(|r| r.prompt = vec![].into(), "no tokens");
        check(|r| r.prompt = vec![10].into(), "token 10 is not in the vocabulary of 10");
        check(|r| r.prompt = vec![1; 7].into(), "fine");
        check(|r| r.prompt = vec![1; 8].into(), "prompt of 8 tokens");
        check(|r| r.seeds.clear(), "no seeds");
        check(|r| r.max_tokens = 0, "max_tokens is 0");
        check(|r| r.stop = vec!["a".into(), String::new()], "stop text 1 is empty");
        check(|r| r.sampling.temperature = f32::NAN, "temperature NaN");
    }

    fn check_score(length: usize, marks: &[(usize, u32)], expected: &str) {
        let mark = |&(position, token): &(usize, u32)| Mark { position, candidates: vec![token] };
        let request =
            ScoreRequest { tokens: vec![1; length].into(), marks: marks.iter().map(mark).collect() };
        let message = score(&request, &facts()).map_or_else(|error| error.to_string(), |()| "fine".into());
        assert!(message.contains(expected), "{message:?} does not contain {expected:?}");
    }

    #[test]
    fn marks_must_rise_within_the_sequence() {
        check_score(8, &[(0, 1), (7, 9)], "fine");
        check_score(3, &[], "fine");
        check_score(9, &[], "prompt of 9 tokens");
        check_score(3, &[(3, 1)], "mark at 3 is past the end of 3");
        check_score(3, &[(2, 1), (1, 1)], "mark at 1 does not come after");
        check_score(3, &[(1, 1), (1, 1)], "mark at 1 does not come after");
        check_score(3, &[(1, 10)], "token 10");
        check_score(0, &[], "no tokens");
    }
}
