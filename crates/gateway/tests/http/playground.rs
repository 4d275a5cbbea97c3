//! The playground in a real browser, used as a reader would. Without a browser this is skipped.

#[expect(dead_code, reason = "pages of reports are checked by more of it")]
#[path = "../../../report/tests/support/browser.rs"]
mod browser;

use super::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};

/// The check stands beside the page, which is in a frame, and has to come from the same place: this puts it there.
async fn beside(gateway: String, width: u32) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/check", listener.local_addr().unwrap());
    let check = format!(
        "<!doctype html><body><iframe src=\"/\" style=\"border:0;width:{width}px;height:2000px\"></iframe><script>{}</script>",
        include_str!("playground_check.js")
    );
    let length = check.len();
    let check = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{check}"
    );
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (gateway, check) = (gateway.clone(), check.clone());
            tokio::spawn(async move {
                let mut start = [0; 10];
                if stream.read_exact(&mut start).await.is_ok() && &start == b"GET /check" {
                    let _ = stream.write_all(check.as_bytes()).await;
                    return;
                }
                let mut on = TcpStream::connect(gateway).await.unwrap();
                on.write_all(&start).await.unwrap();
                let _ = copy_bidirectional(&mut stream, &mut on).await;
            });
        }
    });
    address
}

#[tokio::test]
async fn the_playground_asks_watches_and_shows_the_bill() {
    let Some(found) = browser::browser() else { return };
    for (width, keys) in [(1280, ""), (390, "sesame")] {
        let gateway = start(Limits::default(), keys).await;
        let address = beside(gateway.url.trim_start_matches("http://").to_owned(), width).await;
        let (found, folder) = (found.clone(), tempfile::tempdir().unwrap());
        let opened = tokio::task::spawn_blocking(move || browser::opened(&found, folder.path(), &address));
        let (result, log) = opened.await.unwrap();
        let checked = result.split("data-found=\"").nth(1).and_then(|rest| rest.split('"').next());
        let checked = checked.unwrap_or_else(|| panic!("the check wrote nothing:\n{result}\n{log}"));
        let failed: Vec<&str> = checked.lines().filter(|line| line.starts_with("FAILED")).collect();
        assert!(failed.is_empty() && checked.ends_with("end"), "at {width} pixels:\n{checked}");
        // What a browser says of refused requests is no fault of the page.
        let ours = |line: &&str| line.contains("CONSOLE") && !line.contains("Failed to load resource");
        assert_eq!(log.lines().filter(ours).count(), 0, "{log}");
    }
}

#[tokio::test]
async fn the_page_may_speak_with_its_gateway_alone_and_other_sites_may_not_ask() {
    let gateway = start(Limits::default(), "").await;
    let page = gateway.client.get(&gateway.url).send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(
        policy.starts_with("default-src 'none'; script-src 'sha256-")
            && policy.contains("connect-src 'self'")
    );
    let path = format!("{}/v1/chat/completions", gateway.url);
    let from = |site: &str| gateway.client.post(&path).header("sec-fetch-site", site).json(&ask("hi"));
    assert_eq!(from("cross-site").send().await.unwrap().status().as_u16(), 403);
    assert_eq!(from("same-origin").send().await.unwrap().status().as_u16(), 200);
}
