//! A family on a model that is there: the bundled proposer in the place of somebody's own, and a file of questions.

use deliberate_family::{
    Base, Beginning, BuildError, Built, Learning, Method, Observer, Plan, Written, build,
};
use deliberate_lab::{Family, Recipe, Split, generate_set};
use deliberate_text::{Prompt, PromptKind};
use deliberate_train::Device;
use deliberate_train::recipes::read_labels;
use serde_json::json;
use std::fmt::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Breaks off after so many reports of progress.
struct Impatient(u32);

impl Observer for Impatient {
    fn at(&mut self, _: u64, _: u64, _: &str) -> ControlFlow<()> {
        self.0 = self.0.saturating_sub(1);
        if self.0 == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// Questions of the lab with their answers and solutions, as anybody's file has them.
fn questions(folder: &Path, name: &str, split: Split, count: usize) -> PathBuf {
    let recipe = Recipe::of(Family::Purses);
    let mut text = String::new();
    for question in generate_set(&recipe, split, 5, count).unwrap() {
        let (id, problem) = (&question.id, &question.problem);
        let line =
            json!({"id": id, "problem": problem, "answer": question.answer, "solution": question.solution});
        let _ = writeln!(text, "{line}");
    }
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// A plan of seconds, whose models are good for nothing.
fn hasty(questions: PathBuf) -> (Base, Method) {
    let learning = Learning {
        tokens: Some(6_000),
        batch_tokens: 2048,
        peak: 1e-3,
        dropout: 0.0,
        patience: None,
        after_minimum: 0,
    };
    let (base, method) = Plan::usual();
    let base = Base {
        model: Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../models/lab-proposer.gguf")
            .display()
            .to_string(),
        questions,
        prompt: "lab".to_owned(),
        answer_tokens: 200,
        written: Some(Written { share: 30, learning }),
        ..base
    };
    let short = |one: Option<Learning>| one.map(|_| learning);
    let method = Method {
        samples: 6,
        chained_questions: 8,
        prm: short(method.prm),
        orm: short(method.orm),
        reviser: short(method.reviser),
        revision_orm: short(method.revision_orm),
        star: short(method.star),
        rest_em: short(method.rest_em),
        distilled: short(method.distilled),
        revision_rest_em: short(method.revision_rest_em),
        ..method
    };
    (base, method)
}

fn plan((base, method): (Base, Method)) -> Plan {
    Plan { seed: 7, from: Beginning::Base(base), method }
}

fn sums(built: &Built) -> Vec<(String, String)> {
    built.models.iter().map(|(card, _)| (card.name.clone(), card.sha256.clone())).collect()
}

#[test]
fn a_base_and_questions_make_every_model_of_the_method() {
    let folder = tempfile::tempdir().unwrap();
    let file = questions(folder.path(), "questions.jsonl", Split::Train, 60);
    let plan = plan(hasty(file.clone()));
    let whole = folder.path().join("whole");
    let built = build(&plan, &whole, &Device::Cpu, &mut ()).unwrap();
    let names: Vec<&str> = built.models.iter().map(|(card, _)| card.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "proposer",
            "prm",
            "orm",
            "reviser",
            "revision-orm",
            "proposer-star",
            "proposer-rest-em",
            "proposer-distilled",
            "reviser-rest-em"
        ]
    );
    // Adapters, a fraction of the base.
    assert!(built.models.iter().all(|(card, _)| card.parameters < card.shape.parameters() / 2));
    let drawn: Vec<&str> = built.gathered.iter().map(|one| one.stage).collect();
    assert_eq!(drawn, ["samples", "returns", "chains", "hinted", "samples-star", "searches"]);
    assert!(built.gathered.iter().all(|one| one.tokens > 0 && one.flops > 0.0), "{:?}", built.gathered);
    // Nothing was drawn for a question that the proposer learnt from, nor for one that is kept for choices.
    let ids = |path: &Path, field: &str| -> Vec<String> {
        let text = std::fs::read_to_string(path).unwrap();
        let id = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()[field].to_string();
        text.lines().map(id).collect()
    };
    let sampled = ids(&whole.join("samples/samples.jsonl"), "question");
    let kept = ids(&whole.join("development.jsonl"), "id");
    assert!(sampled.iter().all(|id| !kept.contains(id)));
    assert!(sampled.len() + kept.len() < 55, "{} and {} of 60", sampled.len(), kept.len());

    // Broken off again and again, it is the same.
    let parts = folder.path().join("parts");
    let pieces = (1..200).find_map(|pieces| match build(&plan, &parts, &Device::Cpu, &mut Impatient(25)) {
        Ok(again) => Some((again, pieces)),
        Err(BuildError::Interrupted) => None,
        Err(error) => panic!("{error:?}"),
    });
    let (again, pieces) = pieces.expect("it ends");
    assert!(pieces > 3, "it was broken off {pieces} times");
    assert_eq!(sums(&built), sums(&again));
    assert_eq!(built.gathered, again.gathered);

    // What it says of how to use them can be used.
    let settings = std::fs::read_to_string(built.settings.unwrap()).unwrap();
    let settings: toml::Value = toml::from_str(&settings).unwrap();
    assert_eq!(settings["search"]["verifier"].as_str(), Some("prm:signs"));
    assert!(settings["engine"]["model"].as_str().unwrap().ends_with("proposer.gguf"));

    // Other questions under the same name are not gone on with.
    questions(folder.path(), "questions.jsonl", Split::Train, 61);
    let error = build(&plan, &whole, &Device::Cpu, &mut ()).unwrap_err();
    assert!(matches!(error, BuildError::OtherInputs { .. }), "{error:?}");
}

#[test]
fn labels_go_out_and_come_back_as_the_same_lessons() {
    let folder = tempfile::tempdir().unwrap();
    let file = questions(folder.path(), "questions.jsonl", Split::Train, 30);
    let (base, method) = hasty(file);
    let base = Base { written: None, lora: None, ..base };
    let method = Method {
        orm: None,
        reviser: None,
        revision_orm: None,
        star: None,
        rest_em: None,
        searches: None,
        distilled: None,
        revision_rest_em: None,
        ..method
    };
    let out = folder.path().join("out");
    let built = build(&plan((base.clone(), method.clone())), &out, &Device::Cpu, &mut ()).unwrap();
    // All weights, from the base as it stands.
    assert_eq!(built.models.len(), 1);
    assert_eq!(built.models[0].0.parameters, built.models[0].0.shape.parameters());
    let labels = out.join("returns/labels.jsonl");
    let lines = read_labels(&labels).unwrap();
    assert!(lines.len() > 20, "{}", lines.len());
    assert!(
        lines.iter().flat_map(|line| line.values.as_ref().unwrap()).any(|value| *value > 0.0 && *value < 1.0)
    );
    let prompt = Prompt::load_for("lab", PromptKind::Solve).unwrap();
    assert!(
        lines[0].completions.len() > 1 && !lines[0].prompt.contains("Question:"),
        "{prompt:?} {:?}",
        lines[0]
    );

    let back = Method { labels: Some(labels.clone()), ..method.clone() };
    let returned =
        build(&plan((base.clone(), back)), &folder.path().join("back"), &Device::Cpu, &mut ()).unwrap();
    assert_eq!(returned.gathered.len(), 1, "no rollouts are drawn: {:?}", returned.gathered);
    std::fs::write(&labels, "{\"prompt\": \"a\"}\n").unwrap();
    let bad = Method { labels: Some(labels), ..method };
    let error = build(&plan((base, bad)), &folder.path().join("bad"), &Device::Cpu, &mut ()).unwrap_err();
    assert!(error.is_input() && error.to_string().contains("line 1"), "{error}");
}

#[test]
fn what_cannot_be_learnt_from_is_refused_before_anything_is_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let file = questions(folder.path(), "questions.jsonl", Split::Train, 30);
    let (base, method) = hasty(file.clone());
    let refused = |base: Base| {
        let error = build(&plan((base, method.clone())), &folder.path().join("out"), &Device::Cpu, &mut ());
        let error = error.unwrap_err();
        assert!(error.is_input(), "{error:?}");
        error.to_string()
    };
    let error = refused(Base { test: Some(file.clone()), ..base.clone() });
    assert!(error.contains("test questions stand in"), "{error}");
    let error = refused(Base { model: "nobody.gguf".to_owned(), ..base.clone() });
    assert!(error.contains("nobody.gguf"), "{error}");
    let error = refused(Base { model: format!("{}+lab-prm.gguf", base.model), ..base.clone() });
    assert!(error.contains("begins with a model alone"), "{error}");
    // Answers that never come out right: there is nothing to label.
    let text = std::fs::read_to_string(&file).unwrap();
    let never: String = text.lines().fold(String::new(), |all, line| {
        let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["answer"] = json!("no such answer");
        all + &line.to_string() + "\n"
    });
    std::fs::write(&file, never).unwrap();
    let error = refused(Base { written: None, ..base });
    assert!(error.contains("none came out right"), "{error}");
}
