//! Signals and records of a gateway that runs.

use super::*;

impl Gateway {
    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits until it says something with this in it.
    #[track_caller]
    fn says(&self, part: &str) {
        let found = self.said.iter().any(|line| line.contains(part));
        assert!(found, "`{part}` is never said");
    }

    fn models(&self) -> Vec<String> {
        let (_, list) = self.ask("GET", "/v1/models", &Value::Null);
        let models = list["data"].as_array().unwrap().iter();
        models.map(|model| model["id"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn a_hangup_has_the_models_read_again_and_a_bad_file_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("models.toml");
    let way = |name: &str| format!("[{name}.search]\nstrategy = \"majority\"\nbudget = 2\n");
    std::fs::write(&file, way("one")).unwrap();
    let serve = ["serve", "--model", "lab", "--prompt", "lab", "--models", "models.toml"];
    let gateway = Gateway::start(of_lab(folder.path(), &serve));
    assert_eq!(gateway.models(), ["one"]);
    std::fs::write(&file, format!("{}{}", way("one"), way("two"))).unwrap();
    gateway.signal("HUP");
    gateway.says("offered from now on");
    assert_eq!(gateway.models(), ["one", "two"]);
    std::fs::write(&file, "[three.search]\nstrategie = \"majority\"\n").unwrap();
    gateway.signal("HUP");
    gateway.says("the models stay as they are");
    assert_eq!(gateway.models(), ["one", "two"]);
    assert_eq!(gateway.chat(&json!({"model": "two"})).0, 200);
}

#[test]
fn a_recorded_request_asked_again_gives_the_same_answer_to_the_byte() {
    let folder = tempfile::tempdir().unwrap();
    let serve = ["serve", "--model", "lab", "--prompt", "lab", "--budget", "8", "--record", "records"];
    let gateway = Gateway::start(of_lab(folder.path(), &serve));
    let read = |answer: &Value, name: &str| {
        let path = folder.path().join("records").join(answer["id"].as_str().unwrap()).join(name);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let (status, first) = gateway.chat(&json!({"n": 2}));
    assert_eq!(status, 200, "{first}");
    let request: Value = serde_json::from_str(&read(&first, "request.json")).unwrap();
    let (_, second) = gateway.ask("POST", "/v1/chat/completions", &request);
    assert_eq!(read(&second, "answer.json"), read(&first, "answer.json"));
    // Other dice, another answer: what is compared is not always the same.
    let differs = |seed: u64| {
        let mut other = request.clone();
        other["seed"] = json!(seed);
        let (_, third) = gateway.ask("POST", "/v1/chat/completions", &other);
        read(&third, "answer.json") != read(&first, "answer.json")
    };
    assert!((0..40).any(differs));
    let tree: Value = serde_json::from_str(&read(&first, "tree.json")).unwrap();
    assert_eq!(tree["solved"]["ledger"]["generations"], 8);
    assert_eq!(tree["nodes"].as_array().unwrap().len(), 9, "the question and eight solutions");
    assert!(read(&first, "tree.html").starts_with("<!doctype html>"));
}
