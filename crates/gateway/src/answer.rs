//! One request for an answer, from its headers to its last byte.

use crate::aloud::Aloud;
use crate::bill::Bill;
use crate::door::refuse_other_sites;
use crate::handlers::{Gateway, Shared, now};
use crate::identity::Identity;
use crate::keys::Key;
use crate::progress::{Happening, Known, Progress, Telling, happenings};
use crate::record::{self, Record};
use crate::refusal::Refusal;
use crate::reply::{self, Head, Parts};
use crate::request::{AnswerRequest, Kind};
use crate::solver::{Ask, Solved, Solver};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use futures::StreamExt;
use futures::channel::mpsc::UnboundedReceiver;
use futures::stream::{self, Stream};
use std::convert::Infallible;
use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::timeout;

/// Between two comments that keep a stream alive.
const ALIVE: Duration = Duration::from_secs(5);

/// A request, as far as it is known.
struct Call {
    gateway: Arc<Gateway>,
    identity: Identity,
    key: Option<Arc<Key>>,
    /// Empty until the body was read.
    model: String,
    began: Instant,
    /// What the gateway itself took of it.
    own: Duration,
}

/// A request that is about to be answered.
struct Ready {
    request: AnswerRequest,
    head: Head,
    solver: Arc<dyn Solver>,
    ask: Ask,
    bill: Bill,
    told: watch::Receiver<Progress>,
    spoken: UnboundedReceiver<String>,
    record: Option<Record>,
    place: OwnedSemaphorePermit,
}

pub(crate) async fn answer(
    kind: Kind,
    State(gateway): Shared,
    Extension(identity): Extension<Identity>,
    request: Request,
) -> Response {
    let (began, own) = (Instant::now(), Duration::ZERO);
    let mut call = Call { gateway, identity, key: None, model: String::new(), began, own };
    match call.prepare(kind, request).await {
        Ok(ready) if ready.request.stream => {
            let events = call.streamed(ready).map(Ok::<_, Infallible>);
            let alive = KeepAlive::new().interval(ALIVE).text("searching");
            Sse::new(events).keep_alive(alive).into_response()
        }
        Ok(ready) => call.whole(ready).await,
        Err(refusal) => {
            call.over(Err(&refusal));
            refusal.into_response()
        }
    }
}

/// The body, if it is not too large and comes in time.
async fn received(
    headers: &HeaderMap,
    body: Body,
    most: usize,
    patience: Duration,
) -> Result<Bytes, Refusal> {
    let said = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if said.is_some_and(|length: usize| length > most) {
        return Err(Refusal::large(most));
    }
    let body = timeout(patience, to_bytes(body, most)).await.map_err(|_| Refusal::slow())?;
    body.map_err(|_| Refusal::large(most))
}

