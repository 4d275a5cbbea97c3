use crate::support::until;
use crate::{calibrate, lab_command, lines, with_lab, write_grid};
use std::process::Stdio;

#[test]
fn a_study_leaves_findings_a_policy_a_report_and_its_samples_and_grows_by_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    write_grid(folder.path(), "[1, 4]");
    let out = folder.path().join("out");
    let first = with_lab(folder.path(), &calibrate("out"));
    assert!(first.done().out.contains("compute-optimal, predicted difficulty"));
    for file in [
        "findings.json",
        "policy.toml",
        "report.html",
        "samples.jsonl",
        "figures/compute-optimal.svg",
        "figures/revision-chain.svg",
    ] {
        assert!(out.join(file).metadata().unwrap().len() > 100, "{file}");
    }
    // A look at each of 12 questions, and a pool; beam and revisions at one generation; at four beam, and revisions
    // 1:4, 1:1 and 4:1; every search twice.
    let searches = out.join("searches.jsonl");
    assert_eq!(lines(&searches), 12 * (2 + 2 * (2 + 4)));
    let again = with_lab(folder.path(), &calibrate("out"));
    assert_eq!((lines(&searches), &again.done().out), (12 * 14, &first.out));
    write_grid(folder.path(), "[1, 2, 4]");
    with_lab(folder.path(), &calibrate("out")).done();
    assert_eq!(lines(&searches), 12 * (14 + 2 * 3));
    // What was recorded can be replayed without a model.
    let replayed = with_lab(folder.path(), &["calibrate", "--replay", "out/samples.jsonl"]);
    assert!(replayed.done().out.contains("total budget"));
}

#[test]
fn equal_studies_leave_equal_pages() {
    let page = || {
        let folder = tempfile::tempdir().unwrap();
        write_grid(folder.path(), "[1, 4]");
        with_lab(folder.path(), &calibrate("out")).done();
        std::fs::read_to_string(folder.path().join("out/report.html")).unwrap()
    };
    assert!(page() == page(), "the pages of equal studies differ");
}

#[test]
fn what_a_study_keeps_is_reported_on_without_a_model() {
    let folder = tempfile::tempdir().unwrap();
    write_grid(folder.path(), "[1, 4]");
    let first = with_lab(folder.path(), &calibrate("out"));
    let findings = || std::fs::read_to_string(folder.path().join("out/findings.json")).unwrap();
    let before = findings();
    let found: serde_json::Value = serde_json::from_str(&before).unwrap();
    let beside = found["beside-weighted"].as_array().unwrap().iter();
    let beside = beside.map(|one| format!("{} {}", one["way"].as_str().unwrap(), one["budget"]));
    let compared: Vec<String> = beside.filter(|one| !one.starts_with("revisions")).collect();
    assert_eq!(
        compared,
        ["majority 2", "majority 4", "majority 8", "beam:branching=2 1", "beam:branching=2 4"]
    );
    let ways = found["ways"].as_array().unwrap().iter();
    let best =
        ways.filter(|way| way["name"] == "best-of-n").flat_map(|way| way["points"].as_array().unwrap());
    let budgets: Vec<f64> = best.map(|point| point["budget"].as_f64().unwrap()).collect();
    assert_eq!(budgets, [1.0, 2.0, 4.0], "best-of-N is there at every N up to the dearest search");
    std::fs::remove_dir_all(folder.path().join("out/figures")).unwrap();
    let again = with_lab(folder.path(), &["report", "out"]);
    assert_eq!(again.done().out, first.done().out);
    assert_eq!(findings(), before);
    assert!(folder.path().join("out/figures/search.png").exists());
    with_lab(folder.path(), &["calibrate", "--replay", "out/samples.jsonl", "--run-directory", "again"])
        .done();
    assert!(with_lab(folder.path(), &["report", "again", "--json"]).done().json()["online"].is_object());
    with_lab(folder.path(), &["report", "nowhere"]).failed(2, &["nowhere", "no run directory"]);
    std::fs::copy(folder.path().join("out/questions.jsonl"), folder.path().join("again/samples.jsonl"))
        .unwrap();
    assert_ne!(with_lab(folder.path(), &["report", "again"]).code, Some(0));
}

