//! Options of strategies: one table per strategy gives its data type, its text form and its help.

use super::voting::Voting;
use crate::{Aggregation, Copies, Rule, Selection, Strategy};
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// One option of a strategy, for help texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionInfo {
    /// Its name in the text form and in data.
    pub name: &'static str,
    /// What it means.
    pub help: &'static str,
    /// Its default; `None` if it follows from the budget.
    pub default: Option<String>,
}

/// What a strategy asks of its roles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// It goes on from beginnings of solutions.
    pub steps: bool,
    /// It asks for scores.
    pub verifier: bool,
    /// It asks for revisions.
    pub reviser: bool,
}

/// A value that an option can take.
pub(crate) trait OptionValue: Sized {
    /// Reads it, or says what would have been right.
    fn read(text: &str) -> Result<Self, String>;
    /// Its text form; `None` if it is not set.
    fn show(&self) -> Option<String>;
}

/// Why [`Options::set`] did not set.
pub(crate) enum Unset {
    /// There is no such option.
    Unknown,
    /// What the value should have been.
    Expected(String),
}

/// A strategy's options by name.
pub(crate) trait Options {
    fn name(&self) -> &'static str;
    fn about(&self) -> &'static str;
    fn infos(&self) -> Vec<OptionInfo>;
    fn set(&mut self, option: &str, value: &str) -> Result<(), Unset>;
    /// Those that differ from the default.
    fn shown(&self) -> Vec<(&'static str, String)>;
    fn voting(&self) -> Voting;
    fn select_by(&mut self, selection: Selection);
}

/// What a strategy costs, needs and becomes.
pub(crate) trait Plan: Options {
    /// Generations that it spends; `None` until it is resolved.
    fn cost(&self) -> Option<u32>;
    /// Settles what is open so that it costs at most `budget` generations, or says how many it needs.
    fn resolve(&mut self, budget: NonZeroU32) -> Result<(), u32>;
    /// What it asks of its roles.
    fn needs(&self) -> Needs;
    /// The strategy; `None` until it is resolved.
    fn build(&self) -> Option<Box<dyn Strategy>>;
}

/// Declares a strategy's options. Every strategy also has `rule`, `aggregation` and `copies`.
macro_rules! options {
    (
        $name:literal
        $(#[doc = $about:literal])+
        pub struct $type:ident {
            $( $(#[doc = $help:literal])+ $field:ident: $value:ty = $default:expr, )*
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
        pub struct $type {
            $( $(#[doc = $help])+ pub $field: $value, )*
            /// How one answer is chosen among all: `best`, `majority` or `weighted`.
            pub rule: $crate::Rule,
            /// How step scores become one: `last`, `min`, `product` or `mean`.
            pub aggregation: $crate::Aggregation,
            /// Whether a solution drawn several times votes as often (`count`) or `once`.
            pub copies: $crate::Copies,
        }

        impl Default for $type {
            fn default() -> Self {
                Self {
                    $( $field: $default, )*
                    rule: $crate::Rule::default(),
                    aggregation: $crate::Aggregation::default(),
                    copies: $crate::Copies::default(),
                }
            }
        }

        impl $crate::strategies::options::Options for $type {
            fn name(&self) -> &'static str {
                $name
            }

            fn about(&self) -> &'static str {
                concat!($($about, "\n"),+).trim()
            }

            fn infos(&self) -> Vec<$crate::strategies::options::OptionInfo> {
                use $crate::strategies::options::{OptionInfo, OptionValue};
                let default = Self::default();
                vec![
                    $( OptionInfo {
                        name: stringify!($field),
                        help: concat!($($help, "\n"),+).trim(),
                        default: default.$field.show(),
                    }, )*
                    OptionInfo {
                        name: "rule",
                        help: "How one answer is chosen among all: `best`, `majority` or `weighted`.",
                        default: default.rule.show(),
                    },
                    OptionInfo {
                        name: "aggregation",
                        help: "How step scores become one: `last`, `min`, `product` or `mean`.",
                        default: default.aggregation.show(),
                    },
                    OptionInfo {
                        name: "copies",
                        help: "Whether a solution drawn several times votes as often (`count`) or `once`.",
                        default: default.copies.show(),
                    },
                ]
            }

            fn set(&mut self, option: &str, value: &str) -> Result<(), $crate::strategies::options::Unset> {
                use $crate::strategies::options::{OptionValue, Unset};
                match option {
                    $( stringify!($field) => self.$field = <$value>::read(value).map_err(Unset::Expected)?, )*
                    "rule" => self.rule = OptionValue::read(value).map_err(Unset::Expected)?,
                    "aggregation" => self.aggregation = OptionValue::read(value).map_err(Unset::Expected)?,
                    "copies" => self.copies = OptionValue::read(value).map_err(Unset::Expected)?,
                    _ => return Err(Unset::Unknown),
                }
                Ok(())
            }

            fn shown(&self) -> Vec<(&'static str, String)> {
                use $crate::strategies::options::OptionValue;
                let default = Self::default();
                let all = [
                    $( (stringify!($field), self.$field.show(), default.$field.show()), )*
                    ("rule", self.rule.show(), default.rule.show()),
                    ("aggregation", self.aggregation.show(), default.aggregation.show()),
                    ("copies", self.copies.show(), default.copies.show()),
                ];
                all.into_iter()
                    .filter(|(_, value, default)| value != default)
                    .filter_map(|(name, value, _)| Some((name, value?)))
                    .collect()
            }

            fn voting(&self) -> $crate::strategies::voting::Voting {
                let selection = $crate::Selection { rule: self.rule, aggregation: self.aggregation };
                $crate::strategies::voting::Voting { selection, copies: self.copies }
            }

            fn select_by(&mut self, selection: $crate::Selection) {
                self.rule = selection.rule;
                self.aggregation = selection.aggregation;
            }
        }
    };
}
pub(crate) use options;

impl OptionValue for u32 {
    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "a whole number".to_owned())
    }
    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl OptionValue for NonZeroU32 {
    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "a whole number from 1".to_owned())
    }
    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl OptionValue for bool {
    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "`true` or `false`".to_owned())
    }
    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl<T: OptionValue> OptionValue for Option<T> {
    fn read(text: &str) -> Result<Self, String> {
        T::read(text).map(Some)
    }
    fn show(&self) -> Option<String> {
        self.as_ref().and_then(T::show)
    }
}

/// Reads one of a table's names.
pub(crate) fn one_of<T: Copy>(table: &[(&str, T)], text: &str) -> Result<T, String> {
    table.iter().find(|(name, _)| *name == text).map(|&(_, value)| value).ok_or_else(|| {
        let names: Vec<String> = table.iter().map(|(name, _)| format!("`{name}`")).collect();
        format!("one of {}", names.join(", "))
    })
}

/// The name of a table's value.
pub(crate) fn name_of<T: PartialEq>(table: &[(&str, T)], value: &T) -> Option<String> {
    table.iter().find(|(_, known)| known == value).map(|(name, _)| (*name).to_owned())
}

const RULES: [(&str, Rule); 3] =
    [("best", Rule::Best), ("majority", Rule::Majority), ("weighted", Rule::Weighted)];

impl OptionValue for Rule {
    fn read(text: &str) -> Result<Self, String> {
        one_of(&RULES, text)
    }
    fn show(&self) -> Option<String> {
        name_of(&RULES, self)
    }
}

const AGGREGATIONS: [(&str, Aggregation); 4] = [
    ("last", Aggregation::Last),
    ("min", Aggregation::Min),
    ("product", Aggregation::Product),
    ("mean", Aggregation::Mean),
];

impl OptionValue for Aggregation {
    fn read(text: &str) -> Result<Self, String> {
        one_of(&AGGREGATIONS, text)
    }
    fn show(&self) -> Option<String> {
        name_of(&AGGREGATIONS, self)
    }
}

const COPIES: [(&str, Copies); 2] = [("count", Copies::Count), ("once", Copies::Once)];

impl OptionValue for Copies {
    fn read(text: &str) -> Result<Self, String> {
        one_of(&COPIES, text)
    }
    fn show(&self) -> Option<String> {
        name_of(&COPIES, self)
    }
}

/// A finite number above 0.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Positive(f64);

impl Positive {
    pub(crate) const ONE: Self = Self(1.0);
    pub(crate) const TENTH: Self = Self(0.1);

    /// The number.
    pub const fn get(self) -> f64 {
        self.0
    }
}

/// A number that is not finite or not above 0.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("{0} is not a finite number above 0")]
pub struct NotPositive(pub f64);

impl TryFrom<f64> for Positive {
    type Error = NotPositive;

    fn try_from(value: f64) -> Result<Self, NotPositive> {
        if value.is_finite() && value > 0.0 { Ok(Self(value)) } else { Err(NotPositive(value)) }
    }
}

impl From<Positive> for f64 {
    fn from(value: Positive) -> Self {
        value.0
    }
}

impl OptionValue for Positive {
    fn read(text: &str) -> Result<Self, String> {
        let number = text.parse::<f64>().ok().and_then(|value| Self::try_from(value).ok());
        number.ok_or_else(|| "a number above 0".to_owned())
    }
    fn show(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}
