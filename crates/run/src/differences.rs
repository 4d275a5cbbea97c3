//! In what two configurations differ, short enough to read.

use serde_json::Value;
use std::collections::BTreeSet;

/// Leaves at which two configurations differ, as `name: then → now`. What stands under the names in `but` is not
/// compared.
pub fn differences(then: &Value, now: &Value, but: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    compare("", then, now, but, &mut found);
    found
}

fn compare(name: &str, then: &Value, now: &Value, but: &[&str], found: &mut Vec<String>) {
    if but.contains(&name) {
        return;
    }
    if let (Value::Object(then), Value::Object(now)) = (then, now) {
        let keys: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
        for key in keys {
            let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
            let [then, now] = [then, now].map(|side| side.get(key).unwrap_or(&Value::Null));
            compare(&name, then, now, but, found);
        }
    } else if then != now {
        found.push(format!("{name}: {} → {}", shown(then), shown(now)));
    }
}

/// Characters of a value that are shown.
const WIDTH: usize = 40;

/// A value in a few characters; `none` for null.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::Null => return "none".to_owned(),
        Value::Object(fields) => match fields.get("name").and_then(Value::as_str) {
            Some(name) => name.to_owned(),
            None => "{…}".to_owned(),
        },
        Value::Array(_) => "[…]".to_owned(),
        other => other.to_string(),
    };
    if text.chars().count() <= WIDTH {
        return text;
    }
    let head: String = text.chars().take(WIDTH - 1).collect();
    format!("{head}…")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_difference_is_a_few_words_however_large_the_values_are() {
        let then = json!({"seed": 1, "policy": {"curves": vec![0.5; 1000]}, "strategy": {"name": "beam", "width": 4}});
        let now = json!({"seed": 2, "prompt": "x".repeat(500), "strategy": {"name": "beam", "width": 8}});
        let found = differences(&then, &now, &["prompt"]);
        assert_eq!(found, ["policy: {…} → none", "seed: 1 → 2", "strategy.width: 4 → 8"]);
        let long = differences(&then, &now, &[]);
        assert!(long.iter().all(|one| one.chars().count() < 80), "{long:?}");
    }
}
