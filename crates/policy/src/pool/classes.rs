//! Which answers of a question are the same answer.

use super::PoolQuestion;
use deliberate_grade::{Answer, same};
use std::collections::HashMap;

/// Numbers the classes of mathematically equal answers in order of first appearance. Each distinct string is parsed
/// once and compared with the first answer of every class.
pub(super) fn classify(question: &mut PoolQuestion) {
    let mut known: HashMap<&str, Option<u32>> = HashMap::new();
    let mut classes: Vec<Answer> = Vec::new();
    for sample in &mut question.samples {
        let Some(text) = sample.answer.as_deref() else { continue };
        sample.class = *known.entry(text).or_insert_with(|| {
            let answer = Answer::parse(text);
            if answer.is_empty() {
                return None;
            }
            let place = classes.iter().position(|first| same(first, &answer)).unwrap_or_else(|| {
                classes.push(answer);
                classes.len() - 1
            });
            Some(place as u32)
        });
    }
}
