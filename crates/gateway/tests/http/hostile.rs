//! Clients that send too much, too slowly, or what is no HTTP. After each of them the gateway answers as before.

use super::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

impl Started {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.url.trim_start_matches("http://")).await.unwrap()
    }

    /// What comes back for these bytes until the connection is closed.
    async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        // A gateway that has seen enough stops reading.
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    async fn answers_still(&self) {
        assert_eq!(self.post(&ask("hi")).await.0, 200);
    }
}

fn head(more: &str) -> String {
    format!("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{more}\r\n\r\n")
}

/// Patience that a test can wait for.
fn short() -> Limits {
    Limits { sending: Duration::from_millis(200), ..Limits::default() }
}

#[tokio::test]
async fn what_is_no_http_is_refused() {
    let gateway = start(Limits::default(), "").await;
    let odd: [&[u8]; 8] = [
        b"hello\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost x\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: \x01\x02\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ];
    for bytes in odd {
        let answer = gateway.raw(bytes).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{}: {answer}", String::from_utf8_lossy(bytes));
    }
    gateway.answers_still().await;
}

#[tokio::test]
async fn too_many_and_too_large_headers_are_refused() {
    let gateway = start(Limits::default(), "").await;
    let headers =
        |count: usize| (0..count).map(|index| format!("x-{index}: 1")).collect::<Vec<_>>().join("\r\n");
    let large = format!("x-large: {}", "x".repeat(1 << 20));
    let path = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(1 << 20));
    for request in [head(&headers(10_000)), head(&large), path] {
        let answer = gateway.raw(request.as_bytes()).await;
        // A client that is still sending may see the connection closed instead of the reason.
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }
    assert!(gateway.raw(head(&headers(200)).as_bytes()).await.starts_with("HTTP/1.1 431 "));
    gateway.answers_still().await;
}

#[tokio::test]
async fn a_body_that_says_it_is_too_large_is_not_read() {
    let gateway = start(Limits::default(), "").await;
    let answer = gateway.raw(head("Content-Length: 99999999999").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("request_too_large"), "{answer}");
    let chunked = format!("{}FFFFFF\r\n{}", head("Transfer-Encoding: chunked"), "x".repeat(3 << 20));
    let answer = gateway.raw(chunked.as_bytes()).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413 "), "{answer}");
    gateway.answers_still().await;
}

#[tokio::test]
async fn a_client_that_sends_its_headers_slowly_is_cut_off() {
    let gateway = start(short(), "").await;
    let mut stream = gateway.connect().await;
    let (mut from, mut to) = stream.split();
    let drip = async {
        to.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
        // It would go on for a hundred seconds.
        for index in 0..10_000 {
            if to.write_all(format!("x-{index}: 1\r\n").as_bytes()).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("nobody cuts it off");
    };
    let mut answer = Vec::new();
    tokio::select! {
        () = drip => {}
        _ = from.read_to_end(&mut answer) => assert!(answer.is_empty()),
    }
    gateway.answers_still().await;
}

#[tokio::test]
async fn a_client_that_sends_its_body_slowly_is_told_so_and_one_that_sends_nothing_is_cut_off() {
    let gateway = start(short(), "").await;
    let answer = gateway.raw(format!("{}{{", head("Content-Length: 100")).as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("request_timeout"), "{answer}");
    assert_eq!(gateway.raw(b"").await, "");
    gateway.answers_still().await;
}

#[tokio::test]
async fn json_that_is_deep_is_refused() {
    let gateway = start(Limits::default(), "").await;
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(50_000), close.repeat(50_000));
    for body in [deep("[", "]"), deep("{\"a\":", "}"), format!("{{\"messages\":{}}}", deep("[", "]"))] {
        let head = head(&format!("Content-Length: {}", body.len()));
        let answer = gateway.raw(format!("{head}{body}").as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("invalid_body"), "{answer}");
    }
    gateway.answers_still().await;
}

#[tokio::test]
async fn more_connections_than_there_may_be_wait_and_are_served_later() {
    let gateway = start(Limits { connections: 2, ..short() }, "").await;
    let idle = [gateway.connect().await, gateway.connect().await];
    // It is accepted when those that say nothing were cut off.
    gateway.answers_still().await;
    drop(idle);
}
