//! Which field of a line is the question, and where its right answer stands.
//!
//! Layouts that datasets are published in are taken where there is no doubt; everything else is refused by naming the
//! fields that are there.

use super::object::Object;
use deliberate_grade::{Source, extract};
use serde_json::Value;
use std::fmt;

/// Fields that ask, most certain first.
const ASKING: [&str; 2] = ["problem", "question"];
/// Text, or a chat of one message, where no other field asks.
const CHAT: &str = "prompt";
/// Fields that answer, most certain first.
const ANSWERING: [&str; 4] = ["answer", "final_answer", "expected_answer", "ground_truth"];
/// A worked solution, whose answer counts where no other field answers.
const SOLUTION: &str = "solution";
/// Fields without which a question is not whole.
const BELONGING: [&str; 5] = ["choices", "options", "body", "passage", "context"];
/// Fields that name a question.
const NAMING: [&str; 2] = ["id", "unique_id"];

/// What a line says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) id: Option<String>,
    pub(super) problem: String,
    pub(super) answer: Option<String>,
    /// Where the question stood.
    pub(super) asked: String,
    /// Where the answer stood.
    pub(super) answered: Option<String>,
}

/// Which fields a file's questions and answers were found in, in the order in which they were met.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    asked: Vec<String>,
    answered: Vec<String>,
}

impl Layout {
    pub(super) fn add(&mut self, asked: String, answered: Option<String>) {
        for (known, new) in [(&mut self.asked, Some(asked)), (&mut self.answered, answered)] {
            known.extend(new.filter(|new| !known.contains(new)));
        }
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.asked.join(" or "))?;
        if self.answered.is_empty() { Ok(()) } else { write!(f, ", answer {}", self.answered.join(" or ")) }
    }
}

/// The question of a line.
pub(super) fn question(object: &Object) -> Result<Found, String> {
    let (problem, asked) = asked(object)?;
    if problem.trim().is_empty() {
        return Err("the question is empty".to_owned());
    }
    let mut id = None;
    for name in NAMING {
        if let Some((field, value)) = object.get(name).filter(|_| id.is_none()) {
            id = Some(text_or_number(field, value)?).filter(|id| !id.trim().is_empty());
        }
    }
    let (answer, answered) = answered(object)?.unzip();
    Ok(Found { id, problem, answer, asked, answered })
}

/// The question of a line and a worked solution of it, for those who learn from them.
///
/// # Errors
/// Which of them is missing, and the fields that are there.
pub fn worked(object: &Object) -> Result<(String, String), String> {
    let (problem, _) = asked(object)?;
    // GSM8K publishes worked solutions as answers.
    let hashes = |(field, text): &(&str, &str)| matches!(behind_hashes(text, field), Ok(Some(_)));
    let text = |name| object.get(name).and_then(|(field, value)| Some((field, value.as_str()?)));
    let found = text(SOLUTION).or_else(|| text(ANSWERING[0]).filter(hashes));
    let (field, solution) = found.ok_or_else(|| {
        format!("no field `solution` holds a worked solution as text (the fields are {})", names(object))
    })?;
    for (field, text) in [("the question", problem.as_str()), (field, solution)] {
        if text.trim().is_empty() {
            return Err(format!("{field} is empty"));
        }
    }
    Ok((problem, solution.to_owned()))
}

