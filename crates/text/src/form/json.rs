//! JSON in a text: found, checked, compared.

use super::{FormError, Misfit};
use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

/// What JSON is wanted.
#[derive(Debug)]
pub(super) enum Wanted {
    Object,
    Valid(Box<Validator>),
}

/// A schema made ready. Its patterns are matched in linear time, and nothing is fetched for it.
pub(super) fn validator(schema: &Value) -> Result<Validator, String> {
    let options = jsonschema::options().with_pattern_options(PatternOptions::regex());
    options.build(schema).map_err(|error| {
        let place = error.instance_path().to_string();
        if place.is_empty() { error.to_string() } else { format!("{error} (at {place})") }
    })
}

/// The first thing that is wrong with a value: where, and what.
pub(super) fn fault(validator: &Validator, value: &Value) -> Option<(String, String)> {
    let error = validator.iter_errors(value).next()?;
    Some((error.instance_path().to_string(), error.to_string()))
}

impl Wanted {
    pub(super) fn schema(schema: &Value) -> Result<Self, FormError> {
        let validator = validator(schema).map_err(|reason| FormError::Schema { reason })?;
        Ok(Self::Valid(Box::new(validator)))
    }

    /// The JSON of a solution, as it is written and as it is meant.
    pub(super) fn read<'t>(&self, solution: &'t str) -> Result<(&'t str, Value), Misfit> {
        let (written, value) = found(solution)?;
        let wrong = match self {
            Self::Object if value.is_object() => None,
            Self::Object => Some((String::new(), "it is no object".to_owned())),
            Self::Valid(validator) => fault(validator, &value),
        };
        wrong.map_or(Ok((written, value)), |(path, reason)| Err(Misfit::Invalid { path, reason }))
    }
}

/// A text that is JSON as a whole, or whose only fenced block is.
pub(super) fn found(text: &str) -> Result<(&str, Value), Misfit> {
    let written = fenced(text).unwrap_or(text).trim();
    let value =
        serde_json::from_str(written).map_err(|error| Misfit::NoJson { reason: error.to_string() })?;
    Ok((written, value))
}

/// What stands in the only fenced block of a text.
fn fenced(text: &str) -> Option<&str> {
    const FENCE: &str = "```";
    let mut parts = text.split(FENCE);
    let (_, block, _) = (parts.next()?, parts.next()?, parts.next()?);
    // The first line names the language.
    let code = block.split_once('\n').map(|(_, code)| code);
    code.filter(|_| parts.next().is_none())
}

/// Whether two values are the same, whatever the order of their keys and the spelling of their numbers.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, one)| other.get(key).is_some_and(|other| same(one, other)))
        }
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn wanted() -> Wanted {
        let schema = json!({"type": "object", "properties": {"sum": {"type": "number"}}, "required": ["sum"],
                            "additionalProperties": false});
        Wanted::schema(&schema).unwrap()
    }

    #[test]
    fn json_is_found_alone_or_in_the_only_fenced_block() {
        let read = |text: &'static str| wanted().read(text).map(|(written, _)| written);
        assert_eq!(read(" {\"sum\": 4}\n"), Ok("{\"sum\": 4}"));
        assert_eq!(read("Here it is:\n```json\n{\"sum\": 4}\n```\nDone."), Ok("{\"sum\": 4}"));
        assert!(matches!(read("The sum is 4."), Err(Misfit::NoJson { .. })));
        assert!(matches!(read("```\n{\"sum\": 4}\n```\n```\n{\"sum\": 5}\n```"), Err(Misfit::NoJson { .. })));
        assert!(matches!(read("{\"sum\": 4"), Err(Misfit::NoJson { .. })));
    }

    #[test]
    fn what_is_not_valid_is_told_with_its_place() {
        let misfit = wanted().read("{\"sum\": \"four\"}").unwrap_err().to_string();
        assert!(misfit.starts_with("it is not valid at /sum: ") && misfit.contains("number"), "{misfit}");
        assert!(wanted().read("{}").is_err() && wanted().read("{\"sum\": 4, \"x\": 1}").is_err());
        assert!(Wanted::Object.read("[1]").is_err() && Wanted::Object.read("{}").is_ok());
    }

    #[test]
    fn equal_values_are_equal_however_they_are_written() {
        let check = |one: &str, other: &str, expected: bool| {
            let read = |text| serde_json::from_str::<Value>(text).unwrap();
            assert_eq!(same(&read(one), &read(other)), expected, "{one} and {other}");
        };
        check("{\"a\": 1, \"b\": [2]}", "{\"b\":[2.0],\"a\":1e0}", true);
        check("{\"a\": 1}", "{\"a\": 1, \"b\": null}", false);
        check("[1, 2]", "[2, 1]", false);
        check("\"1\"", "1", false);
        check("-0.5", "-5e-1", true);
    }

    #[test]
    fn a_schema_that_is_none_or_points_elsewhere_is_refused() {
        for schema in [
            json!({"type": "numberr"}),
            json!({"$ref": "https://example.com/schema.json"}),
            json!({"$ref": "#/$defs/nowhere"}),
            json!({"pattern": "(a"}),
        ] {
            assert!(Wanted::schema(&schema).is_err(), "{schema}");
        }
    }
}
