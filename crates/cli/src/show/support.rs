//! What spoke for each answer, as text.

use deliberate_search::{Outcome, Rule};
use deliberate_text::Trace;

/// Answers shown, at most.
const MOST: usize = 5;

/// One line an answer, the chosen one first, without a newline at the end.
pub(crate) fn support(outcome: &Outcome<Trace>, rule: Rule) -> String {
    let votes = &outcome.choice.votes;
    let solutions: u32 = votes.iter().map(|vote| vote.count).sum();
    let what = match rule {
        Rule::Best => "highest score",
        Rule::Majority => "votes",
        Rule::Weighted => "sum of scores",
    };
    let counted = |count: u32, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    let answers = counted(votes.len() as u32, "answer");
    let mut lines = vec![format!("{}, {answers}, by {what}:", counted(solutions, "solution"))];
    for vote in votes.iter().take(MOST) {
        let answer = outcome.states.get(vote.node.0 as usize).and_then(Trace::answer);
        let answer = answer.map_or("(none found)".to_owned(), super::one_line);
        lines.push(format!("  {:>8.3}  {answer}  ({})", vote.weight, counted(vote.count, "solution")));
    }
    if votes.len() > MOST {
        lines.push(format!("            … and {} more", votes.len() - MOST));
    }
    lines.join("\n")
}