#[test]
fn three_files_of_a_study_are_enough_to_report_on_and_hold_no_question() {
    let folder = tempfile::tempdir().unwrap();
    write_grid(folder.path(), "[1, 4]");
    let first = with_lab(folder.path(), &calibrate("out"));
    let record = folder.path().join("record");
    std::fs::create_dir(&record).unwrap();
    for file in ["config.json", "samples.jsonl", "outcomes.json"] {
        std::fs::copy(folder.path().join("out").join(file), record.join(file)).unwrap();
        assert!(!std::fs::read_to_string(record.join(file)).unwrap().contains("items?"), "{file}");
    }
    let again = with_lab(folder.path(), &["report", "record"]);
    assert_eq!(again.done().out.replace("record/", "out/"), first.done().out);
    assert!(!std::fs::read_to_string(record.join("report.html")).unwrap().contains("items?"));

    let samples = std::fs::read_to_string(record.join("samples.jsonl")).unwrap();
    let line: serde_json::Value = serde_json::from_str(samples.lines().next().unwrap()).unwrap();
    let sample = &line["samples"][0];
    let steps = sample["step_tokens"].as_array().unwrap();
    assert_eq!(steps.len(), sample["scores"]["prm:signs"].as_array().unwrap().len());
    assert_eq!(steps.iter().map(|step| step.as_u64().unwrap()).sum::<u64>(), sample["tokens"]);
}

#[test]
fn a_larger_model_is_asked_once_and_exchanged_against_at_any_ratio() {
    let folder = tempfile::tempdir().unwrap();
    write_grid(folder.path(), "[1, 4]");
    // The lab's proposer has a larger sister.
    with_lab(folder.path(), &calibrate("out")).done();
    let lab = with_lab(folder.path(), &["exchange", "out"]);
    assert!(lab.done().out.contains("small − large"));
    with_lab(folder.path(), &["calibrate", "--replay", "out/samples.jsonl", "--run-directory", "replayed"])
        .done();
    with_lab(folder.path(), &["exchange", "replayed"]).failed(2, &["--larger-model"]);
    let mut arguments = calibrate("equal").to_vec();
    arguments.extend(["--larger-model", "lab-proposer"]);
    with_lab(folder.path(), &arguments).done();
    let rows = |rest: &[&str]| {
        let arguments = ["exchange", "equal", "--json"].iter().chain(rest).copied().collect::<Vec<_>>();
        with_lab(folder.path(), &arguments).done().json()
    };
    // Two ways to know difficulty, two accounts, three ratios.
    assert_eq!(rows(&[]).as_array().unwrap().len(), 12);
    let one = rows(&["--ratio", "5"]);
    // As many parameters save no pretraining: one generation is what the large model's answer costs.
    assert_eq!((one[0]["ratio"].as_f64(), one[0]["allowed"].as_f64()), (Some(5.0), Some(1.0)));
    with_lab(folder.path(), &["exchange", "out", "--ratio", "0"]).failed(2, &["above 0"]);
}

