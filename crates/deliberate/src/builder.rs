//! From a few words to models that answer.

use crate::deliberate::Deliberate;
use crate::error::Error;
use crate::loaded::{Cast, Loaded};
use crate::models::ModelSettings;
use crate::options::{Options, Usual};
use crate::resolved::Search;
use deliberate_search::{Budget, Verifier};
use deliberate_text::Trace;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;

/// Says which models answer, how they search and what a question may cost. All of it is optional: the catalogue's default
/// model takes the weighted best of sixteen solutions.
///
/// ~~~
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use deliberate::{Budget, Deliberate};
///
/// let deliberate = Deliberate::builder()
///     .model("lab") // part of this crate; knows the lab's questions alone
///     .strategy("beam:branching=4")
///     .budget(Budget::generations(8))
///     .open()
///     .await?;
/// let solved = deliberate.solve("Spend 8 on a=5,b=3\nSpend 4 on c=4,d=9\nitems?").await?;
/// assert!(solved.bill().generations <= 8);
/// # Ok::<(), deliberate::Error>(())
/// # }).unwrap();
/// ~~~
#[derive(Clone, Default)]
pub struct Builder {
    options: Options,
    questions: Option<usize>,
    verifier: Option<Arc<dyn Verifier<Trace>>>,
}

impl Builder {
    /// Everything that a settings file can say at once, in the place of what was said before.
    ///
    /// ~~~
    /// use deliberate::{Deliberate, Options};
    /// let options = Options::parse("[search]\nstrategy = \"dvts\"\nbudget = \"4000tokens\"").unwrap();
    /// let builder = Deliberate::builder().options(options);
    /// ~~~
    pub fn options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// A model in this process: a name of `deliberate models list`, a GGUF file, or `lab` for the bundled ones.
    /// `MODEL+ADAPTER` puts an adapter on top.
    pub fn model(mut self, name: impl Into<String>) -> Self {
        self.options.models.model = Some(name.into());
        self
    }

    /// A server that answers, llama-server, vLLM or SGLang: `http://localhost:8000`. [`Builder::model`] then names one of its
    /// models, and `DELIBERATE_API_KEY` of the environment is its key. Called again it adds another server of the same
    /// model, which shares the work.
    ///
    /// ~~~no_run
    /// # async fn ask() -> Result<(), deliberate::Error> {
    /// let deliberate = deliberate::Deliberate::builder().server("http://localhost:8000").open().await?;
    /// # Ok(())
    /// # }
    /// ~~~
    pub fn server(mut self, url: impl Into<String>) -> Self {
        self.options.models.server.get_or_insert_default().push(url.into());
        self
    }

    /// A strategy and its options, as `deliberate strategies` lists them.
    pub fn strategy(mut self, text: impl Into<String>) -> Self {
        self.options.search.strategy = Some(text.into());
        self.options.search.policy = None;
        self
    }

    /// A policy that `deliberate calibrate` wrote, in the place of a strategy.
    pub fn policy(mut self, file: impl Into<PathBuf>) -> Self {
        self.options.search.policy = Some(file.into());
        self.options.search.strategy = None;
        self
    }

    /// What one question may cost, hard.
    pub fn budget(mut self, budget: Budget) -> Self {
        self.options.search.budget = Some(budget);
        self
    }

    /// Who scores: `logprob`, `certainty`, `judge`, `prm:signs`, `orm:signs`, `none`, …
    pub fn verifier(mut self, text: impl Into<String>) -> Self {
        self.options.search.verifier = Some(text.into());
        self
    }

    /// Scores with this verifier, wherever the strategy reads scores.
    ///
    /// ~~~
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// use deliberate::search::{Answer, Assessed, Budget, Granularity, Usage, Verification, Verifier};
    /// use deliberate::text::Trace;
    /// use deliberate::Deliberate;
    ///
    /// /// The shorter, the better.
    /// struct Brevity;
    ///
    /// impl Verifier<Trace> for Brevity {
    ///     fn verify<'a>(&'a self, batch: &'a [Verification<'a, Trace>]) -> Answer<'a, Assessed> {
    ///         let score = |v: &Verification<'_, Trace>| 1.0 / (1.0 + v.state.solution_tokens() as f64);
    ///         let scores = batch.iter().map(|v| Ok(vec![score(v)])).collect();
    ///         Box::pin(async { Ok(Assessed { scores, usage: Usage::default() }) })
    ///     }
    ///     fn granularity(&self) -> Granularity {
    ///         Granularity::Whole
    ///     }
    /// }
    ///
    /// let builder = Deliberate::builder().model("lab").verify_with(Brevity).strategy("best-of-n:rule=best");
    /// let deliberate = builder.budget(Budget::generations(4)).open().await?;
    /// let solved = deliberate.solve("Spend 8 on a=5,b=3\nitems?").await?;
    /// let lengths = solved.outcome().tree.answers().map(|id| solved.outcome().state(id).solution_tokens());
    /// assert_eq!(solved.outcome().answer().map(Trace::solution_tokens), lengths.min());
    /// # Ok::<(), deliberate::Error>(())
    /// # }).unwrap();
    /// ~~~
    pub fn verify_with(self, verifier: impl Verifier<Trace> + 'static) -> Self {
        Self { verifier: Some(Arc::new(verifier)), ..self }
    }

    /// Every draw follows from it and from the question.
    pub fn seed(mut self, seed: u64) -> Self {
        self.options.search.seed = Some(seed);
        self
    }

    /// Tokens of one solution, at most.
    pub fn max_tokens(mut self, tokens: NonZeroU32) -> Self {
        self.options.search.max_tokens = Some(tokens);
        self
    }

    /// Questions that will be asked at the same time: memory is planned for so many. One, if nothing is said.
    pub fn questions_at_once(self, questions: usize) -> Self {
        Self { questions: Some(questions), ..self }
    }

    /// Opens the models, connects to the servers, and puts the roles together.
    ///
    /// # Errors
    /// [`Error`] for what cannot be understood, is not there, or does not go together; its text says the way out.
    pub async fn open(self) -> Result<Deliberate, Error> {
        let Options { search, models, .. } = self.options.completed(Usual::Base)?;
        let search = Search::resolve(search)?;
        let settings = ModelSettings::resolve(models);
        let questions = self.questions.unwrap_or(1);
        let cast = Cast { settings: &settings, searches: &[&search], questions };
        let models = Loaded::open(&cast).await?;
        Deliberate::new(search, models, self.verifier).await
    }
}
