//! A hub on this machine: just enough of HTTP, and every way to break it.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::support::sha256;

/// What goes wrong with one download. Once the list is empty, all is well.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// The connection ends after so many bytes.
    Cut(usize),
    /// Nothing comes any more after so many bytes.
    Stall(usize),
    /// It answers with this status.
    Status(u16),
    /// It sends the whole file, whatever was asked for.
    IgnoreRange,
    /// It continues somewhere else than asked.
    WrongRange,
    /// It promises a file of another size.
    Lie(usize),
}

/// What the hub has, in `owner/repo` at any revision.
#[derive(Clone)]
pub(crate) struct Shelf {
    pub(crate) content: Vec<u8>,
    /// Its checksum, as the hub claims.
    pub(crate) etag: Option<String>,
    pub(crate) faults: VecDeque<Fault>,
    /// Status of a request for metadata, if not success.
    pub(crate) refuse: Option<u16>,
    pub(crate) listing: Vec<&'static str>,
}

/// One request: path, and the headers that matter.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) range: Option<String>,
    pub(crate) authorization: Option<String>,
}

pub(crate) struct FakeHub {
    pub(crate) endpoint: String,
    shelf: Arc<Mutex<Shelf>>,
    log: Arc<Mutex<Vec<Request>>>,
    over: Arc<AtomicBool>,
}

impl FakeHub {
    pub(crate) fn with(content: &[u8], faults: impl IntoIterator<Item = Fault>) -> Self {
        let shelf = Shelf {
            content: content.to_vec(),
            etag: Some(sha256(content)),
            faults: faults.into_iter().collect(),
            refuse: None,
            listing: vec!["README.md", "m.gguf"],
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (shelf, log, over) =
            (Arc::new(Mutex::new(shelf)), Arc::default(), Arc::new(AtomicBool::new(false)));
        let hub = Self { endpoint, shelf, log, over };
        let (shelf, log, over) = (hub.shelf.clone(), hub.log.clone(), hub.over.clone());
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let (shelf, log, over) = (shelf.clone(), log.clone(), over.clone());
                // A client that goes away in the middle is part of the tests.
                thread::spawn(move || answer(stream, &shelf, &log, &over).ok());
            }
        });
        hub
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Shelf)) {
        change(&mut self.shelf.lock().unwrap());
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.log.lock().unwrap().clone()
    }

    /// The downloads that reached the storage, as the ranges that were asked for.
    pub(crate) fn downloads(&self) -> Vec<Option<String>> {
        self.requests()
            .into_iter()
            .filter(|request| request.path.starts_with("/storage"))
            .map(|r| r.range)
            .collect()
    }
}

impl Drop for FakeHub {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.endpoint.trim_start_matches("http://"));
    }
}

fn answer(
    stream: TcpStream,
    shelf: &Mutex<Shelf>,
    log: &Mutex<Vec<Request>>,
    over: &AtomicBool,
) -> std::io::Result<()> {
    let host = stream.local_addr()?;
    let request = read_request(&stream)?;
    let is_download = request.path.starts_with("/storage");
    let (shelf, fault) = {
        let mut shelf = shelf.lock().unwrap();
        let fault = if is_download { shelf.faults.pop_front() } else { None };
        (shelf.clone(), fault)
    };
    log.lock().unwrap().push(request.clone());
    let mut out = stream;
    if is_download {
        return download(out, &request, &shelf, fault, over);
    }
    let status =
        |status: u16| format!("HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    if let Some(refusal) = shelf.refuse {
        return out.write_all(status(refusal).as_bytes());
    }
    if request.path.starts_with("/api/models/owner/repo") {
        let files: Vec<String> =
            shelf.listing.iter().map(|file| format!("{{\"rfilename\":\"{file}\"}}")).collect();
        let body = format!("{{\"id\":\"owner/repo\",\"siblings\":[{}]}}", files.join(","));
        return write!(
            out,
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
    }
    if let Some(rest) = request.path.strip_prefix("/owner/old-name/") {
        return write!(
            out,
            "HTTP/1.1 307 x\r\nconnection: close\r\nlocation: /owner/repo/{rest}\r\ncontent-length: 0\r\n\r\n"
        );
    }
    if !request.path.starts_with("/owner/repo/resolve/") {
        return out.write_all(status(404).as_bytes());
    }
    let etag = shelf.etag.map_or_else(String::new, |etag| format!("x-linked-etag: \"{etag}\"\r\n"));
    write!(
        out,
        "HTTP/1.1 302 Found\r\nconnection: close\r\nlocation: http://{host}/storage\r\nx-repo-commit: c0ffee\r\n\
         x-linked-size: {}\r\n{etag}content-length: 0\r\n\r\n",
        shelf.content.len()
    )
}

fn read_request(stream: &TcpStream) -> std::io::Result<Request> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut request = Request { path, ..Request::default() };
    for line in lines {
        let line = line?;
        match line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned())) {
            Some((name, value)) if name == "range" => request.range = Some(value),
            Some((name, value)) if name == "authorization" => request.authorization = Some(value),
            Some(_) => {}
            None => break,
        }
    }
    Ok(request)
}

fn download(
    mut out: TcpStream,
    request: &Request,
    shelf: &Shelf,
    fault: Option<Fault>,
    over: &AtomicBool,
) -> std::io::Result<()> {
    let content = &shelf.content;
    if let Some(Fault::Status(status)) = fault {
        return write!(out, "HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    }
    let asked = request
        .range
        .as_deref()
        .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    let from: usize = if matches!(fault, Some(Fault::IgnoreRange)) { 0 } else { asked.unwrap_or(0) };
    if from > content.len() {
        return write!(out, "HTTP/1.1 416 x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    }
    let body = &content[from..];
    let length = if let Some(Fault::Lie(length)) = fault { length } else { body.len() };
    if asked.is_some() && !matches!(fault, Some(Fault::IgnoreRange)) {
        let shown = if matches!(fault, Some(Fault::WrongRange)) { from + 1 } else { from };
        write!(
            out,
            "HTTP/1.1 206 x\r\ncontent-range: bytes {shown}-{}/{}\r\n",
            content.len() - 1,
            content.len()
        )?;
    } else {
        write!(out, "HTTP/1.1 200 OK\r\n")?;
    }
    write!(out, "connection: close\r\ncontent-length: {length}\r\n\r\n")?;
    match fault {
        Some(Fault::Cut(bytes)) => out.write_all(&body[..bytes]),
        Some(Fault::Stall(bytes)) => {
            out.write_all(&body[..bytes])?;
            while !over.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(5));
            }
            Ok(())
        }
        _ => out.write_all(body),
    }
}
