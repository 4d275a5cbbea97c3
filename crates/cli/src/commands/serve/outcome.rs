//! What a search came to, as the gateway tells it.

use super::offer::way;
use deliberate::search::{Ended, Ledger, NodeId, Status};
use deliberate::text::{Said, Trace};
use deliberate::{Deliberate, Support};
use deliberate_gateway::{Ask, Choice, DrawnToken, Finish, Refusal, Solved, Spent, Vote};
use deliberate_lm::LanguageModel;

/// The best answers that are different, what spoke for them, and the bill.
pub(super) fn solved(
    found: &deliberate::Solved,
    deliberate: &Deliberate,
    ask: &Ask,
) -> Result<Solved, Refusal> {
    let outcome = found.outcome();
    let drawn = |id: NodeId, content: &str| {
        let all = ask.logprobs.then(|| drawn(outcome.state(id), deliberate)).flatten();
        all.map(|all| spelling(all, content))
    };
    let mut choices = Vec::new();
    let mut misfit = None;
    let chosen = outcome.choice.node.into_iter();
    for id in chosen.chain(outcome.choice.votes.iter().skip(1).map(|vote| vote.node)) {
        match found.said(id) {
            Ok(said) => {
                let logprobs = drawn(id, &said.content);
                choices.push(choice(said, logprobs));
            }
            Err(reason) => drop(misfit.get_or_insert(reason)),
        }
    }
    choices.truncate(ask.choices as usize);
    if let (true, Some(reason)) = (choices.is_empty(), outcome.ended.failure()) {
        return Err(Refusal::failed(reason));
    }
    if let (true, Some(misfit)) = (choices.is_empty(), misfit) {
        return Err(Refusal::form(format!("no solution is what was asked for; of the best one, {misfit}")));
    }
    if choices.is_empty() {
        // Nothing is complete: the longest of what was cut is better than nothing.
        let cut = outcome.tree.iter().filter(|(_, node)| node.status == Status::Truncated);
        let longest = cut.max_by_key(|(_, node)| node.units).map(|(id, _)| id);
        let longest = longest.ok_or_else(|| Refusal::failed("no solution came of it in time"))?;
        let content = outcome.state(longest).text().trim_end().to_owned();
        let logprobs = drawn(longest, &content);
        choices.push(Choice { content, calls: Vec::new(), logprobs, finish: Finish::Length });
    }
    let vote = |support: Support| {
        let Support { answer, solutions, weight } = support;
        Vote { answer, solutions, weight }
    };
    let degraded = match &outcome.ended {
        Ended::Cancelled => Some("the time was over".to_owned()),
        ended => ended.failure(),
    };
    Ok(Solved {
        choices,
        votes: found.support().into_iter().map(vote).collect(),
        spent: spent(&outcome.ledger),
        way: way(deliberate.search()),
        degraded,
    })
}

fn choice(said: Said, logprobs: Option<Vec<DrawnToken>>) -> Choice {
    let Said { content, calls, .. } = said;
    let finish = if calls.is_empty() { Finish::Stop } else { Finish::ToolCalls };
    Choice { content, calls, logprobs, finish }
}

/// The tokens of a solution, where it is known what the model thought of them.
fn drawn(solution: &Trace, deliberate: &Deliberate) -> Option<Vec<DrawnToken>> {
    let model = &deliberate.models().proposer.model;
    let tokens = &solution.tokens()[solution.prompt_tokens()..];
    let all = tokens.iter().zip(solution.stats()?).map(|(&token, stat)| DrawnToken {
        piece: model.piece(token).unwrap_or_default(),
        logprob: stat.logprob.is_finite().then_some(stat.logprob),
    });
    Some(all.collect())
}

/// Of what was drawn, what spells an answer in words: not the white space at its end.
fn spelling(mut drawn: Vec<DrawnToken>, content: &str) -> Vec<DrawnToken> {
    let spelt: Vec<u8> = drawn.iter().flat_map(|token| &token.piece).copied().collect();
    if spelt.starts_with(content.as_bytes()) {
        let mut left = content.len();
        drawn.retain_mut(|DrawnToken { piece, .. }| {
            let within = left > 0;
            piece.truncate(left);
            left -= piece.len();
            within
        });
    }
    drawn
}

/// The bill, for clients.
pub(super) fn spent(ledger: &Ledger) -> Spent {
    let mut all = ledger.proposer;
    all += ledger.verifier;
    all += ledger.reviser;
    let verifier = &ledger.verifier;
    Spent {
        prompt_tokens: all.prefilled + all.cached,
        cached_tokens: all.cached,
        completion_tokens: all.decoded,
        verifier_tokens: verifier.prefilled + verifier.cached + verifier.decoded,
        generations: ledger.generations,
        flops: all.flops,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_drawn_spells_the_answer() {
        let token = |piece: &str| DrawnToken { piece: piece.as_bytes().to_vec(), logprob: Some(-0.5) };
        let drawn = || ["It is", " 4.\n", "\n"].map(token).to_vec();
        assert_eq!(spelling(drawn(), "It is 4."), ["It is", " 4."].map(token));
        assert_eq!(spelling(drawn(), "{}"), drawn(), "an answer that was found within what was drawn");
    }
}
