//! Strategies as one line of text, for command lines, file names and logs.

use super::early_stop::CHUNK;
use super::options::{OptionInfo, OptionValue, Unset};
use super::spec::{StagesSpec, one};
use super::{BestOfN, EarlyStopSpec, SpecError, Stage, Stages, StrategySpec, Threshold};
use crate::Rule;
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

/// Reads the compact form:
///
/// ~~~text
/// strategy := stage [ "+" stage ]…
/// stage    := name [ ":" option "=" value [ "," option "=" value ]… ]
///           | "early-stop" [ ":" … ] "(" strategy ")"
/// ~~~
///
/// For example `best-of-n`, `majority`, `beam:branching=4,lookahead=1`, `beam + revisions:length=2`,
/// `early-stop:threshold=0.9(majority)`. A stage of a sequence can have `share=`, its part of the budget relative to
/// the others' (1 by default). A nested sequence stands in parentheses: `(beam + revisions) + majority`.
impl FromStr for StrategySpec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let parts = split_outside(text, '+')?;
        let mut stages = Vec::new();
        for part in parts {
            if part.trim().is_empty() {
                return Err(form(text, "a strategy is missing"));
            }
            stages.push(stage(part.trim())?);
        }
        match Stages::try_from(stages.clone()) {
            Ok(stages) => Ok(Self::Sequence(StagesSpec { stages })),
            Err(_) => match stages.pop() {
                Some(Stage { share, strategy }) if share == one() => Ok(strategy),
                _ => Err(form(text, "`share` belongs to one stage of several")),
            },
        }
    }
}

fn form(text: &str, reason: &'static str) -> SpecError {
    SpecError::Form { text: text.to_owned(), reason }
}

/// The parts of `text` between separators that stand outside of parentheses.
fn split_outside(text: &str, separator: char) -> Result<Vec<&str>, SpecError> {
    let (mut depth, mut start, mut parts) = (0_u32, 0, Vec::new());
    for (index, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1).ok_or_else(|| form(text, "a parenthesis is never opened"))?,
            c if c == separator && depth == 0 => {
                parts.push(&text[start..index]);
                start = index + c.len_utf8();
            }
            _ => {}
        }
        // Nesting is read by recursion, which must end.
        if depth > 16 {
            return Err(form(text, "more than 16 parentheses inside each other"));
        }
    }
    if depth > 0 {
        return Err(form(text, "a parenthesis is never closed"));
    }
    parts.push(&text[start..]);
    Ok(parts)
}

fn stage(text: &str) -> Result<Stage, SpecError> {
    let (head, inner) = match text.split_once('(') {
        None => (text, None),
        Some((head, rest)) => {
            let inner =
                rest.strip_suffix(')').ok_or_else(|| form(text, "something follows a parenthesis"))?;
            (head, Some(inner))
        }
    };
    let (name, options) = match head.split_once(':') {
        None => (head.trim(), Vec::new()),
        Some((name, options)) => (name.trim(), pairs(name.trim(), options)?),
    };
    let mut share = one();
    let mut rest = Vec::new();
    for (option, value) in options {
        if option == "share" {
            share = read(name, option, value)?;
        } else {
            rest.push((option, value));
        }
    }
    let strategy = match (name, inner) {
        ("", None) => return Err(form(text, "a strategy is missing")),
        ("", Some(inner)) => match rest.first() {
            Some(_) => return Err(form(text, "parentheses alone have no option but `share`")),
            None => inner.parse()?,
        },
        ("early-stop", Some(inner)) => early_stop(&rest, inner.parse()?)?,
        ("early-stop", None) => {
            return Err(form(text, "what to stop is missing, as in `early-stop(majority)`"));
        }
        (_, Some(_)) => return Err(form(text, "only `early-stop` takes a strategy in parentheses")),
        (name, None) => plain(name, &rest)?,
    };
    Ok(Stage { share, strategy })
}

