//! JSON as templates write it: as `json.dumps` of Python does, which models saw in training.

use minijinja::value::{Kwargs, Value};
use minijinja::{Error, ErrorKind};
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use std::io::{Result, Write};

/// The filter `tojson`, with Python's spaces, and with `indent` as there.
#[expect(clippy::needless_pass_by_value, reason = "filters are called so")]
pub(super) fn written(value: &Value, options: Kwargs) -> std::result::Result<Value, Error> {
    let indent: Option<usize> = options.get("indent")?;
    options.assert_all_used()?;
    let mut bytes = Vec::new();
    let mut to = Serializer::with_formatter(&mut bytes, Python { indent, level: 0, empty: true });
    value.serialize(&mut to).map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?;
    Ok(Value::from_safe_string(String::from_utf8_lossy(&bytes).into_owned()))
}

struct Python {
    /// Spaces of one level; none for a single line.
    indent: Option<usize>,
    level: usize,
    /// Whether nothing stands in the innermost container yet.
    empty: bool,
}

impl Python {
    fn open<W: Write + ?Sized>(&mut self, to: &mut W, mark: &[u8]) -> Result<()> {
        (self.level, self.empty) = (self.level + 1, true);
        to.write_all(mark)
    }

    fn close<W: Write + ?Sized>(&mut self, to: &mut W, mark: &[u8]) -> Result<()> {
        self.level -= 1;
        if !self.empty {
            self.line(to)?;
        }
        self.empty = false;
        to.write_all(mark)
    }

    fn next<W: Write + ?Sized>(&mut self, to: &mut W, first: bool) -> Result<()> {
        match (first, self.indent) {
            (true, _) => {}
            (false, None) => to.write_all(b", ")?,
            (false, Some(_)) => to.write_all(b",")?,
        }
        self.empty = false;
        self.line(to)
    }

    fn line<W: Write + ?Sized>(&self, to: &mut W) -> Result<()> {
        let Some(indent) = self.indent else { return Ok(()) };
        to.write_all(b"\n")?;
        to.write_all(" ".repeat(indent * self.level).as_bytes())
    }
}

impl Formatter for Python {
    fn begin_array<W: Write + ?Sized>(&mut self, to: &mut W) -> Result<()> {
        self.open(to, b"[")
    }
    fn end_array<W: Write + ?Sized>(&mut self, to: &mut W) -> Result<()> {
        self.close(to, b"]")
    }
    fn begin_array_value<W: Write + ?Sized>(&mut self, to: &mut W, first: bool) -> Result<()> {
        self.next(to, first)
    }
    fn begin_object<W: Write + ?Sized>(&mut self, to: &mut W) -> Result<()> {
        self.open(to, b"{")
    }
    fn end_object<W: Write + ?Sized>(&mut self, to: &mut W) -> Result<()> {
        self.close(to, b"}")
    }
    fn begin_object_key<W: Write + ?Sized>(&mut self, to: &mut W, first: bool) -> Result<()> {
        self.next(to, first)
    }
    fn begin_object_value<W: Write + ?Sized>(&mut self, to: &mut W) -> Result<()> {
        to.write_all(b": ")
    }
    /// What could open the name of a special token is escaped, which means the same: what a tool says of itself, or what
    /// it was called with, spells none.
    fn write_string_fragment<W: Write + ?Sized>(&mut self, to: &mut W, fragment: &str) -> Result<()> {
        to.write_all(fragment.replace('<', "\\u003c").replace('[', "\\u005b").as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::value::Serde;
    use minijinja::{Environment, context};

    fn check(template: &str, expected: &str) {
        let mut environment = Environment::new();
        environment.add_filter("tojson", written);
        let value = serde_json::json!({"a": [1, 2.5, "x"], "b": {}, "c": "<|end|> [INST] it's"});
        let found = environment
            .render_str(template, context! { value => Value::from(Serde(&value)) })
            .expect("a sound template");
        assert_eq!(found, expected);
    }

    #[test]
    fn json_has_the_spaces_of_python_and_spells_no_special_token() {
        check(
            "{{ value | tojson }}",
            "{\"a\": [1, 2.5, \"x\"], \"b\": {}, \"c\": \"\\u003c|end|> \\u005bINST] it's\"}",
        );
    }

    #[test]
    fn lines_are_indented_as_in_python() {
        check("{{ value.a | tojson(indent=2) }}", "[\n  1,\n  2.5,\n  \"x\"\n]");
        check("{{ value.b | tojson(indent=2) }}", "{}");
    }
}
