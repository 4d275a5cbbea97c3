//! Between words and tokens.

use deliberate_decoder::{Encoder, Vocabulary, VocabularyError};
use deliberate_lab::Question;
use deliberate_train::Example;
use deliberate_train::gather::Asked;
use deliberate_train::recipes::{Labels, solved};

/// A vocabulary at work.
#[derive(Debug, Clone)]
pub struct Words {
    vocabulary: Vocabulary,
    encoder: Encoder,
}

impl Words {
    /// Learns a vocabulary from questions and their solutions.
    ///
    /// # Errors
    /// [`VocabularyError`] if the size cannot be.
    pub fn learn(questions: &[Question], size: u32) -> Result<Self, VocabularyError> {
        // The labels of verifiers must be tokens whatever the questions hold.
        let texts: Vec<String> = questions.iter().map(|question| format!("{}+-", question.text())).collect();
        Self::new(Vocabulary::train(texts.iter().map(String::as_str), size)?)
    }

    /// Takes a vocabulary as it is.
    ///
    /// # Errors
    /// [`VocabularyError`] if it makes no sense.
    pub fn new(vocabulary: Vocabulary) -> Result<Self, VocabularyError> {
        Ok(Self { encoder: Encoder::new(&vocabulary)?, vocabulary })
    }

    /// The vocabulary.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// Tokens in it: at most as many as were asked for.
    pub fn size(&self) -> u32 {
        self.vocabulary.tokens.len() as u32
    }

    /// The token that ends an answer.
    pub fn end(&self) -> u32 {
        self.vocabulary.endings[0]
    }

    /// The tokens that verifiers answer with.
    pub fn labels(&self) -> Labels {
        let token = |text: &str| self.encoder.encode(text, false)[0];
        Labels { positive: token("+"), negative: token("-") }
    }

    /// A question with a solution of it, to learn to draw it.
    pub fn solved(&self, question: &Question, solution: &str) -> Example {
        let prompt = self.encoder.encode(&question.prompt(), false);
        let solution = self.encoder.encode(&format!("{solution}\n"), false);
        solved(&prompt, &solution, self.end())
    }
}

/// A lab question as training asks it.
pub fn asked(question: &Question) -> Asked {
    Asked { id: question.id.clone(), problem: question.problem.clone(), answer: question.answer.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deliberate_lab::{Recipe, Split, generate};

    #[test]
    fn a_question_is_read_as_the_prompt_file_puts_it() {
        let questions: Vec<Question> =
            generate(&Recipe::mixed(), Split::Train, 1).unwrap().take(300).collect();
        let words = Words::learn(&questions, 512).unwrap();
        let labels = words.labels();
        assert_ne!(labels.positive, labels.negative);
        for question in &questions {
            let example = words.solved(question, &question.solution);
            assert_eq!(example.tokens.last(), Some(&words.end()));
            let text = words.encoder.decode(&example.tokens[..example.tokens.len() - 1]);
            assert_eq!(String::from_utf8(text).unwrap(), question.text());
            // Loss begins with the first token of the solution.
            let first = example.targets[0].position as usize + 1;
            let solution = words.encoder.decode(&example.tokens[first..example.tokens.len() - 1]);
            assert_eq!(String::from_utf8(solution).unwrap(), format!("{}\n", question.solution));
        }
    }
}
