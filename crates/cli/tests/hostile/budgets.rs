//! Budgets in other units than generations, and searches that find nothing.

use crate::support::{PURSES, lab};
use serde_json::Value;

/// What a search within a budget comes to.
#[track_caller]
fn solved(strategy: &str, budget: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    lab(folder.path(), ["solve", PURSES, "--strategy", strategy, "--budget", budget, "--json"]).done().json()
}

#[test]
fn a_budget_in_tokens_does_not_mean_sixteen_generations() {
    for strategy in ["best-of-n", "beam", "revisions"] {
        let solved = solved(strategy, "6000tokens");
        let generations = solved["ledger"]["generations"].as_u64().unwrap();
        assert!(generations > 16, "{strategy}: {}", solved["ledger"]);
        assert!(solved["ledger"]["charged"]["units"].as_u64().unwrap() <= 6000);
    }
}

#[test]
fn a_budget_that_one_solution_fits_in_ends_with_an_answer() {
    let one = solved("majority", "1");
    let charged = &one["ledger"]["charged"];
    let tokens = format!("{}tokens", charged["units"].as_u64().unwrap() * 2);
    let flops = format!("{:e}flops", charged["flops"].as_f64().unwrap() * 4.0);
    for strategy in ["beam", "mcts", "dvts", "revisions"] {
        for budget in [&tokens, &flops] {
            assert!(solved(strategy, budget)["answer"].is_string(), "{strategy} {budget}");
        }
    }
}

#[test]
fn no_answer_says_which_limit_it_was_and_has_its_own_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let none = |options: &[&str], said: &str| {
        let ran = lab(folder.path(), ["solve", PURSES].iter().chain(options).copied());
        assert_eq!(ran.code, Some(3), "{ran:#?}");
        assert!(ran.out.contains("no answer") && ran.out.contains(said), "`{said}`: {ran:#?}");
    };
    none(&["--budget", "3tokens"], "raise --budget");
    none(&["--max-tokens", "3"], "raise it");
    none(&["--strategy", "beam:rounds=1", "--max-tokens", "200"], "`rounds`");
    none(&["--context", "64"], "raise --context");
}

#[test]
fn a_solution_that_states_no_answer_is_no_success() {
    let folder = tempfile::tempdir().unwrap();
    // What the model writes ends before it says anything.
    let prompt =
        "about = \"x\"\nkind = \"solve\"\ntext = \"Question: {question}\\nAnswer:\\n\"\nstop = [\"a\"]\n";
    std::fs::write(folder.path().join("prompt.toml"), prompt).unwrap();
    let ran = lab(folder.path(), ["solve", PURSES, "--prompt", "prompt.toml"]);
    assert_eq!(ran.code, Some(3), "{ran:#?}");
    assert!(ran.out.contains("no answer: none is stated"), "{ran:#?}");
}
