//! Wrong words on the command line and in the settings file.

use crate::support::{deliberate, finish, finish_with, run};

/// `deliberate solve` with these options fails as wrong usage, and says all this.
#[track_caller]
fn check(options: &[&str], said: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(folder.path(), ["solve", "What is 1 + 1?"].iter().chain(options).copied());
    ran.failed(2, said);
    assert_eq!(ran.out, "");
}

#[test]
fn an_empty_question_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), ["solve", ""]).failed(2, &["the question is empty", "standard input"]);
    run(folder.path(), ["solve", " \n\t"]).failed(2, &["the question is empty"]);
    for (arguments, input) in [(&["solve"][..], ""), (&["solve", "-"], "\n \n")] {
        let mut command = deliberate(folder.path());
        command.args(arguments);
        finish_with(command, input).failed(2, &["the question is empty"]);
    }
}

#[cfg(unix)]
#[test]
fn a_question_that_is_no_text_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("question"), b"What is \xff?").unwrap();
    let mut command = std::process::Command::new("sh");
    let program = env!("CARGO_BIN_EXE_deliberate");
    command.current_dir(folder.path()).args(["-c", &format!("'{program}' solve < question")]);
    finish(command).failed(2, &["standard input", "UTF-8"]);
}

#[test]
fn useless_budgets_are_errors() {
    for budget in ["0", "-4", "many", "", "1.5", "4,4", "NaN", "5seconds", "0tokens", "4000000000"] {
        check(&["--budget", budget], &["--budget"]);
    }
    check(&["--budget", "4000000000"], &["at most"]);
    check(&["--budget", "4parsecs"], &["parsecs", "generations, tokens or flops"]);
}

#[test]
fn a_misspelt_strategy_is_named_with_its_nearest() {
    check(&["--strategy", "beem:branching=4"], &["`beem`", "did you mean `beam`"]);
    check(&["--strategy", "bestofn"], &["`bestofn`", "did you mean `best-of-n`"]);
    check(&["--strategy", "beam + revison"], &["revison", "did you mean `revisions`"]);
    check(&["--strategy", "xyzzy"], &["`xyzzy`", "there are `best-of-n`"]);
    check(&["--strategy", ""], &["a strategy is missing"]);
    check(&["--strategy", "beam:branch=4"], &["`branch`", "`branching`"]);
    check(&["--strategy", "beam:branching=0"], &["branching=0"]);
    check(&["--strategy", "beam:branching=99999999999999999999"], &["branching"]);
}

#[test]
fn strategies_that_cannot_work_fail_before_a_model_is_opened() {
    check(&["--strategy", "beam", "--verifier", "none"], &["`beam`", "`verifier`", "votes"]);
    check(&["--strategy", "best-of-n:generations=4000000000", "--budget", "4"], &["4000000000"]);
}

#[test]
fn bad_verifiers_and_sampling_are_errors() {
    check(&["--verifier", "juge"], &["`juge`", "judge"]);
    check(&["--verifier", "judge:samples=0"], &["judge:samples=0"]);
    check(&["--temperature", "-1"], &["temperature"]);
    check(&["--temperature", "NaN"], &["temperature"]);
    check(&["--top-p", "0"], &["top-p"]);
    check(&["--min-p", "-0.5"], &["min-p"]);
    check(&["--top-k", "0"], &["top-k"]);
    check(&["--steps", "banana"], &["banana", "newline"]);
    check(&["--max-tokens", "0"], &["--max-tokens"]);
    for flag in ["--seed", "--max-tokens", "--top-k", "--slots"] {
        let folder = tempfile::tempdir().unwrap();
        let ran = run(folder.path(), ["solve", "x", flag, "-1"]);
        ran.failed(2, &["-1", flag]);
        assert!(!ran.err.contains("-- -1"), "{ran:?}");
    }
    check(&["--threads", "0"], &["--threads"]);
}

#[test]
fn misspelt_options_and_commands_are_named_with_their_nearest() {
    check(&["--bugdet", "4"], &["--bugdet", "--budget"]);
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), ["slove", "x"]).failed(2, &["slove", "'solve'"]);
    run(folder.path(), []).failed(2, &["Usage"]);
}

#[test]
fn settings_files_name_what_is_wrong_and_where() {
    let check = |text: &[u8], said: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("deliberate.toml"), text).unwrap();
        run(folder.path(), ["solve", "What is 1 + 1?"]).failed(2, &["deliberate.toml"]).failed(2, said);
    };
    check(b"x = [", &["line 1"]);
    check(b"[search]\nbugdet = \"4\"\n", &["line 2", "`bugdet`", "`budget`"]);
    check(b"[serach]\nbudget = \"4\"\n", &["`serach`", "`search`"]);
    check(b"[search]\nbudget = 0\n", &["line 2", "above 0"]);
    check(b"[search]\nbudget = true\n", &["line 2", "16"]);
    check(b"[search]\nmax-tokens = 0\n", &["line 2"]);
    check(b"\xff\xfe", &["UTF-8"]);
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), ["solve", "x", "--config", "missing.toml"]).failed(2, &["missing.toml"]);
    run(folder.path(), ["solve", "x", "--config", "."]).failed(2, &["`.`"]);
}

#[test]
fn a_budget_in_the_settings_file_may_be_a_number_and_flags_win() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("deliberate.toml"),
        "[search]\nbudget = 4\n[engine]\nmodel = \"nowhere\"\n",
    )
    .unwrap();
    run(folder.path(), ["solve", "x"]).failed(2, &["`nowhere`"]);
    run(folder.path(), ["solve", "x", "--model", "elsewhere"]).failed(2, &["`elsewhere`"]);
}