/// `option=value` pairs, none named twice.
fn pairs<'t>(strategy: &str, text: &'t str) -> Result<Vec<(&'t str, &'t str)>, SpecError> {
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    for pair in text.split(',') {
        let (option, value) =
            pair.split_once('=').ok_or_else(|| form(pair, "options have the form `option=value`"))?;
        let (option, value) = (option.trim(), value.trim());
        if pairs.iter().any(|(known, _)| *known == option) {
            return Err(SpecError::Repeated { strategy: strategy.to_owned(), option: option.to_owned() });
        }
        pairs.push((option, value));
    }
    Ok(pairs)
}

fn read<T: OptionValue>(strategy: &str, option: &str, value: &str) -> Result<T, SpecError> {
    T::read(value).map_err(|expected| bad_value(strategy, option, value, expected))
}

fn bad_value(strategy: &str, option: &str, value: &str, expected: String) -> SpecError {
    SpecError::BadValue {
        strategy: strategy.to_owned(),
        option: option.to_owned(),
        value: value.to_owned(),
        expected,
    }
}

fn plain(name: &str, options: &[(&str, &str)]) -> Result<StrategySpec, SpecError> {
    let known = StrategySpec::all().into_iter().find(|spec| spec.name() == name);
    let mut spec = match (name, known) {
        (_, Some(spec)) => spec,
        ("majority", None) => StrategySpec::BestOfN(BestOfN { rule: Rule::Majority, ..BestOfN::default() }),
        ("weighted", None) => StrategySpec::BestOfN(BestOfN::default()),
        _ => return Err(unknown(name)),
    };
    let plan = spec.plan_mut().expect("combinations are not in the list");
    for (option, value) in options {
        plan.set(option, value).map_err(|unset| match unset {
            Unset::Unknown => unknown_option(name, option, &plan.infos()),
            Unset::Expected(expected) => bad_value(name, option, value, expected),
        })?;
    }
    Ok(spec)
}

fn early_stop(options: &[(&str, &str)], inner: StrategySpec) -> Result<StrategySpec, SpecError> {
    let mut spec = EarlyStopSpec { threshold: Threshold::DEFAULT, chunk: CHUNK, strategy: Box::new(inner) };
    for &(option, value) in options {
        match option {
            "threshold" => spec.threshold = read("early-stop", option, value)?,
            "chunk" => spec.chunk = read("early-stop", option, value)?,
            _ => return Err(unknown_option("early-stop", option, &super::early_stop::infos())),
        }
    }
    Ok(StrategySpec::EarlyStop(spec))
}

fn unknown_option(strategy: &str, option: &str, infos: &[OptionInfo]) -> SpecError {
    let names: Vec<&str> = infos.iter().map(|info| info.name).collect();
    SpecError::UnknownOption {
        strategy: strategy.to_owned(),
        option: option.to_owned(),
        alternatives: format!("it has `{}`", names.join("`, `")),
    }
}

fn unknown(name: &str) -> SpecError {
    let all = StrategySpec::all();
    let mut names: Vec<&str> = all.iter().map(StrategySpec::name).collect();
    names.extend(["majority", "weighted", "early-stop"]);
    let nearest = names
        .iter()
        .copied()
        .filter(|known| distance(name, known) <= 2)
        .min_by_key(|known| distance(name, known));
    let list = format!("`{}`", names.join("`, `"));
    let alternatives = match nearest {
        Some(nearest) => format!("did you mean `{nearest}`? there are {list}"),
        None => format!("there are {list}"),
    };
    SpecError::UnknownStrategy { name: name.to_owned(), alternatives }
}

/// Edits of one character that make one word the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &b) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

impl fmt::Display for StrategySpec {
    /// The shortest text that reads back as the same strategy: options that have their default are left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sequence(sequence) => {
                for (index, stage) in sequence.stages.iter().enumerate() {
                    if index > 0 {
                        f.write_str(" + ")?;
                    }
                    write_stage(f, &stage.strategy, stage.share)?;
                }
                Ok(())
            }
            other => write_stage(f, other, one()),
        }
    }
}