/// What is asked, and where it stands.
fn asked(object: &Object) -> Result<(String, String), String> {
    let belonging =
        BELONGING.iter().filter_map(|name| object.get(name)).find(|(_, value)| says_something(value));
    if let Some((field, _)) = belonging {
        return Err(format!(
            "`{field}` belongs to the question: write it into `problem`, and the right answer as `answer` (and leave \
             `{field}` out)"
        ));
    }
    let [problem, question] = ASKING.map(|name| object.get(name));
    if let (Some((one, first)), Some((other, second))) = (problem, question)
        && first != second
    {
        return Err(format!("both `{one}` and `{other}` ask something (leave one of them)"));
    }
    if let Some((field, value)) = problem.or(question) {
        let text = value.as_str().ok_or_else(|| format!("`{field}` is {}, not text", kind(value)))?;
        return Ok((text.to_owned(), format!("`{field}`")));
    }
    match object.get(CHAT) {
        Some((field, Value::String(text))) => Ok((text.clone(), format!("`{field}`"))),
        Some((field, Value::Array(messages))) => {
            let [message] = messages.as_slice() else {
                let many = messages.len();
                return Err(format!(
                    "`{field}` is a chat of {many} messages, of which a question is one (write it as `problem`)"
                ));
            };
            let text = message["content"].as_str().filter(|_| message["role"] == "user");
            let text =
                text.ok_or_else(|| format!("`{field}` holds no message of a user (write it as `problem`)"))?;
            Ok((text.to_owned(), format!("the message in `{field}`")))
        }
        _ => Err(no_question(object)),
    }
}

fn no_question(object: &Object) -> String {
    format!(
        "no field asks a question: name it `problem` or `question`, and the right answer `answer` (the fields are {})",
        names(object)
    )
}

fn names(object: &Object) -> String {
    let names: Vec<String> = object.names().map(|name| format!("`{name}`")).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// The right answer and where it stands; blank ones are none.
fn answered(object: &Object) -> Result<Option<(String, String)>, String> {
    for name in ANSWERING {
        if let Some((field, value)) = object.get(name)
            && let Some(found) = final_answer(&text_or_number(field, value)?, &format!("`{field}`"))?
        {
            return Ok(Some(found));
        }
    }
    let rewarded = object.get("reward_model").map(|(_, value)| &value["ground_truth"]);
    if let Some(value) = rewarded.filter(|value| !value.is_null()) {
        let field = "reward_model.ground_truth";
        return final_answer(&text_or_number(field, value)?, &format!("`{field}`"));
    }
    let Some((field, Value::String(solution))) = object.get(SOLUTION) else { return Ok(None) };
    let field = format!("`{field}`");
    Ok(behind_hashes(solution, &field)?.or_else(|| in_box(solution, &field)))
}

/// The final answer that a field gives: itself, or where it is a worked solution, what that comes to.
fn final_answer(text: &str, field: &str) -> Result<Option<(String, String)>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if let Some(found) = behind_hashes(text, field)? {
        return Ok(Some(found));
    }
    if let Some(found) = in_box(text, field) {
        return Ok(Some(found));
    }
    let stated = Some(text).filter(|text| text.contains('\n')).and_then(extract);
    if let Some(stated) = stated.filter(|stated| stated.source == Source::Phrase) {
        return Ok(Some((stated.text.into_owned(), format!("as the text in {field} states it"))));
    }
    Ok(Some((text.to_owned(), format!("in {field}"))))
}

/// GSM8K's convention: a solution's last line is `#### 72`.
fn behind_hashes(text: &str, field: &str) -> Result<Option<(String, String)>, String> {
    let last = text.trim_end().lines().next_back().unwrap_or_default();
    let Some((_, answer)) = last.rsplit_once("####") else { return Ok(None) };
    match answer.trim() {
        "" => Err(format!("nothing stands behind `####` in {field}")),
        answer => Ok(Some((answer.to_owned(), format!("behind `####` in {field}")))),
    }
}

/// MATH's convention: a solution's answer is in its `\boxed{}`.
fn in_box(text: &str, field: &str) -> Option<(String, String)> {
    let found = extract(text).filter(|found| found.source == Source::Boxed)?;
    let answer = found.text.trim();
    (!answer.is_empty()).then(|| (answer.to_owned(), format!("in the box of {field}")))
}

/// Up to here, numbers survive every JSON reader as they were written.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Answers and ids are numbers in many datasets; they mean their digits.
fn text_or_number(field: &str, value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) if number.as_f64().is_some_and(|value| value.abs() <= EXACT) => {
            Ok(number.to_string())
        }
        Value::Number(number) => {
            Err(format!("the number {number} in `{field}` would lose digits (write it in quotation marks)"))
        }
        other => Err(format!("`{field}` is {}, neither text nor a number", kind(other))),
    }
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => false,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
