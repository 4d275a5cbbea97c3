//! One line as a JSON object, or what is wrong with it in words that help.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use std::fmt;

/// Names and values in their order, no name twice.
#[derive(Debug, Clone, PartialEq)]
pub struct Object(Vec<(String, Value)>);

impl Object {
    /// Reads a line.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(line: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(line).map_err(|error| {
            let at = error.valid_up_to() + 1;
            format!("it is not UTF-8 at byte {at} (is it Latin-1? `iconv -f LATIN1 -t UTF-8` converts it)")
        })?;
        let text = text.trim();
        if let Some(reason) = opening(text) {
            return Err(reason.to_owned());
        }
        serde_json::from_str(text).map_err(|error| match culprit(text, &error) {
            Some(reason) => reason,
            // The parser sees one line and calls it line 1, which is not its number in the file.
            None => error.to_string().replace(" at line 1 column ", " at column "),
        })
    }

    /// The value under a name; nulls are nothing. Case, dashes and underscores make no difference.
    pub fn get(&self, name: &str) -> Option<(&str, &Value)> {
        let found = self.0.iter().find(|(field, value)| plain(field) == name && !value.is_null());
        found.map(|(field, value)| (field.as_str(), value))
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

/// A field's name without what people write differently.
fn plain(name: &str) -> String {
    let letters = name.trim().chars().map(|c| if matches!(c, '-' | ' ') { '_' } else { c });
    letters.flat_map(char::to_lowercase).collect()
}

/// What a line that opens no object is.
fn opening(text: &str) -> Option<&'static str> {
    if text.starts_with('{') {
        return None;
    }
    Some(if text.starts_with('\u{feff}') {
        "it begins with a byte order mark in the middle of the file (files were joined: remove it)"
    } else if text.starts_with("//") || text.starts_with('#') || text.starts_with("/*") {
        "it is a comment, which JSON does not have (remove it)"
    } else if text.starts_with('[') {
        "it is a JSON array, not a JSON object (one object a line, without the array's brackets)"
    } else if text.starts_with('\0') {
        "it is no JSON object: it begins with NUL bytes (a torn write?)"
    } else {
        "it is no JSON object"
    })
}

/// What made the parser give up, where it is something that people write.
fn culprit(text: &str, error: &serde_json::Error) -> Option<String> {
    if error.is_data() {
        return None;
    }
    if error.is_eof() {
        return Some(
            "the object does not end on its line (one object a line: `jq -c .` writes them so)".to_owned(),
        );
    }
    let bare = outside_strings(text);
    let words: Vec<&str> = bare.split(|c: char| !c.is_alphanumeric()).collect();
    for (word, instead) in [
        ("NaN", "null, or text in quotation marks"),
        ("Infinity", "null, or text in quotation marks"),
        ("None", "null"),
        ("True", "true"),
        ("False", "false"),
        ("undefined", "null"),
    ] {
        if words.contains(&word) {
            return Some(format!("`{word}` is no value in JSON (write {instead})"));
        }
    }
    let dense: String = bare.chars().filter(|c| !c.is_whitespace()).collect();
    let reason = if dense.ends_with("},") {
        "a comma follows the object (one object a line, without commas between them)"
    } else if dense.contains(",}") || dense.contains(",]") {
        "a comma stands before a closing bracket, which JSON does not allow"
    } else if dense.contains("}{") {
        "another object follows on the same line (one object a line)"
    } else if dense.contains("//") || dense.contains("/*") {
        "it holds a comment, which JSON does not have (remove it)"
    } else if dense.contains('\u{feff}') {
        "a byte order mark stands in it (remove it)"
    } else if dense.contains('\'') {
        "it is written with single quotation marks, as Python shows it (JSON has double ones: `json.dumps`)"
    } else if dense.contains(['\u{201c}', '\u{201d}']) {
        "it is written with typographic quotation marks (JSON has \" alone)"
    } else {
        return None;
    };
    Some(reason.to_owned())
}

/// The text with every string in double quotation marks left empty.
fn outside_strings(text: &str) -> String {
    let (mut bare, mut inside, mut escaped) = (String::new(), false, false);
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if inside => escaped = true,
            '"' => {
                inside = !inside;
                bare.push(c);
            }
            _ if !inside => bare.push(c),
            _ => {}
        }
    }
    bare
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut fields: Vec<(String, Value)> = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if fields.iter().any(|(known, _)| *known == name) {
                        return Err(serde::de::Error::custom(format!(
                            "the field `{name}` stands in it twice"
                        )));
                    }
                    fields.push((name, value));
                }
                Ok(Object(fields))
            }
        }
        from.deserialize_map(Fields)
    }
}
