//! The lab: a vocabulary that is learnt, and questions without end.

use super::{Ground, Stock, Words, asked};
use crate::{BuildError, Lab, Plan, Start, serve};
use deliberate_lab::{Question, Split, generate, generate_set};

pub(super) fn ground(lab: &Lab, plan: &Plan) -> Result<Ground, BuildError> {
    // The vocabulary is not kept: learning it again takes seconds and gives the same.
    let texts = generate(&lab.questions, Split::Train, plan.seed)?.take(lab.vocabulary_questions);
    let words = Words::learn(&texts.collect::<Vec<Question>>(), lab.vocabulary)?;
    // Other questions than the first ones of the proposer's training: seeds do not meet.
    let sampled = plan.method.sampled_questions;
    let questions = generate_set(&lab.questions, Split::Train, plan.seed + 1, sampled)?;
    Ok(Ground {
        proposing: lab.proposer.shape(words.size()),
        judging: lab.proposer.deeper(lab.judging_blocks).shape(words.size()),
        words,
        asking: serve::asking(plan.method.temperature),
        stock: Stock::Lab,
        proposer: Start::From("proposer"),
        questions: questions.iter().map(asked).collect(),
        written: Vec::new(),
        development: Vec::new(),
        inputs: None,
    })
}