#[test]
fn another_verifier_scores_the_same_samples_and_a_prm_knows_the_bare_question() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("grid.toml"), "samples = 4\nbudgets = [1]\n").unwrap();
    let scored = |rest: &[&str]| {
        let arguments: Vec<&str> = calibrate("out")
            .into_iter()
            .chain(["--verifier", "prm:signs", "--json"])
            .chain(rest.iter().copied())
            .collect();
        with_lab(folder.path(), &arguments).done().json()
    };
    let alone = scored(&[]);
    assert_eq!(alone["verifiers"].as_array().unwrap().len(), 0);
    let predictors = alone["predictors"].as_array().unwrap();
    assert!(predictors.iter().any(|row| row["predictor"] == "question alone" && row["samples"] == 0));
    let both = scored(&["--compare-verifier", "orm:signs", "--compare-verifier-model", "lab-orm"]);
    let names: Vec<&str> =
        both["verifiers"].as_array().unwrap().iter().filter_map(|way| way["name"].as_str()).collect();
    assert_eq!(names, ["prm:signs", "orm:signs of lab-orm"]);
    // The same samples as before.
    assert_eq!(alone["bins"], both["bins"]);
    assert!(folder.path().join("out/figures/verifiers.svg").exists());
    let mut nobody = calibrate("out").to_vec();
    nobody.extend(["--compare-verifier", "none"]);
    with_lab(folder.path(), &nobody).failed(2, &["scores nothing"]);
}

#[test]
fn a_question_that_changed_under_its_id_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    write_grid(folder.path(), "[1]");
    let set = |answer: &str| {
        let line = format!(
            "{{\"id\": \"q\", \"problem\": \"Spend 8 on a=5,b=3\\nSpend 4 on c=4,d=9\\nitems?\", \"answer\": \"{answer}\"}}\n"
        );
        std::fs::write(folder.path().join("set.jsonl"), line).unwrap();
        with_lab(folder.path(), &["calibrate", "set.jsonl", "--grid", "grid.toml", "--run-directory", "out"])
    };
    set("8");
    set("9").failed(2, &["`q`", "another one before"]);
}

#[test]
fn a_killed_study_goes_on_to_the_same_findings() {
    let folder = tempfile::tempdir().unwrap();
    write_grid(folder.path(), "[1, 4]");
    with_lab(folder.path(), &calibrate("calm")).done();
    let searches = folder.path().join("killed/searches.jsonl");
    for so_many in [10, 40] {
        let mut command = lab_command(folder.path(), &calibrate("killed"));
        let mut process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        until("searches are written", || lines(&searches) >= so_many);
        process.kill().unwrap();
        process.wait().unwrap();
    }
    with_lab(folder.path(), &calibrate("killed")).done();
    let findings =
        |name: &str| std::fs::read_to_string(folder.path().join(name).join("findings.json")).unwrap();
    assert_eq!(findings("calm"), findings("killed"));
}

#[test]
fn what_the_grid_decides_is_not_for_flags_and_questions_need_answers() {
    let folder = tempfile::tempdir().unwrap();
    with_lab(folder.path(), &["calibrate", "--strategy", "beam"])
        .failed(2, &["--strategy", "come from the grid"]);
    std::fs::write(folder.path().join("set.jsonl"), "{\"problem\": \"What is 1 + 1?\"}\n").unwrap();
    with_lab(folder.path(), &["calibrate", "set.jsonl"]).failed(2, &["`line-1`", "answer"]);
    std::fs::write(
        folder.path().join("grid.toml"),
        "samples = 4\nbudgets = [4]\n[[strategy]]\nstrategy = \"bean\"",
    )
    .unwrap();
    with_lab(folder.path(), &["calibrate", "--grid", "grid.toml"]).failed(2, &["grid.toml", "bean"]);
}

#[test]
fn recorded_samples_that_make_no_sense_are_errors_that_name_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let check = |text: &str, said: &[&str]| {
        std::fs::write(folder.path().join("pool.jsonl"), text).unwrap();
        with_lab(folder.path(), &["calibrate", "--replay", "pool.jsonl"]).failed(2, said);
    };
    check("", &["pool.jsonl"]);
    check("{\"id\": \"a\"}\n", &["pool.jsonl", "line 1"]);
    let good = "{\"id\":\"a\",\"answer\":\"1\",\"samples\":[{\"answer\":\"1\",\"correct\":true,\"tokens\":3,\
                \"scores\":{\"v\":[0.5]}}]}\n";
    check(&format!("{good}{good}"), &["line 2"]);
}
