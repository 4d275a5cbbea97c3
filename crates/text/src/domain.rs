//! Composes the roles for one model and one prompt, and turns questions into roots.

use crate::form::told;
use crate::prompt::{PromptKind, conversation, text};
use crate::{
    DrawSettings, Prompt, PromptError, StepRule, TextAnswers, TextError, TextProposer, TextReviser, Trace,
};
use deliberate_lm::{Chat, LanguageModel, Role, Sampling, Token};
use deliberate_search::{Reviser, Roles, Verifier};
use serde::{Deserialize, Serialize};

/// How questions are put and solutions drawn. What is left out comes from the prompt file or from
/// [`DrawSettings::default`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct DomainSettings {
    /// A built-in prompt or the path of a prompt file.
    pub prompt: String,
    /// How tokens are sampled.
    pub sampling: Sampling,
    /// Tokens of one step, at most.
    pub step_tokens: u32,
    /// Tokens of one solution, at most.
    pub answer_tokens: u32,
    /// Where a step ends, if not where the prompt says.
    pub steps: Option<StepRule>,
    /// Texts that end a solution and are no part of it, besides those of the prompt.
    pub stop: Vec<String>,
}

impl Default for DomainSettings {
    fn default() -> Self {
        let DrawSettings { sampling, step_tokens, answer_tokens, .. } = DrawSettings::default();
        Self {
            prompt: "chat".to_owned(),
            sampling,
            step_tokens,
            answer_tokens,
            steps: None,
            stop: Vec::new(),
        }
    }
}

impl DomainSettings {
    /// How solutions to a prompt are drawn.
    pub fn draw_settings(&self, prompt: &Prompt) -> DrawSettings {
        let mut ending = prompt.ending();
        ending.stop.extend(self.stop.iter().cloned());
        DrawSettings {
            sampling: self.sampling,
            step_tokens: self.step_tokens,
            answer_tokens: self.answer_tokens,
            steps: self.steps.clone().unwrap_or_else(|| prompt.steps().clone()),
            ending,
        }
    }
}

/// All that a search over solutions in words needs.
pub struct Domain<M> {
    prompt: Prompt,
    proposer: TextProposer<M>,
    verifier: Option<Box<dyn Verifier<Trace>>>,
    reviser: Option<TextReviser<M>>,
    answers: TextAnswers,
}

impl<M: LanguageModel> Domain<M> {
    /// A domain with a proposer and nothing else.
    ///
    /// # Errors
    /// [`PromptError`] if the prompt cannot be loaded or does not solve questions.
    pub fn new(model: M, settings: &DomainSettings) -> Result<Self, PromptError> {
        let prompt = Prompt::load_for(&settings.prompt, PromptKind::Solve)?;
        let proposer = TextProposer::new(model, settings.draw_settings(&prompt));
        Ok(Self { prompt, proposer, verifier: None, reviser: None, answers: TextAnswers })
    }

    /// Scores with this verifier; `None` for none.
    #[must_use]
    pub fn with_verifier(mut self, verifier: Option<Box<dyn Verifier<Trace>>>) -> Self {
        self.verifier = verifier;
        self
    }

    /// Rewrites with this reviser.
    #[must_use]
    pub fn with_reviser(mut self, reviser: TextReviser<M>) -> Self {
        self.reviser = Some(reviser);
        self
    }

    /// Where the search for an answer to a question starts.
    ///
    /// # Errors
    /// [`TextError`] for an empty question, one that leaves no room in the context, or one that cannot be encoded.
    pub async fn root(&self, question: &str) -> Result<Trace, TextError> {
        if question.trim().is_empty() {
            return Err(TextError::EmptyQuestion);
        }
        let model = self.proposer.model();
        let question_tokens = model.encode(question, false).await.map_err(PromptError::from)?.len();
        let tokens = self.prompt.encode(model, &[("question", question)]).await?;
        self.begin(question, question_tokens, tokens)
    }

    /// Where the search for the next turn of a conversation starts; this domain's prompt has no part in it. The question,
    /// for those who ask what it was, is what the person said last, with the form that the answer should have.
    ///
    /// # Errors
    /// As [`Domain::root`], and for a model without a template of chats.
    pub async fn conversation(&self, chat: &Chat) -> Result<Trace, TextError> {
        let chat = told(chat);
        let person = chat.messages.iter().rfind(|message| message.role == Role::User);
        let question = person.or(chat.messages.last()).map_or("", |message| message.content.as_str());
        if question.trim().is_empty() {
            return Err(TextError::EmptyQuestion);
        }
        let model = self.proposer.model();
        let question_tokens = model.encode(question, false).await.map_err(PromptError::from)?.len();
        let tokens = conversation(model, &chat).await?;
        self.begin(question, question_tokens, tokens)
    }

    /// Where the search for the rest of a text starts; this domain's prompt has no part in it.
    ///
    /// # Errors
    /// As [`Domain::root`], and for a model that continues no texts.
    pub async fn text(&self, beginning: &str) -> Result<Trace, TextError> {
        if beginning.is_empty() {
            return Err(TextError::EmptyQuestion);
        }
        let model = self.proposer.model();
        if !model.facts().abilities.continues {
            return Err(TextError::NoTexts { model: model.facts().name.clone() });
        }
        let tokens = text(model, beginning).await?;
        self.begin(beginning, tokens.len(), tokens)
    }

    fn begin(&self, question: &str, question_tokens: usize, tokens: Vec<Token>) -> Result<Trace, TextError> {
        let facts = self.proposer.model().facts();
        let (prompt, context) = (tokens.len(), facts.context);
        if prompt >= context {
            return Err(TextError::QuestionTooLong { prompt, context, model: facts.name.clone() });
        }
        Ok(Trace::root(question, question_tokens as u32, tokens))
    }

    /// Who does the work, for [`deliberate_search::search`].
    pub fn roles(&self) -> Roles<'_, Trace> {
        Roles {
            proposer: &self.proposer,
            verifier: self.verifier.as_deref(),
            reviser: self.reviser.as_ref().map(|reviser| reviser as &dyn Reviser<Trace>),
            answers: &self.answers,
        }
    }

    /// What speaks against believing the verifier.
    pub fn doubt(&self) -> Option<&str> {
        self.verifier.as_ref().and_then(|verifier| verifier.doubt())
    }

    /// The prompt that questions are put with.
    pub fn prompt(&self) -> &Prompt {
        &self.prompt
    }

    /// Who draws.
    pub fn proposer(&self) -> &TextProposer<M> {
        &self.proposer
    }
}

#[cfg(test)]
mod tests;
