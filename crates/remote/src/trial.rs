//! Whether a server does what searches rely on: tried out once, when it is connected.

use crate::address::Address;
use crate::error::ConnectError;
use crate::model::RemoteModel;
use crate::probe::Check;
use deliberate_lm::{
    Finish, GenerateRequest, LanguageModel, LmError, Mark, Sample, Sampling, ScoreRequest, Token,
};

/// The check of what verifiers read that ask no model.
pub(crate) const LOGPROBS: &str = "log-probabilities of what was drawn";

/// Tokens that are drawn to see what a server does.
const DRAWN: u32 = 12;

/// Tries what searches rely on.
pub(crate) async fn try_out(model: &RemoteModel, address: &Address) -> Result<Vec<Check>, ConnectError> {
    let mut checks = Vec::new();
    let fatal = |check: &str, found: String| ConnectError::Check {
        server: address.to_string(),
        check: check.to_owned(),
        found,
    };
    let told = |check: &'static str| move |error: LmError| fatal(check, error.to_string());

    let what = "the tokens of a text spell the text";
    let prompt = "Count: one, two, three, four,";
    let mut tokens = model.encode(prompt, false).await.map_err(told(what))?;
    let text = model.shared_text(&tokens).await.map_err(told(what))?;
    if text.trim_start() != prompt {
        return Err(fatal(what, format!("{text:?} for {prompt:?}")));
    }
    checks.push(Check { what, works: true, found: format!("{} tokens", tokens.len()) });
    if let Some(beginning) = model.facts().beginning {
        tokens.insert(0, beginning);
    }

    let what = "continuations come with token ids";
    let greedy = draw(model, &tokens, &[1], Sampling::GREEDY, None).await.map_err(told(what))?.remove(0);
    if greedy.tokens.is_empty() {
        return Err(fatal(what, format!("no token after {prompt:?}")));
    }
    checks.push(Check { what, works: true, found: format!("{:?}", greedy.text) });

    let what = "a partial answer is continued exactly";
    let half = greedy.tokens.len() / 2;
    let begun = [&tokens[..], &greedy.tokens[..half]].concat();
    let rest = draw(model, &begun, &[1], Sampling::GREEDY, None).await.map_err(told(what))?.remove(0);
    let common = rest.tokens.iter().zip(&greedy.tokens[half..]).take_while(|(left, right)| left == right);
    let (common, expected) = (common.count(), greedy.tokens.len() - half);
    checks.push(Check {
        what,
        works: common == expected,
        found: format!("{common} of {expected} tokens alike after {half} drawn before"),
    });

    let what = "several continuations in one call";
    let seeds = [11, 12, 13, 14];
    let several = draw(model, &tokens, &seeds, Sampling::at(1.0), None).await.map_err(told(what))?;
    let different = several.windows(2).any(|pair| pair[0].tokens != pair[1].tokens);
    // One that is sure of what follows may well draw the same four times.
    let found = format!("{} at once{}", several.len(), if different { "" } else { ", all the same" });
    checks.push(Check { what, works: true, found });

    let what = "the same seed draws the same again";
    let again = draw(model, &tokens, &seeds, Sampling::at(1.0), None).await.map_err(told(what))?;
    let same = several.iter().zip(&again).filter(|(left, right)| left.tokens == right.tokens).count();
    checks.push(Check { what, works: same == 4, found: format!("{same} of 4") });

    let what = "a stop text ends a continuation and is kept";
    if let Some(stop) = middle(&greedy) {
        let stopped =
            draw(model, &tokens, &[1], Sampling::GREEDY, Some(stop.clone())).await.map_err(told(what))?;
        let Sample { finish, text, .. } = &stopped[0];
        if *finish != Finish::Stop(0) || !text.contains(&stop) {
            return Err(fatal(what, format!("{text:?} ended by {finish:?} at {stop:?}")));
        }
        checks.push(Check { what, works: true, found: format!("{text:?}") });
    }

    let what = LOGPROBS;
    let known = greedy.stats.iter().filter(|stat| stat.logprob.is_finite()).count();
    let found = format!("of {known} of {} tokens", greedy.tokens.len());
    checks.push(Check { what, works: known > 0, found });

    let what = "log-probabilities of what could come next";
    let first = greedy.tokens[0];
    let mark = Mark { position: tokens.len() - 1, candidates: vec![first] };
    let request = ScoreRequest { tokens: tokens.clone().into(), marks: vec![mark] };
    checks.push(match (model.score(request).await, greedy.stats.first()) {
        (Ok(scoring), Some(stat)) if stat.logprob.is_finite() => {
            let (read, drawn) = (scoring.readings[0].logprobs[0], stat.logprob);
            let works = (read - drawn).abs() < 0.1;
            Check { what, works, found: format!("{read:.3}, and {drawn:.3} when it was drawn") }
        }
        (Ok(_), _) => Check { what, works: true, found: "nothing to compare it with".to_owned() },
        (Err(error), _) => Check { what, works: false, found: error.to_string() },
    });
    Ok(checks)
}

async fn draw(
    model: &RemoteModel,
    prompt: &[Token],
    seeds: &[u64],
    sampling: Sampling,
    stop: Option<String>,
) -> Result<Vec<Sample>, LmError> {
    let request = GenerateRequest {
        prompt: prompt.into(),
        seeds: seeds.to_vec(),
        sampling,
        stop: stop.into_iter().collect(),
        max_tokens: DRAWN,
    };
    model.generate(request).await.map(|generation| generation.samples)
}

/// A character from the middle of what was drawn.
fn middle(sample: &Sample) -> Option<String> {
    let characters: Vec<char> = sample.text.chars().collect();
    let later = characters.get(characters.len() / 2..)?.iter().find(|c| c.is_ascii_alphanumeric());
    later.map(ToString::to_string)
}
