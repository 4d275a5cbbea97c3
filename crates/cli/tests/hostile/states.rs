//! Other states than text: samples of diffusion models, and episodes in worlds that cannot be reset.

use crate::support::{deliberate, finish};
use serde_json::Value;
use std::path::Path;

fn run(folder: &Path, line: &str) -> crate::support::Ran {
    let mut command = deliberate(folder);
    command.args(line.split(' '));
    finish(command)
}

#[test]
fn an_episode_is_the_same_for_the_same_seed_and_keeps_to_its_budget() {
    let folder = tempfile::tempdir().unwrap();
    let act = |seed: u32| -> Value {
        run(folder.path(), &format!("act --world lake --budget 32 --seed {seed} --json --svg way.svg"))
            .done()
            .json()
    };
    // Wall time is the one thing that differs.
    let ways = |act: &Value| -> Vec<String> {
        let moves = act["moves"].as_array().unwrap();
        moves.iter().map(|made| format!("{} {}", made["action"], made["score"])).collect()
    };
    let first = act(3);
    assert!(!ways(&first).is_empty() && ways(&first) == ways(&act(3)));
    let imagined =
        first["moves"].as_array().unwrap().iter().map(|made| made["bill"]["imagined"].as_u64().unwrap());
    assert!(imagined.max().unwrap() <= 32, "{first}");
    let drawn = std::fs::read_to_string(folder.path().join("way.svg")).unwrap();
    assert!(drawn.starts_with("<svg"));
}

#[test]
fn what_cannot_be_acted_is_refused_with_what_can() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |line: &str, said: &[&str]| {
        run(folder.path(), line).failed(2, said);
    };
    refused("act --world pond", &["pond", "large-lake"]);
    refused("act --world lake --belief undelayed", &["undelayed", "learnt"]);
    refused("act --world pushing --budget 3", &["raise the budget"]);
    refused("act --world pushing --strategy dream", &["dream", "mppi"]);
    refused("act --episodes 3", &["--study"]);
}

#[test]
fn samples_are_written_with_their_bill_and_the_same_again() {
    let folder = tempfile::tempdir().unwrap();
    let line = "diffuse --denoiser ring --reward linear:slope=1/0 --strategy beam:branching=4 --budget 60 -n 3 --output out";
    run(folder.path(), line).done();
    let read = |name: &str| std::fs::read(folder.path().join("out").join(name)).unwrap();
    let (samples, bill) = (read("samples.npy"), read("bill.json"));
    assert_eq!(samples.len(), 128 + 3 * 2 * 8);
    let bills: Vec<Value> = serde_json::from_slice(&bill).unwrap();
    assert!(bills.iter().all(|bill| bill["charged"].as_f64().unwrap() <= 60.001), "{bills:?}");
    assert!(read("samples.png").starts_with(b"\x89PNG") && read("trees.html").starts_with(b"<!"));
    run(folder.path(), line).done();
    assert_eq!((read("samples.npy"), read("bill.json")), (samples, bill));
}

#[test]
fn what_cannot_be_sampled_is_refused_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |line: &str, said: &[&str]| {
        run(folder.path(), line).failed(2, said);
    };
    refused("diffuse --denoiser stable", &["stable", "digits"]);
    refused("diffuse --denoiser ring --reward class:class=1", &["64", "2"]);
    refused("diffuse --reward class:class=11", &["class 11", "10"]);
    refused("diffuse --budget 3", &["do not afford", "fewer steps"]);
    refused("diffuse --strategy steering:lamda=1", &["lamda"]);
    refused("diffuse --schedule file:path=none.txt", &["none.txt"]);
}