fn write_stage(f: &mut fmt::Formatter<'_>, spec: &StrategySpec, share: NonZeroU32) -> fmt::Result {
    let (name, mut options, inner) = match spec {
        StrategySpec::Sequence(_) => ("", Vec::new(), Some(spec)),
        StrategySpec::EarlyStop(wrapper) => {
            let mut options = Vec::new();
            if wrapper.threshold != Threshold::DEFAULT {
                options.push(("threshold", wrapper.threshold.get().to_string()));
            }
            if wrapper.chunk != CHUNK {
                options.push(("chunk", wrapper.chunk.to_string()));
            }
            ("early-stop", options, Some(&*wrapper.strategy))
        }
        other => {
            let plan = other.plan().expect("neither a sequence nor early stopping");
            let mut options = plan.shown();
            let majority = plan.name() == "best-of-n" && !plan.voting().scored();
            options.retain(|(option, _)| !(majority && *option == "rule"));
            (if majority { "majority" } else { plan.name() }, options, None)
        }
    };
    if share != one() {
        options.push(("share", share.to_string()));
    }
    f.write_str(name)?;
    for (index, (option, value)) in options.iter().enumerate() {
        write!(f, "{}{option}={value}", if index == 0 { ':' } else { ',' })?;
    }
    inner.map_or(Ok(()), |inner| write!(f, "({inner})"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;

    fn round_trip(text: &str) {
        let spec: StrategySpec = text.parse().unwrap();
        assert_eq!(spec.to_string(), text);
        let data = serde_json::to_string(&spec).unwrap();
        assert_eq!(serde_json::from_str::<StrategySpec>(&data).unwrap(), spec, "{data}");
    }

    #[test]
    fn text_and_data_round_trip() {
        for text in [
            "best-of-n",
            "best-of-n:rule=best,aggregation=min",
            "majority",
            "majority:generations=16",
            "beam",
            "beam:generations=8,branching=sqrt,lookahead=1",
            "beam:branching=2,distinct=true,copies=once",
            "dvts:distinct=true",
            "rebase:distinct=true",
            "dvts:branching=2",
            "rebase:temperature=0.25",
            "particle:resampling=multinomial",
            "mcts:simulations=10,exploration=0.5",
            "revisions:chains=4,length=8,rule=majority",
            "beam:share=3 + revisions:length=2",
            "early-stop(majority)",
            "early-stop:threshold=0.9,chunk=2(beam + revisions)",
            "early-stop(majority) + (beam + revisions) + best-of-n",
            "beam + :share=2(beam + revisions)",
        ] {
            round_trip(text);
        }
    }

    #[test]
    fn short_names_and_spaces_are_understood() {
        let read = |text: &str| text.parse::<StrategySpec>().unwrap().to_string();
        assert_eq!(read("weighted"), "best-of-n");
        assert_eq!(read(" beam : branching = 4 , lookahead = 2+revisions "), "beam:lookahead=2 + revisions");
        assert_eq!(read("(majority)"), "majority");
    }

    #[test]
    fn errors_name_the_culprit_and_the_way_out() {
        let error = |text: &str| text.parse::<StrategySpec>().unwrap_err().to_string();
        assert_snapshot!(error("beem"), @"unknown strategy `beem` (did you mean `beam`? there are `best-of-n`, `beam`, `dvts`, `rebase`, `particle`, `mcts`, `revisions`, `synthesis`, `ab-mcts`, `majority`, `weighted`, `early-stop`)");
        assert_snapshot!(error("simulated-annealing"), @"unknown strategy `simulated-annealing` (there are `best-of-n`, `beam`, `dvts`, `rebase`, `particle`, `mcts`, `revisions`, `synthesis`, `ab-mcts`, `majority`, `weighted`, `early-stop`)");
        assert_snapshot!(error("beam:width=4"), @"`beam` has no option `width` (it has `generations`, `branching`, `lookahead`, `distinct`, `rounds`, `rule`, `aggregation`, `copies`)");
        assert_snapshot!(error("beam:branching=0"), @"`branching=0` of `beam` is not a whole number from 1, or `sqrt`");
        assert_snapshot!(error("beam:rule=loudest"), @"`rule=loudest` of `beam` is not one of `best`, `majority`, `weighted`");
        assert_snapshot!(error("beam:branching=2,branching=3"), @"`branching` of `beam` is given twice");
        assert_snapshot!(error("beam:branching"), @"cannot read strategy `branching`: options have the form `option=value`");
        assert_snapshot!(error("beam + "), @"cannot read strategy `beam + `: a strategy is missing");
        assert_snapshot!(error("early-stop"), @"cannot read strategy `early-stop`: what to stop is missing, as in `early-stop(majority)`");
        assert_snapshot!(error("early-stop:threshold=1(beam)"), @"`threshold=1` of `early-stop` is not a probability above 0.5 and below 1");
        assert_snapshot!(error("beam(majority)"), @"cannot read strategy `beam(majority)`: only `early-stop` takes a strategy in parentheses");
        assert_snapshot!(error("early-stop(beam"), @"cannot read strategy `early-stop(beam`: a parenthesis is never closed");
        assert_snapshot!(error("beam:share=2"), @"cannot read strategy `beam:share=2`: `share` belongs to one stage of several");
    }

    #[test]
    fn data_with_a_wrong_field_is_refused() {
        let error = |data: &str| serde_json::from_str::<StrategySpec>(data).unwrap_err().to_string();
        assert_snapshot!(error(r#"{"name":"beam","width":4}"#), @"unknown field `width`, expected one of `generations`, `branching`, `lookahead`, `distinct`, `rounds`, `rule`, `aggregation`, `copies`");
        assert_snapshot!(error(r#"{"name":"beam","branching":"cube"}"#), @"branching `cube` is not a whole number from 1, or `sqrt`");
        assert_snapshot!(error(r#"{"name":"rebase","temperature":-1}"#), @"-1 is not a finite number above 0");
        assert_snapshot!(error(r#"{"name":"sequence","stages":[{"strategy":{"name":"beam"}}]}"#), @"a sequence has two stages or more");
    }

    #[test]
    fn sizes_follow_from_the_budget() {
        let sized = |text: &str, n| {
            let spec = text.parse::<StrategySpec>().unwrap().with_generations(n).map(|spec| {
                assert!(spec.cost().unwrap() <= n && spec.build().is_ok());
                spec.to_string()
            });
            spec.unwrap_or_else(|error| error.to_string())
        };
        assert_snapshot!(sized("beam:lookahead=3", 18), @"beam:generations=4,lookahead=3");
        assert_snapshot!(sized("beam:lookahead=3", 3), @"`beam` needs 4 generations where it has 3 (raise the budget, or ask for less)");
        assert_snapshot!(sized("revisions", 256), @"revisions:chains=16,length=16");
        assert_snapshot!(sized("revisions:length=3", 10), @"revisions:chains=3,length=3");
        assert_snapshot!(sized("revisions:chains=16", 10), @"`revisions` needs 16 generations where it has 10 (raise the budget, or ask for less)");
        assert_snapshot!(sized("beam + revisions:length=2", 17), @"beam:generations=9 + revisions:chains=4,length=2");
        assert_snapshot!(sized("beam:share=3 + majority", 16), @"beam:generations=12,share=3 + majority:generations=4");
        assert_snapshot!(sized("beam:generations=4 + majority", 16), @"beam:generations=4 + majority:generations=12");
        assert_snapshot!(sized("beam:generations=20", 16), @"`beam` needs 20 generations where it has 16 (raise the budget, or ask for less)");
        assert_snapshot!(sized("early-stop(majority)", 64), @"early-stop(majority:generations=64)");
        assert_snapshot!(sized("majority", 0), @"`best-of-n` needs 1 generations where it has 0 (raise the budget, or ask for less)");
    }
}
