//! Real llama-servers behind faulty proxies, killed and started again: `make test-servers`.

mod faulty_proxy;
mod questions;

use faulty_proxy::{FaultyProxy, a_fifth_after};
use questions::{all_answered, connect};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A llama-server that ends with its test.
struct Server {
    process: Child,
    port: u16,
}

impl Server {
    /// The program and the model are those of `LLAMA_SERVER` and `SERVED_MODEL`.
    async fn start(port: Option<u16>) -> Self {
        let named = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
        let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let port = port.unwrap_or_else(free);
        let mut command = Command::new(named("LLAMA_SERVER"));
        command.args(["-m", &named("SERVED_MODEL"), "--alias", "served", "--port", &port.to_string()]);
        // One thread: several of them wait for each other where a machine is busy.
        command
            .args(["-np", "8", "-c", "8192", "--threads", "1"])
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let server = Self { process: command.spawn().unwrap(), port };
        while connect(&[&server.url()]).await.is_err() {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        server
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Samples of each question, and tokens of each of them at most.
const DRAWN: (u64, u32) = (4, 8);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a llama-server and a model: make test-servers"]
async fn two_servers_behind_faulty_proxies_answer_every_question_once_and_so_does_one_that_survives() {
    let [mut first, second] = [Server::start(None).await, Server::start(None).await];
    let one = FaultyProxy::before(&first.url(), a_fifth_after(60)).await;
    let two = FaultyProxy::before(&second.url(), a_fifth_after(60)).await;
    let model = connect(&[&one.url, &two.url]).await.unwrap();
    all_answered(&model, DRAWN).await;
    let dies = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        first.kill();
    };
    tokio::join!(all_answered(&model, DRAWN), dies);
    for proxy in [one, two] {
        assert!(proxy.seen.mishaps.load(Ordering::SeqCst) > 8, "{:?}", proxy.seen);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a llama-server and a model: make test-servers"]
async fn a_server_that_is_killed_and_started_again_costs_no_question() {
    let mut server = Server::start(None).await;
    let model = connect(&[&server.url()]).await.unwrap();
    let restarted = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        server.kill();
        Server::start(Some(server.port)).await
    };
    tokio::join!(all_answered(&model, DRAWN), restarted);
}
