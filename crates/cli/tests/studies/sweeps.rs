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
    for file in
        ["findings.json", "policy.toml", "report.html", "samples.jsonl", "figures/compute-optimal.svg"]
    {
        assert!(out.join(file).metadata().unwrap().len() > 100, "{file}");
    }
    // 12 pools; beam and revisions at one generation; at four beam, and revisions 1:4, 1:1 and 4:1.
    let searches = out.join("searches.jsonl");
    assert_eq!(lines(&searches), 12 * (1 + 2 + 4));
    let again = with_lab(folder.path(), &calibrate("out"));
    assert_eq!((lines(&searches), &again.done().out), (12 * 7, &first.out));
    write_grid(folder.path(), "[1, 2, 4]");
    with_lab(folder.path(), &calibrate("out")).done();
    assert_eq!(lines(&searches), 12 * (7 + 3));
    // What was recorded can be replayed without a model.
    let replayed = with_lab(folder.path(), &["calibrate", "--replay", "out/samples.jsonl"]);
    assert!(replayed.done().out.contains("total budget"));
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
    with_lab(folder.path(), &["calibrate", "--strategy", "beam"]).failed(2, &["come from the grid"]);
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
