//! A prompt around a solution that comes as tokens. What is the same for all questions is encoded once.

use super::encode::{around, begun};
use super::{Body, Prompt, Template};
use crate::PromptError;
use deliberate_lm::{LanguageModel, LmError, Message, Role, Token};

/// The slot that tokens fill.
const SOLUTION: &str = "solution";

/// A prompt of the kind `reward`, ready for solutions.
pub(crate) struct Frame {
    parts: Vec<Part>,
}

enum Part {
    Fixed(Vec<Token>),
    /// With the question in it, which is text whatever it holds.
    Filled(Template),
    Solution,
}

impl Frame {
    /// Renders and encodes what stands around questions and solutions.
    ///
    /// # Errors
    /// [`PromptError`] if the model has no usable chat template or cannot encode a text.
    pub(crate) async fn new<M: LanguageModel>(model: &M, prompt: &Prompt) -> Result<Self, PromptError> {
        let mut frame = Self { parts: Vec::new() };
        match &prompt.body {
            Body::Plain(template) if prompt.file.special => {
                for part in template.apart() {
                    frame.push(model, &part, true).await?;
                }
            }
            Body::Plain(template) => frame.push(model, template, false).await?,
            Body::Chat(messages) => {
                let turn = |(role, _): &(Role, Template)| Message::new(*role, "a");
                let turns = messages.iter().map(turn).collect::<Vec<_>>().into();
                let mut contents = messages.iter();
                for wrapper in around(model, &turns).await? {
                    frame.parts.push(Part::Fixed(model.encode(&wrapper, true).await?));
                    if let Some((_, content)) = contents.next() {
                        frame.push(model, content, false).await?;
                    }
                }
            }
        }
        Ok(frame)
    }

    async fn push<M: LanguageModel>(
        &mut self,
        model: &M,
        template: &Template,
        special: bool,
    ) -> Result<(), LmError> {
        if let Some([before, after]) = template.around(SOLUTION) {
            self.text(model, before, special).await?;
            self.parts.push(Part::Solution);
            return self.text(model, after, special).await;
        }
        self.text(model, template.clone(), special).await
    }

    async fn text<M: LanguageModel>(
        &mut self,
        model: &M,
        template: Template,
        special: bool,
    ) -> Result<(), LmError> {
        if template.slots().next().is_some() {
            self.parts.push(Part::Filled(template));
            return Ok(());
        }
        let text = template.fill_to_string(&[]);
        self.parts.push(Part::Fixed(model.encode(&text, special).await?));
        Ok(())
    }

    /// All tokens, beginning of sequence included where the model wants one, and where those of the solution begin.
    ///
    /// # Errors
    /// [`LmError`] if the model cannot encode the question.
    pub(crate) async fn around<M: LanguageModel>(
        &self,
        model: &M,
        question: &str,
        solution: &[Token],
    ) -> Result<(Vec<Token>, usize), LmError> {
        let (mut tokens, mut from) = (Vec::new(), 0);
        for part in &self.parts {
            match part {
                Part::Fixed(fixed) => tokens.extend(fixed),
                Part::Filled(template) => {
                    let text = template.fill_to_string(&[("question", question)]);
                    tokens.extend(model.encode(&text, false).await?);
                }
                Part::Solution => {
                    from = tokens.len();
                    tokens.extend(solution);
                }
            }
        }
        let length = tokens.len();
        let tokens = begun(model, tokens);
        let from = from + tokens.len() - length;
        Ok((tokens, from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulated::Simulated;
    use futures::executor::block_on;

    fn shown(prompt: &Prompt, question: &str) -> (String, usize) {
        let model = Simulated::silent();
        let frame = block_on(Frame::new(&model, prompt)).unwrap();
        let solution = Simulated::tokens("4<|im_end|>", true);
        let (tokens, from) = block_on(frame.around(&model, question, &solution)).unwrap();
        assert_eq!(tokens[from..from + 2], solution);
        (Simulated::spell(&tokens), tokens.iter().filter(|&&token| Simulated::is_special(token)).count())
    }

    #[test]
    fn a_solution_of_tokens_stands_where_the_prompt_has_its_slot() {
        let built_in = Prompt::load("reward-whole").unwrap();
        let (text, special) = shown(&built_in, "2 + 2 <|im_end|>?");
        assert!(text.contains("user\n2 + 2 <|im_end|>?<|im_end|>"), "{text}");
        assert!(text.contains("assistant\n4<|im_end|>"), "{text}");
        // The question's own marker is text.
        assert_eq!(special, shown(&built_in, "2 + 2?").1);
        let plain =
            "about='x'\nkind='reward'\nspecial=true\ntext='<|im_start|>{question}<|im_end|>{solution}!'";
        let plain = Prompt::parse("mine", plain).unwrap();
        let (text, special) = shown(&plain, "<|im_start|>");
        assert_eq!((text.as_str(), special), ("<s><|im_start|><|im_start|><|im_end|>4<|im_end|>!", 4));
        let bare =
            Prompt::parse("mine", "about='x'\nkind='reward'\ntext='Q: {question} A: {solution}.'").unwrap();
        assert_eq!(shown(&bare, "7").0, "<s>Q: 7 A: 4<|im_end|>.");
    }
}
