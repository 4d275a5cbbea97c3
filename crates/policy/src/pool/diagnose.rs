//! Which field of a line is malformed. Only bad lines come here, so it may take its time.

use serde_json::Value;

/// What JSON has no word for and some writers write all the same.
const NO_JSON: [&str; 3] = ["-Infinity", "Infinity", "NaN"];

/// The first field of `line` that is not what a pool holds, in words; `None` if the line is no JSON at all.
pub(super) fn diagnose(line: &str) -> Option<String> {
    let value: Value = serde_json::from_str(&quoted(line)).ok()?;
    let Value::Object(question) = &value else { return Some("it is no JSON object".to_owned()) };
    let text = |name: &str| match question.get(name) {
        Some(Value::String(_)) => None,
        None => Some(format!("field `{name}` is missing")),
        Some(other @ Value::Number(_)) => Some(format!(
            "field `{name}` should be text, not the number {other} (write it in quotation marks)"
        )),
        Some(other) => Some(format!("field `{name}` should be text, not {other}")),
    };
    if let Some(fault) = text("id").or_else(|| text("answer")) {
        return Some(fault);
    }
    match question.get("samples") {
        Some(Value::Array(samples)) => {
            samples.iter().enumerate().find_map(|(at, sample)| in_sample(&format!("samples[{at}]"), sample))
        }
        None => {
            let names: Vec<&str> = question.keys().map(String::as_str).collect();
            Some(format!("field `samples` is missing (there are: {})", names.join(", ")))
        }
        Some(other) => Some(format!("field `samples` should be a list, not {other}")),
    }
}

/// The line with everything of [`NO_JSON`] that stands outside of text as text.
fn quoted(line: &str) -> String {
    let (mut quoted, mut rest, mut inside) = (String::new(), line, false);
    while let Some(next) = rest.chars().next() {
        let word = NO_JSON.iter().find(|word| !inside && rest.starts_with(**word));
        let taken = match (word, next) {
            (Some(word), _) => word.len(),
            // An escaped character of a text, which may be a quotation mark.
            (None, '\\') if inside => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            (None, next) => next.len_utf8(),
        };
        inside ^= next == '"';
        let mark = if word.is_some() { "\"" } else { "" };
        quoted.extend([mark, &rest[..taken], mark]);
        rest = &rest[taken..];
    }
    quoted
}

fn in_sample(path: &str, sample: &Value) -> Option<String> {
    let Value::Object(fields) = sample else { return Some(format!("field `{path}` should be an object")) };
    match fields.get("answer") {
        Some(Value::String(_) | Value::Null) => {}
        None => return Some(format!("field `{path}.answer` is missing (null says that none was found)")),
        Some(other) => return Some(format!("field `{path}.answer` should be text or null, not {other}")),
    }
    match fields.get("correct") {
        Some(Value::Bool(_)) => {}
        None => return Some(format!("field `{path}.correct` is missing (true or false)")),
        Some(other) => return Some(format!("field `{path}.correct` should be true or false, not {other}")),
    }
    let counted =
        |tokens: &Value| tokens.is_null() || tokens.as_u64().is_some_and(|n| u32::try_from(n).is_ok());
    if let Some(other) = fields.get("tokens").filter(|tokens| !counted(tokens)) {
        return Some(format!("field `{path}.tokens` should be a whole number or null, not {other}"));
    }
    let Some(Value::Object(scores)) = fields.get("scores") else {
        let found = fields.get("scores").map_or("missing".to_owned(), Value::to_string);
        return Some(format!("field `{path}.scores` should be an object of lists by verifier, not {found}"));
    };
    scores.iter().find_map(|(verifier, steps)| {
        let Value::Array(steps) = steps else {
            return Some(format!("field `{path}.scores.{verifier}` should be a list, not {steps}"));
        };
        let finite = |step: &Value| step.as_f64().is_none_or(|score| (score as f32).is_finite());
        if let Some(at) = steps.iter().position(|step| !finite(step)) {
            return Some(format!("field `{path}.scores.{verifier}[{at}]` is no finite number"));
        }
        let at = steps.iter().position(|step| !step.is_number())?;
        let found = steps[at].as_str().filter(|text| NO_JSON.contains(text)).map(str::to_owned);
        let found = found.unwrap_or_else(|| steps[at].to_string());
        Some(format!(
            "field `{path}.scores.{verifier}[{at}]` should be a number from 0 to 1, not {found} (score it again, or \
             leave the verifier out where it failed)"
        ))
    })
}
