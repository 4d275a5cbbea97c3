//! The text form of everything that a command names: `name:option=value,option=value`.

use std::str::FromStr;

/// A text that names nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormError {
    /// No such thing.
    #[error("unknown {what} `{name}` (known: {known})")]
    UnknownName {
        /// What was to be named: a schedule, a sampler, and so on.
        what: &'static str,
        /// The name.
        name: String,
        /// Those that there are.
        known: &'static str,
    },
    /// It has no such option.
    #[error("{what} `{name}` has no option `{option}`")]
    UnknownOption {
        /// What was named.
        what: &'static str,
        /// Its name.
        name: String,
        /// The option.
        option: String,
    },
    /// A value of the wrong kind.
    #[error("`{option}={value}` of {what} `{name}` is not {expected}")]
    BadValue {
        /// What was named.
        what: &'static str,
        /// Its name.
        name: String,
        /// The option.
        option: String,
        /// Its value.
        value: String,
        /// What it takes.
        expected: &'static str,
    },
    /// Options that are no pairs.
    #[error("`{text}` has not the form `option=value`")]
    NoPair {
        /// The part at fault.
        text: String,
    },
}

/// A text taken apart; options are taken out one by one, and what is left at the end is refused.
pub(crate) struct Form<'t> {
    what: &'static str,
    pub(crate) name: &'t str,
    options: Vec<(&'t str, &'t str)>,
}

impl<'t> Form<'t> {
    pub(crate) fn read(what: &'static str, text: &'t str) -> Result<Self, FormError> {
        let (name, rest) = text.split_once(':').unwrap_or((text, ""));
        let pair = |part: &'t str| {
            let no_pair = || FormError::NoPair { text: part.to_owned() };
            part.split_once('=').map(|(key, value)| (key.trim(), value.trim())).ok_or_else(no_pair)
        };
        let options = rest.split(',').filter(|part| !part.trim().is_empty()).map(pair);
        Ok(Self { what, name: name.trim(), options: options.collect::<Result<_, _>>()? })
    }

    /// The text of an option, which is then taken.
    pub(crate) fn text(&mut self, option: &str) -> Option<&'t str> {
        let index = self.options.iter().position(|(key, _)| *key == option)?;
        Some(self.options.remove(index).1)
    }

    /// The value of an option, which is then taken; it must satisfy `valid`, and `expected` says in words what that is.
    pub(crate) fn take<T: FromStr>(
        &mut self,
        option: &str,
        default: T,
        expected: &'static str,
        valid: impl Fn(&T) -> bool,
    ) -> Result<T, FormError> {
        let Some(value) = self.text(option) else { return Ok(default) };
        value.parse().ok().filter(valid).ok_or_else(|| self.bad(option, value, expected))
    }

    pub(crate) fn positive(&mut self, option: &str, default: f64) -> Result<f64, FormError> {
        self.take(option, default, "a number above 0", |value: &f64| value.is_finite() && *value > 0.0)
    }

    pub(crate) fn count(&mut self, option: &str, default: u32) -> Result<u32, FormError> {
        self.take(option, default, "a whole number from 1", |&value: &u32| value > 0)
    }

    pub(crate) fn flag(&mut self, option: &str, default: bool) -> Result<bool, FormError> {
        self.take(option, default, "`true` or `false`", |_| true)
    }

    pub(crate) fn path(&mut self) -> Result<std::path::PathBuf, FormError> {
        self.text("path").map(Into::into).ok_or_else(|| self.bad("path", "", "the path of a file"))
    }

    pub(crate) fn bad(&self, option: &str, value: &str, expected: &'static str) -> FormError {
        let name = self.name.to_owned();
        FormError::BadValue {
            what: self.what,
            name,
            option: option.to_owned(),
            value: value.to_owned(),
            expected,
        }
    }

    pub(crate) fn unknown(&self, known: &'static str) -> FormError {
        FormError::UnknownName { what: self.what, name: self.name.to_owned(), known }
    }

    /// Refuses options that nobody took.
    pub(crate) fn finish(self) -> Result<(), FormError> {
        match self.options.first() {
            None => Ok(()),
            Some((option, _)) => Err(FormError::UnknownOption {
                what: self.what,
                name: self.name.to_owned(),
                option: (*option).to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_taken_and_the_rest_is_refused() {
        let mut form = Form::read("schedule", "rho: rho=7 , steps=5").unwrap();
        assert_eq!(
            (form.name, form.positive("rho", 1.0), form.positive("max", 80.0)),
            ("rho", Ok(7.0), Ok(80.0))
        );
        assert_eq!(form.finish().unwrap_err().to_string(), "schedule `rho` has no option `steps`");
    }

    #[test]
    fn faults_are_named() {
        let read = |text: &'static str| Form::read("schedule", text);
        assert_eq!(
            read("rho:seven").err().map(|e| e.to_string()).unwrap(),
            "`seven` has not the form `option=value`"
        );
        let error = read("rho:rho=-1").unwrap().positive("rho", 7.0).unwrap_err();
        assert_eq!(error.to_string(), "`rho=-1` of schedule `rho` is not a number above 0");
        let error = read("rho:steps=0").unwrap().count("steps", 7).unwrap_err();
        assert_eq!(error.to_string(), "`steps=0` of schedule `rho` is not a whole number from 1");
    }
}
