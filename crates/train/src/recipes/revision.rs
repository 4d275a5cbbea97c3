//! The revision model: a right answer after wrong ones (section H of the paper).
//!
//! For each right solution a number of wrong ones from 0 to 4 stands before it; the last of them is the one nearest
//! to it by character edit distance, the others are random. Loss on the right one's tokens only.

use crate::Example;
use crate::gather::Sampled;
use deliberate_lm::LanguageModel;
use deliberate_search::question_seed;
use deliberate_text::{Prompt, PromptError, Trace};
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// How trajectories are put together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RevisionPlan {
    /// Wrong attempts in the context, at most; 4 in the paper.
    pub attempts: usize,
    /// Trajectories of each question with right and wrong solutions. Each takes its wrong attempts from half of them,
    /// chosen anew, so that few samples make many trajectories and the last attempt is not always the nearest of all.
    /// A question that is always answered right is learnt from once.
    pub trajectories: usize,
    /// Share of the examples whose last attempts, one to all of them, are right already, and are to be given again: a
    /// chain goes on after it came out right. 0 in the paper, whose reviser then turns about 38 % of right answers
    /// wrong.
    #[serde(default)]
    pub kept: f64,
    /// Every choice follows from it.
    pub seed: u64,
}

/// Examples from the samples of one question. `revise` is the prompt that shows the attempts; without attempts the
/// example is the solution under the prompt that it was drawn with.
///
/// # Errors
/// [`PromptError`] if the prompt cannot be encoded.
pub async fn revisions<M: LanguageModel>(
    drawn: &Sampled,
    revise: &Prompt,
    model: &M,
    end: u32,
    plan: &RevisionPlan,
) -> Result<Vec<Example>, PromptError> {
    let mut random = ChaCha8Rng::seed_from_u64(question_seed(plan.seed, &drawn.question));
    let answered = drawn.solutions.iter().filter(|solution| solution.answered);
    let (mut right, mut wrong) = (Vec::new(), Vec::new());
    for solution in answered {
        let kind = if solution.right { &mut right } else { &mut wrong };
        if !kind.iter().any(|known: &&Trace| known.text() == solution.trace.text()) {
            kind.push(&solution.trace);
        }
    }
    right.shuffle(&mut random);
    let mut examples = Vec::new();
    let trajectories = match (right.len(), wrong.len()) {
        (0, _) => 0,
        (_, 0) => 1,
        _ => plan.trajectories,
    };
    for target in right.into_iter().cycle().take(trajectories) {
        let half = wrong.len().div_ceil(2);
        let wrong: Vec<&Trace> = wrong.choose_multiple(&mut random, half).copied().collect();
        let keep = plan.attempts > 0 && random.random_bool(plan.kept);
        let kept = if keep { random.random_range(1..=plan.attempts) } else { 0 };
        let count = random.random_range(0..=plan.attempts - kept).min(wrong.len());
        let mut attempts = trajectory(target, &wrong, count, &mut random);
        attempts.extend(std::iter::repeat_n(target, kept));
        if attempts.is_empty() {
            examples.push(super::drawn(target, end));
            continue;
        }
        let shown = revise.show_attempts(attempts.iter().map(|trace| trace.text()));
        let values = [("question", target.question()), ("attempts", &shown), ("critique", "")];
        let prompt = revise.encode(model, &values).await?;
        let solution = &target.tokens()[target.prompt_tokens()..];
        examples.push(super::solved(&prompt, solution, end));
    }
    Ok(examples)
}

/// `count` wrong attempts, the one nearest to the target last.
fn trajectory<'t>(
    target: &Trace,
    wrong: &[&'t Trace],
    count: usize,
    random: &mut ChaCha8Rng,
) -> Vec<&'t Trace> {
    if count == 0 {
        return Vec::new();
    }
    let distance = |trace: &&&Trace| edit_distance(trace.text(), target.text());
    let nearest = *wrong.iter().min_by_key(distance).expect("there is a wrong attempt");
    let others: Vec<&Trace> =
        wrong.iter().copied().filter(|trace| !std::ptr::eq(trace.text(), nearest.text())).collect();
    let mut attempts: Vec<&Trace> = others.choose_multiple(random, count - 1).copied().collect();
    attempts.shuffle(random);
    attempts.push(nearest);
    attempts
}

/// Insertions, deletions and replacements of characters that turn one text into the other.
fn edit_distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, &b) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_textbook() {
        for (one, other, distance) in
            [("", "", 0), ("kitten", "sitting", 3), ("a", "", 1), ("", "ab", 2), ("flaw", "lawn", 2)]
        {
            assert_eq!(edit_distance(one, other), distance);
            assert_eq!(edit_distance(other, one), distance);
        }
    }
}
