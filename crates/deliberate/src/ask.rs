//! One question, and all that can be said of the search for its answer.

use crate::deliberate::Deliberate;
use crate::error::Error;
use crate::event::{Event, Teller};
use crate::loaded::search_settings;
use crate::solved::Solved;
use deliberate_lm::{Chat, Listener};
use deliberate_policy::Reasons;
use deliberate_search::{
    Cancellation, Observer, Proposer, Record, Roles, Silent, Strategy, Verifier, search,
};
use deliberate_text::{Form, FormAnswers, FormVerifier, Trace};
use futures::channel::mpsc;
use futures::{FutureExt, Stream, StreamExt, stream};

/// A question that is about to be asked. Nothing happens before [`Ask::solve`], [`Ask::watched`] or [`Ask::events`].
#[must_use]
pub struct Ask<'a> {
    deliberate: &'a Deliberate,
    put: Put<'a>,
    dice: Option<&'a str>,
    cancel: Option<Cancellation>,
    checkpoint: Vec<Record<Trace>>,
    strategy: Option<Box<dyn Strategy + 'a>>,
    ignored: &'a [String],
    listener: Option<Listener>,
}

enum Put<'a> {
    Question(&'a str),
    Conversation(&'a Chat),
    Text(&'a str),
}

impl<'a> Ask<'a> {
    pub(crate) fn question(deliberate: &'a Deliberate, question: &'a str) -> Self {
        Self::put(deliberate, Put::Question(question))
    }

    pub(crate) fn conversation(deliberate: &'a Deliberate, chat: &'a Chat) -> Self {
        Self::put(deliberate, Put::Conversation(chat))
    }

    pub(crate) fn text(deliberate: &'a Deliberate, beginning: &'a str) -> Self {
        Self::put(deliberate, Put::Text(beginning))
    }

    fn put(deliberate: &'a Deliberate, put: Put<'a>) -> Self {
        Self {
            deliberate,
            put,
            dice: None,
            cancel: None,
            checkpoint: Vec::new(),
            strategy: None,
            ignored: &[],
            listener: None,
        }
    }

    /// What the dice follow from besides the seed, in the place of the question's words: its id in a dataset.
    pub fn dice(self, id: &'a str) -> Self {
        Self { dice: Some(id), ..self }
    }

    /// Ends the search with the best so far when this resolves: a deadline, a key that is pressed.
    pub fn until(self, over: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { cancel: Some(over.boxed().shared()), ..self }
    }

    /// Goes on after these records of the same search ([`Observer::performed`] gave them).
    pub fn resuming(self, checkpoint: Vec<Record<Trace>>) -> Self {
        Self { checkpoint, ..self }
    }

    /// Decides with this strategy. The roles are those that the builder's strategy needs.
    pub fn by(self, strategy: impl Strategy + 'a) -> Self {
        Self { strategy: Some(Box::new(strategy)), ..self }
    }

    /// Arguments that do not count where calls of tools are compared: identifiers, moments.
    pub fn ignoring(self, arguments: &'a [String]) -> Self {
        Self { ignored: arguments, ..self }
    }

    /// Lets a listener hear what is drawn, wherever one continuation is drawn alone: all of the answer where the budget is one
    /// solution.
    pub fn aloud(self, listener: Listener) -> Self {
        Self { listener: Some(listener), ..self }
    }

    /// Searches.
    ///
    /// # Errors
    /// As [`Deliberate::solve`].
    pub async fn solve(self) -> Result<Solved, Error> {
        self.watched(&mut Silent).await
    }

    /// Searches, and tells the observer.
    ///
    /// # Errors
    /// As [`Deliberate::solve`], and what the observer fails with.
    pub async fn watched(self, observer: &mut dyn Observer<Trace>) -> Result<Solved, Error> {
        let Self { deliberate, put, dice, cancel, checkpoint, strategy, ignored, listener } = self;
        let domain = deliberate.domain();
        let form = match put {
            Put::Conversation(chat) => Form::of(chat, ignored)?,
            Put::Question(_) | Put::Text(_) => Form::default(),
        };
        let root = match put {
            Put::Question(question) => domain.root(question).await?,
            Put::Conversation(chat) => domain.conversation(chat).await?,
            Put::Text(beginning) => domain.text(beginning).await?,
        };
        let reasons = Reasons::default();
        let settings = deliberate.search();
        let mut strategy: Box<dyn Strategy + 'a> = match strategy {
            Some(own) => own,
            None => settings.decider(&reasons)?,
        };
        let mut how = search_settings(settings, deliberate.models(), dice.unwrap_or(root.question()));
        (how.cancel, how.checkpoint) = (cancel, checkpoint);
        let question = root.question().to_owned();
        let (roles, answers) = (domain.roles(), FormAnswers(&form));
        let verifier = roles.verifier.map(|asked| FormVerifier::new(&form, asked));
        let verifier = verifier.as_ref().map(|verifier| verifier as &dyn Verifier<Trace>);
        let aloud = listener.map(|listener| domain.proposer().clone().aloud(listener));
        let proposer = aloud.as_ref().map_or(roles.proposer, |aloud| aloud as &dyn Proposer<Trace>);
        let roles = Roles { proposer, answers: &answers, verifier, ..roles };
        let outcome = search(root, &mut *strategy, &roles, how, observer).await?;
        Ok(Solved::new(question, outcome, reasons.all(), form))
    }

    /// Searches, and tells what happens as it happens; the last event is the answer or the error. Dropping the stream ends
    /// all work.
    ///
    /// ~~~
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// use deliberate::{Budget, Deliberate, Event};
    /// use futures::StreamExt;
    ///
    /// let deliberate = Deliberate::builder().model("lab").budget(Budget::generations(4)).open().await?;
    /// let mut events = std::pin::pin!(deliberate.ask("Spend 8 on a=5,b=3\nitems?").events());
    /// while let Some(event) = events.next().await {
    ///     match event? {
    ///         Event::Decided(decision) => println!("{decision:?}"),
    ///         Event::Grew(progress) => println!("{progress}"),
    ///         Event::Solved(solved) => assert_eq!(solved.bill().generations, 4),
    ///     }
    /// }
    /// # Ok::<(), deliberate::Error>(())
    /// # }).unwrap();
    /// ~~~
    pub fn events(self) -> impl Stream<Item = Result<Event, Error>> + 'a {
        let (to, told) = mpsc::unbounded();
        let searching = async move {
            let solved = self.watched(&mut Teller::new(to.clone())).await;
            // Nobody listens any more where this fails.
            let _ = to.unbounded_send(solved.map(|solved| Event::Solved(Box::new(solved))));
        };
        // All events come through the channel, in their order; the search goes on while somebody waits for the next.
        stream::select(told, searching.into_stream().filter_map(|()| std::future::ready(None)))
    }
}