impl Call {
    /// Work of the gateway's own.
    fn own<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let done = work();
        self.own += began.elapsed();
        done
    }

    /// All that comes before the search: who asks, what, and whether there is a place.
    async fn prepare(&mut self, kind: Kind, request: Request) -> Result<Ready, Refusal> {
        let gateway = Arc::clone(&self.gateway);
        refuse_other_sites(request.headers())?;
        self.key = gateway.keys.shown(request.headers())?;
        self.admitted()?;
        let (parts, body) = request.into_parts();
        let body = received(&parts.headers, body, gateway.limits.body, gateway.limits.sending).await?;
        let mut request = self.own(|| AnswerRequest::read(kind, &body, &parts.headers))?;
        let solver = gateway.solver();
        if !solver.models().iter().any(|model| model.name == request.model) {
            let names: Vec<String> = solver.models().iter().map(|model| model.name.clone()).collect();
            return Err(Refusal::no_model(&request.model, &names));
        }
        self.model.clone_from(&request.model);
        let place = gateway.places.take().await?;
        // What the key had may have been spent while this one waited.
        self.admitted()?;
        let head = Head::new(kind, &self.identity.own, now(), request.model.clone());
        let record = match &gateway.records {
            None => None,
            Some(records) => {
                request.overrides.seed.get_or_insert_with(|| rand::random::<u32>().into());
                Some(Record::begin(records, &head.id, &record::asked(&body, &request)).await)
            }
        };
        let (aloud, spoken) = Aloud::new();
        let (telling, told) = Telling::new(request.progress);
        let bill = Bill::open(Arc::clone(&gateway.metrics), self.key.clone(), told.clone());
        let ask = self.own(|| {
            let wanted = request.seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            let most = gateway.limits.deadline;
            Ask {
                model: request.model.clone(),
                asked: request.asked.clone(),
                choices: request.choices,
                logprobs: request.logprobs,
                overrides: request.overrides.clone(),
                deadline: wanted.map_or(most, |wanted| wanted.min(most)),
                telling,
                aloud: request.stream.then_some(aloud),
                record: record.as_ref().map(|record| record.folder().to_owned()),
            }
        });
        Ok(Ready { request, head, solver, ask, bill, told, spoken, record, place })
    }

    /// Refuses a key that has spent what it may.
    fn admitted(&self) -> Result<(), Refusal> {
        let exhausted = self.key.as_ref().and_then(|key| key.account.exhausted(Instant::now()));
        exhausted.map_or(Ok(()), |(quota, wait)| Err(Refusal::quota(&quota, wait)))
    }

    async fn whole(mut self, ready: Ready) -> Response {
        let Ready { head, solver, ask, mut bill, record, place, .. } = ready;
        let searching = self.gateway.metrics.search();
        let solved = solver.solve(ask).await;
        drop((searching, place));
        bill.settle(solved.as_ref().ok());
        if let Some(record) = record {
            record.end(&head, solved.as_ref(), self.seconds()).await;
        }
        let seconds = self.seconds();
        let response = self.own(|| match &solved {
            Ok(solved) => {
                let mut response = Json(reply::whole(&head, solved, seconds)).into_response();
                say(&mut response, solved);
                response
            }
            Err(refusal) => refusal.clone().into_response(),
        });
        self.over(solved.as_ref());
        response
    }

    /// Searches inside of the stream, so that a client that leaves ends the search.
    fn streamed(self, ready: Ready) -> impl Stream<Item = Event> {
        let Ready { request, head, solver, ask, mut bill, told, spoken, record, place } = ready;
        let searching = self.gateway.metrics.search();
        let (solving, mut parts) =
            (async move { solver.solve(ask).await }, Parts::new(head, request.include_usage));
        let head = parts.head().clone();
        let answering = async move {
            let solved = solving.await;
            drop((searching, place));
            bill.settle(solved.as_ref().ok());
            if let Some(record) = record {
                record.end(&head, solved.as_ref(), self.seconds()).await;
            }
            (self, solved)
        };
        let (watched, mut known) = (request.progress, Known::default());
        let events = move |happening: Happening<(Self, Result<Solved, Refusal>)>| match happening {
            Happening::Answer((mut call, solved)) => {
                let seconds = call.seconds();
                let events = call.own(|| match &solved {
                    Ok(solved) => parts.rest(solved, seconds),
                    Err(refusal) => reply::refused(refusal),
                });
                call.over(solved.as_ref());
                events
            }
            Happening::Part(text) => parts.part(&text),
            Happening::Progress(progress) if watched => {
                vec![reply::progress(parts.head(), &known.news(progress))]
            }
            Happening::Progress(_) => Vec::new(),
        };
        happenings(answering, told, spoken).map(events).flat_map(stream::iter)
    }

    fn seconds(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    /// Counts and logs it. No prompts, no answers, no keys.
    fn over(&self, solved: Result<&Solved, &Refusal>) {
        let status = solved.map_or_else(|refusal| refusal.status.as_u16(), |_| 200);
        let (way, degraded) =
            solved.map_or(("", None), |solved| (solved.way.as_str(), solved.degraded.as_deref()));
        self.gateway.metrics.answered(&self.model, status, self.began.elapsed());
        if solved.is_ok() {
            self.gateway.metrics.overhead(self.own);
        }
        tracing::info!(
            request = self.identity.shown,
            id = self.identity.own,
            key = self.key.as_ref().map(|key| key.place),
            model = self.model,
            status,
            refused = solved.err().map(|refusal| refusal.code),
            seconds = self.seconds(),
            overhead = self.own.as_secs_f64(),
            way,
            degraded,
            "answered"
        );
    }
}

/// What was resolved, for proxies and for people with `curl -i`.
fn say(response: &mut Response<Body>, solved: &Solved) {
    let mut line = solved.way.clone();
    let _ = write!(line, "; generations={}", solved.spent.generations);
    let headers = response.headers_mut();
    // Names in a way may hold what a header may not.
    if let Ok(value) = HeaderValue::from_str(&line) {
        headers.insert("x-deliberate-way", value);
    }
    if let Some(Ok(value)) = solved.degraded.as_deref().map(HeaderValue::from_str) {
        headers.insert("x-deliberate-degraded", value);
    }
}
