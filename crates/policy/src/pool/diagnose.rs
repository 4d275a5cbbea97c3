//! Which field of a line is malformed. Only bad lines come here, so it may take its time.

use serde_json::Value;

/// The first field of `line` that is not what a pool holds, in words; `None` if the line is no JSON at all.
pub(super) fn diagnose(line: &str) -> Option<String> {
    let value: Value = serde_json::from_str(line).ok()?;
    let Value::Object(question) = &value else { return Some("it is no JSON object".to_owned()) };
    let text = |name: &str| match question.get(name) {
        Some(Value::String(_)) => None,
        None => Some(format!("field `{name}` is missing")),
        Some(other) => Some(format!("field `{name}` should be text, not {other}")),
    };
    if let Some(fault) = text("id").or_else(|| text("answer")) {
        return Some(fault);
    }
    match question.get("samples") {
        Some(Value::Array(samples)) => {
            samples.iter().enumerate().find_map(|(at, sample)| in_sample(&format!("samples[{at}]"), sample))
        }
        None => Some("field `samples` is missing".to_owned()),
        Some(_) => Some("field `samples` should be a list".to_owned()),
    }
}

fn in_sample(path: &str, sample: &Value) -> Option<String> {
    let Value::Object(fields) = sample else { return Some(format!("field `{path}` should be an object")) };
    match fields.get("answer") {
        Some(Value::String(_) | Value::Null) => {}
        None => return Some(format!("field `{path}.answer` is missing (null says that none was found)")),
        Some(other) => return Some(format!("field `{path}.answer` should be text or null, not {other}")),
    }
    if !fields.get("correct").is_some_and(Value::is_boolean) {
        return Some(format!("field `{path}.correct` should be true or false"));
    }
    if fields.get("tokens").is_some_and(|tokens| !tokens.is_null() && !tokens.is_u64()) {
        return Some(format!("field `{path}.tokens` should be a whole number or null"));
    }
    let Some(Value::Object(scores)) = fields.get("scores") else {
        return Some(format!("field `{path}.scores` should be an object of lists by verifier"));
    };
    scores.iter().find_map(|(verifier, steps)| {
        let Value::Array(steps) = steps else {
            return Some(format!("field `{path}.scores.{verifier}` should be a list"));
        };
        let finite = |step: &Value| step.as_f64().is_none_or(|score| (score as f32).is_finite());
        if let Some(at) = steps.iter().position(|step| !finite(step)) {
            return Some(format!("field `{path}.scores.{verifier}[{at}]` is no finite number"));
        }
        let at = steps.iter().position(|step| !step.is_number())?;
        Some(format!("field `{path}.scores.{verifier}[{at}]` should be a number, not {}", steps[at]))
    })
}
