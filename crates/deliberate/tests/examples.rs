//! The examples do what they say. `cargo test` builds them beside the tests.

use std::process::Command;

/// What an example prints.
fn printed(name: &str) -> String {
    let test = std::env::current_exe().unwrap();
    let folder = test.ancestors().nth(2).unwrap().join("examples");
    let example = folder.join(name).with_extension(std::env::consts::EXE_EXTENSION);
    let told = "the examples are not built (`cargo test -p deliberate` builds them)";
    let output = Command::new(example).output().expect(told);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn an_embedded_model_answers() {
    let text = printed("embedded");
    assert!(text.contains("The answer is a, b, c."), "{text}");
    assert!(text.contains("16 generations"), "{text}");
}

#[test]
fn a_verifier_in_rust_guides_a_beam() {
    let text = printed("own_verifier");
    assert!(text.contains("The answer is a, b, d, e, g, i."), "{text}");
}

#[test]
fn a_strategy_in_rust_stops_when_two_agree() {
    let text = printed("own_strategy");
    let spent =
        text.lines().filter_map(|line| line.split("after ").nth(1)?.split(' ').next()?.parse::<u32>().ok());
    let spent: Vec<u32> = spent.collect();
    assert!(spent.len() == 2 && spent.iter().all(|&spent| (2..16).contains(&spent)), "{text}");
}

#[test]
fn a_state_that_is_no_text_is_searched() {
    let text = printed("own_state");
    let found: Vec<u32> =
        text.lines().filter_map(|line| line.split(": ").nth(1)?.split(' ').next()?.parse().ok()).collect();
    let [drawn, searched] = found[..] else { panic!("{text}") };
    assert!(searched > drawn + 40, "a beam finds what single draws do not: {text}");
}
