//! In what two configurations differ.

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
        found.push(format!("{name}: {then} → {now}"));
    }
}
