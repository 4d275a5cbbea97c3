//! Load on a gateway in front of a mock that sleeps and answers: 200 clients for a minute, then more and more of them.
//!
//! `cargo run --release -p deliberate-gateway --example load` prints a table; a number behind `--` is the seconds of the first
//! row. Clients are in the same process and on the same processor as the gateway, half of them take streams. *Overhead* is
//! what the gateway says of itself (`deliberate_overhead_seconds`: the upper bound of the bucket in which the quantile
//! lies); *beyond the mock* is what a client waits longer than the mock sleeps, with the connection and all queues in it.

use deliberate_gateway::{
    Ask, Choice, Finish, Gateway, Keys, Limits, Refusal, Solved, Solver, Spent, VirtualModel, Vote, serve,
};
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

/// What the mock sleeps: 200 clients ask about 1,000 times a second.
const SLEEP: Duration = Duration::from_millis(200);
/// Clients of the rows after the first.
const RAMP: [usize; 5] = [400, 800, 1600, 3200, 3900];
/// Seconds of each of these.
const RAMP_SECONDS: u64 = 10;

/// Sleeps and answers.
struct MockSolver([VirtualModel; 1]);

impl Solver for MockSolver {
    fn models(&self) -> &[VirtualModel] {
        &self.0
    }

    fn solve(&self, _: Ask) -> BoxFuture<'_, Result<Solved, Refusal>> {
        async {
            sleep(SLEEP).await;
            let content = "Four times seven is twenty-eight.\n".repeat(8);
            Ok(Solved {
                choices: vec![Choice { content, calls: Vec::new(), logprobs: None, finish: Finish::Stop }],
                votes: vec![Vote { answer: Some("28".to_owned()), solutions: 16, weight: 16.0 }],
                spent: Spent { generations: 16, completion_tokens: 1000, ..Spent::default() },
                way: "mock".to_owned(),
                degraded: None,
            })
        }
        .boxed()
    }
}

/// One client's connection.
struct Client {
    stream: TcpStream,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Client {
    async fn connect(address: SocketAddr, streams: bool) -> io::Result<Self> {
        let question = "What is four times seven? ".repeat(20);
        let body = format!(
            r#"{{"model":"mock","stream":{streams},"messages":[{{"role":"user","content":"{question}"}}]}}"#
        );
        let head = format!("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {}", body.len());
        let request = format!("{head}\r\n\r\n{body}").into_bytes();
        Ok(Self { stream: TcpStream::connect(address).await?, request, answer: Vec::new() })
    }

    /// Asks once.
    async fn ask(&mut self) -> io::Result<()> {
        self.stream.write_all(&self.request).await?;
        self.answer.clear();
        while !is_whole(&self.answer) {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        if self.answer.starts_with(b"HTTP/1.1 200 ") {
            Ok(())
        } else {
            Err(io::ErrorKind::InvalidData.into())
        }
    }

    /// Asks again and again; what each answer took, and errors.
    async fn work(mut self, until: Instant) -> (Vec<Duration>, usize) {
        let (mut times, mut errors) = (Vec::new(), 0);
        while Instant::now() < until {
            let began = Instant::now();
            match self.ask().await {
                Ok(()) => times.push(began.elapsed()),
                Err(_) => errors += 1,
            }
        }
        (times, errors)
    }
}

/// Whether an answer is there to its last byte.
fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.map_or(body.ends_with("0\r\n\r\n"), |length| length.parse() == Ok(body.len()))
}

/// So many clients for so many seconds.
async fn row(address: SocketAddr, clients: usize, seconds: u64) -> io::Result<()> {
    let before = overheads(address).await?;
    let connecting = (0..clients).map(|index| Client::connect(address, index % 2 == 0));
    let all = join_all(connecting).await.into_iter().collect::<io::Result<Vec<Client>>>()?;
    let began = Instant::now();
    let until = began + Duration::from_secs(seconds);
    let working: Vec<_> = all.into_iter().map(|client| tokio::spawn(client.work(until))).collect();
    let (mut beyond, mut errors) = (Vec::new(), 0);
    for one in working {
        let (times, wrong) = one.await.map_err(io::Error::other)?;
        beyond.extend(times.into_iter().map(|time| time.saturating_sub(SLEEP)));
        errors += wrong;
    }
    let rate = beyond.len() as f64 / began.elapsed().as_secs_f64();
    beyond.sort_unstable();
    let quantile = |part: f64| beyond.get((beyond.len() as f64 * part) as usize).map_or(0.0, milliseconds);
    let after = overheads(address).await?;
    let own: Vec<(f64, u64)> = after
        .iter()
        .enumerate()
        .map(|(place, (edge, count))| (*edge, count - before.get(place).map_or(0, |old| old.1)))
        .collect();
    println!(
        "| {clients} | {rate:.0} | {errors} | ≤ {:.2}, ≤ {:.2} | {:.2}, {:.2} | {} |",
        bound(&own, 0.5),
        bound(&own, 0.99),
        quantile(0.5),
        quantile(0.99),
        resident().unwrap_or_default()
    );
    Ok(())
}

fn milliseconds(time: &Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The buckets of the gateway's own part: their upper edges in seconds, and how many requests lie below.
async fn overheads(address: SocketAddr) -> io::Result<Vec<(f64, u64)>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await?;
    let mut text = String::new();
    stream.read_to_string(&mut text).await?;
    let bucket = |line: &str| {
        let (edge, count) =
            line.strip_prefix("deliberate_overhead_seconds_bucket{le=\"")?.split_once("\"} ")?;
        Some((edge.parse().unwrap_or(f64::INFINITY), count.parse().ok()?))
    };
    Ok(text.lines().filter_map(bucket).collect())
}

/// The upper edge, in milliseconds, of the bucket in which a quantile lies.
fn bound(buckets: &[(f64, u64)], part: f64) -> f64 {
    let all = buckets.last().map_or(0, |last| last.1);
    let found = buckets.iter().find(|(_, below)| *below as f64 >= all as f64 * part);
    found.map_or(f64::NAN, |(edge, _)| edge * 1e3)
}

/// Memory of this process, clients included, as Linux tells it.
fn resident() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(format!("{} MiB", kibibytes / 1024))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seconds = std::env::args().nth(1).map_or(Ok(60), |text| text.parse())?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let limits = Limits { at_once: 4096, ..Limits::default() };
    let mock = MockSolver([VirtualModel { name: "mock".to_owned(), about: "sleeps".to_owned() }]);
    let gateway = Arc::new(Gateway::new(mock, limits, Keys::default()));
    tokio::spawn(serve(listener, gateway, std::future::pending()));
    println!(
        "| clients | answers/s | errors | overhead p50, p99 (ms) | beyond the mock p50, p99 (ms) | memory |"
    );
    println!("|---|---|---|---|---|---|");
    row(address, 200, seconds).await?;
    for clients in RAMP {
        row(address, clients, RAMP_SECONDS).await?;
    }
    Ok(())
}
