//! Models, their roles and a way to search, ready for questions.

use crate::ask::Ask;
use crate::backend::Backend;
use crate::builder::Builder;
use crate::error::Error;
use crate::loaded::Loaded;
use crate::resolved::Search;
use crate::solved::Solved;
use deliberate_lm::Chat;
use deliberate_search::Verifier;
use deliberate_text::{Domain, Trace};
use serde_json::{Value, json};
use std::sync::Arc;

/// Models, their roles and a way to search, ready for questions. Clones share everything.
#[derive(Clone)]
pub struct Deliberate {
    search: Search,
    models: Arc<Loaded>,
    own: Option<Arc<dyn Verifier<Trace>>>,
    domain: Arc<Domain<Backend>>,
    warnings: Arc<[String]>,
}

impl Deliberate {
    /// Where all begins.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Puts the roles of a search together around models that are open already; `own` scores in the place of the search's
    /// verifier.
    ///
    /// # Errors
    /// [`Error`] for roles that these models cannot take.
    pub async fn new(
        search: Search,
        models: Loaded,
        own: Option<Arc<dyn Verifier<Trace>>>,
    ) -> Result<Self, Error> {
        let mut warnings = models.check(&search)?;
        let domain = Arc::new(put_together(&search, &models, own.as_ref()).await?);
        warnings.extend(domain.doubt().map(str::to_owned));
        Ok(Self { search, models: Arc::new(models), own, domain, warnings: warnings.into() })
    }

    /// The same models, searched in another way. What both ways share is not put together again.
    ///
    /// # Errors
    /// As [`Deliberate::new`].
    pub async fn searching(&self, search: Search) -> Result<Self, Error> {
        let roles = |search: &Search| {
            let Search { verifier, revision_verifier, prompt, steps, stop, .. } = search;
            let Search { max_tokens, sampling, strategy, .. } = search;
            let asked = (verifier.clone(), revision_verifier.clone(), strategy.needs());
            (asked, prompt.clone(), steps.clone(), stop.clone(), *max_tokens, *sampling)
        };
        let domain = if roles(&search) == roles(&self.search) {
            Arc::clone(&self.domain)
        } else {
            Arc::new(put_together(&search, &self.models, self.own.as_ref()).await?)
        };
        Ok(Self { search, domain, ..self.clone() })
    }

    /// Searches for the answer to a question. Dropping the future ends all work for it.
    ///
    /// # Errors
    /// [`Error::Question`] for one that cannot be asked, [`Error::Search`] for a search that cannot be carried out. A role
    /// that fails in the middle is no error: the outcome says so.
    pub async fn solve(&self, question: &str) -> Result<Solved, Error> {
        self.ask(question).solve().await
    }

    /// A question that is about to be asked, with all that can be said of one search.
    pub fn ask<'a>(&'a self, question: &'a str) -> Ask<'a> {
        Ask::question(self, question)
    }

    /// The next turn of a conversation, about to be asked; the search's prompt has no part in it. What the conversation asks
    /// of that turn, JSON or calls of tools, is what votes: turns that are not so are no answers.
    pub fn reply<'a>(&'a self, conversation: &'a Chat) -> Ask<'a> {
        Ask::conversation(self, conversation)
    }

    /// The rest of a text, about to be asked; the search's prompt has no part in it.
    pub fn continuation<'a>(&'a self, beginning: &'a str) -> Ask<'a> {
        Ask::text(self, beginning)
    }

    /// How it searches.
    pub fn search(&self) -> &Search {
        &self.search
    }

    /// Who answers.
    pub fn models(&self) -> &Loaded {
        &self.models
    }

    /// The roles, for whoever runs searches of their own.
    pub fn domain(&self) -> &Domain<Backend> {
        &self.domain
    }

    /// What is odd about the files, the servers, the verifier or the policy.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The settings and the models that answers depend on.
    pub fn described(&self) -> Value {
        json!({"search": self.search, "models": self.models.provenance(&self.search)})
    }
}

async fn put_together(
    search: &Search,
    models: &Loaded,
    own: Option<&Arc<dyn Verifier<Trace>>>,
) -> Result<Domain<Backend>, Error> {
    let domain = models.domain(search).await?;
    Ok(match own {
        Some(own) => domain.with_verifier(Some(Box::new(Arc::clone(own)))),
        None => domain,
    })
}
