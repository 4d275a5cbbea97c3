use crate::{calibrate, with_lab, write_grid};

#[test]
fn a_policy_is_obeyed_says_why_and_refuses_scores_that_it_does_not_know() {
    let folder = tempfile::tempdir().unwrap();
    write_grid(folder.path(), "[1, 4]");
    with_lab(folder.path(), &calibrate("out")).done();
    let question = "Spend 8 on a=5,b=3\nSpend 4 on c=4,d=9\nitems?";
    let solve = |rest: &[&str]| {
        let arguments = ["solve", question, "--policy", "out/policy.toml"];
        with_lab(folder.path(), &arguments.into_iter().chain(rest.iter().copied()).collect::<Vec<_>>())
    };
    let online = solve(&[]);
    assert!(online.err.contains("policy:") && online.err.contains("% likely right"), "{online:#?}");
    assert!(online.out.contains("answer"), "{online:#?}");
    let fixed = solve(&["--regime", "fixed", "--budget", "4", "--html", "tree.html"]);
    assert!(fixed.err.contains("look like bin"), "{fixed:#?}");
    assert!(std::fs::read_to_string(folder.path().join("tree.html")).unwrap().contains("<!doctype html>"));
    solve(&["--verifier", "logprob"]).failed(2, &["`prm:signs`", "calibrate again"]);
    for (flag, value, said) in
        [("--temperature", "0.5", "temperature 0.8, not 0.5"), ("--verifier-model", "lab-orm", "lab-prm")]
    {
        let asked_otherwise = solve(&[flag, value, "--verifier", "prm:signs"]);
        assert!(
            asked_otherwise.err.contains(said) && asked_otherwise.err.contains("may be off"),
            "{asked_otherwise:#?}"
        );
    }
    assert!(!online.err.contains("may be off"), "{online:#?}");
    solve(&["--strategy", "beam"]).failed(2, &["cannot be used with"]);
    std::fs::write(folder.path().join("bad.toml"), "version = 7").unwrap();
    with_lab(folder.path(), &["solve", question, "--policy", "bad.toml"]).failed(2, &["bad.toml"]);
    // The budget stays hard, whatever the policy wants.
    let poor = solve(&["--budget", "1", "--json"]);
    assert_eq!(poor.json()["ledger"]["generations"], 1);
}

#[test]
fn a_run_obeys_a_policy() {
    let folder = tempfile::tempdir().unwrap();
    write_grid(folder.path(), "[1, 4]");
    with_lab(folder.path(), &calibrate("out")).done();
    with_lab(folder.path(), &["lab", "generate", "-n", "5", "-o", "set.jsonl", "--family", "chain"]).done();
    let ran = with_lab(folder.path(), &["run", "set.jsonl", "--policy", "out/policy.toml", "--json"]);
    assert_eq!(ran.done().json()["summary"]["questions"], 5);
}
