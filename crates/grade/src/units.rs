//! Units: what they measure, how large they are, and products of them such as `km/h` and "square feet".

use num_rational::BigRational;
use num_traits::One;

use crate::token::{Bracket, Token};

/// Tokens of a unit; `kg m^2 s^{-2}` has eleven.
const SUFFIX_TOKENS: usize = 24;

/// What one unit measures and how large it is beside the first unit of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) kind: &'static str,
    numerator: u32,
    denominator: u32,
}

/// A product of powers of units: its kinds with their powers, sorted, and its size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dimension {
    pub(crate) kinds: Vec<(&'static str, i32)>,
    pub(crate) size: BigRational,
}

impl Dimension {
    /// The unit itself, to the first power.
    pub(crate) fn of(unit: Unit) -> Self {
        let mut dimension = Self { kinds: Vec::new(), size: BigRational::one() };
        dimension.multiply(unit, 1);
        dimension
    }

    /// Whether this is one unit of the kind.
    pub(crate) fn is(&self, kind: &str) -> bool {
        matches!(self.kinds.as_slice(), [(own, 1)] if *own == kind)
    }

    fn multiply(&mut self, unit: Unit, power: i32) {
        let size = BigRational::new(unit.numerator.into(), unit.denominator.into());
        self.size *= num_traits::Pow::pow(&size, power);
        for (kind, own) in parts(unit.kind) {
            match self.kinds.iter_mut().find(|(known, _)| known == kind) {
                Some((_, known)) => *known += own * power,
                None => self.kinds.push((kind, own * power)),
            }
        }
        self.kinds.retain(|(_, power)| *power != 0);
        self.kinds.sort_unstable();
    }
}

/// The kinds that a kind is made of.
fn parts(kind: &'static str) -> &'static [(&'static str, i32)] {
    match kind {
        "speed" => &[("length", 1), ("time", -1)],
        "length" => &[("length", 1)],
        "mass" => &[("mass", 1)],
        "weight" => &[("weight", 1)],
        "time" => &[("time", 1)],
        "months" => &[("months", 1)],
        "volume" => &[("length", 3)],
        "cups" => &[("cups", 1)],
        "money" => &[("money", 1)],
        "pounds sterling" => &[("pounds sterling", 1)],
        "euros" => &[("euros", 1)],
        "yen" => &[("yen", 1)],
        "rupees" => &[("rupees", 1)],
        "percent" => &[("percent", 1)],
        "degree" => &[("degree", 1)],
        "radian" => &[("radian", 1)],
        _ => &[],
    }
}

/// A unit by its name in the singular or plural.
pub(crate) fn unit(word: &str) -> Option<Unit> {
    if word.len() > 16 {
        return None;
    }
    let lower = word.to_lowercase();
    let (kind, numerator, denominator) = match lower.as_str() {
        "mm" | "millimeter" | "millimeters" | "millimetre" | "millimetres" => ("length", 1, 1),
        "cm" | "centimeter" | "centimeters" | "centimetre" | "centimetres" => ("length", 10, 1),
        "dm" | "decimeter" | "decimeters" | "decimetre" | "decimetres" => ("length", 100, 1),
        "m" | "meter" | "meters" | "metre" | "metres" => ("length", 1000, 1),
        "km" | "kilometer" | "kilometers" | "kilometre" | "kilometres" => ("length", 1_000_000, 1),
        "in" | "inch" | "inches" => ("length", 254, 10),
        "ft" | "foot" | "feet" => ("length", 3048, 10),
        "yd" | "yds" | "yard" | "yards" => ("length", 9144, 10),
        "mi" | "mile" | "miles" => ("length", 1_609_344, 1),
        "mg" | "milligram" | "milligrams" => ("mass", 1, 1000),
        "g" | "gm" | "gram" | "grams" | "gramme" | "grammes" => ("mass", 1, 1),
        "kg" | "kgs" | "kilogram" | "kilograms" | "kilo" | "kilos" => ("mass", 1000, 1),
        "tonne" | "tonnes" => ("mass", 1_000_000, 1),
        "lb" | "lbs" | "pound" | "pounds" => ("weight", 16, 1),
        "oz" | "ounce" | "ounces" => ("weight", 1, 1),
        "ms" | "millisecond" | "milliseconds" => ("time", 1, 1000),
        "s" | "sec" | "secs" | "second" | "seconds" => ("time", 1, 1),
        "min" | "mins" | "minute" | "minutes" => ("time", 60, 1),
        "h" | "hr" | "hrs" | "hour" | "hours" => ("time", 3600, 1),
        "day" | "days" => ("time", 86_400, 1),
        "week" | "weeks" => ("time", 604_800, 1),
        "month" | "months" => ("months", 1, 1),
        "year" | "years" | "yr" | "yrs" => ("months", 12, 1),
        "ml" | "milliliter" | "milliliters" | "millilitre" | "millilitres" => ("volume", 1000, 1),
        "l" | "liter" | "liters" | "litre" | "litres" => ("volume", 1_000_000, 1),
        "cup" | "cups" => ("cups", 1, 1),
        "pint" | "pints" => ("cups", 2, 1),
        "quart" | "quarts" => ("cups", 4, 1),
        "gallon" | "gallons" | "gal" => ("cups", 16, 1),
        "cent" | "cents" => ("money", 1, 1),
        "dollar" | "dollars" | "usd" | "buck" | "bucks" => ("money", 100, 1),
        "gbp" | "£" => ("pounds sterling", 1, 1),
        "euro" | "euros" | "eur" | "€" => ("euros", 1, 1),
        "yen" | "yuan" | "rmb" | "¥" => ("yen", 1, 1),
        "rupee" | "rupees" | "inr" | "₹" => ("rupees", 1, 1),
        "percent" | "pct" | "percentage" => ("percent", 1, 1),
        "degree" | "degrees" | "deg" => ("degree", 1, 1),
        "radian" | "radians" | "rad" => ("radian", 1, 1),
        "mph" => ("speed", 1_609_344, 3600),
        "kph" | "kmh" | "kmph" => ("speed", 1_000_000, 3600),
        _ => return None,
    };
    Some(Unit { kind, numerator, denominator })
}

/// The unit that a word or a single letter names.
pub(crate) fn named(token: &Token) -> Option<Unit> {
    match token {
        Token::Word(word) => unit(word),
        Token::Symbol(letter) | Token::Other(letter) => {
            unit(letter).filter(|_| !matches!(&**letter, "H" | "S" | "G"))
        }
        _ => None,
    }
}

/// What the words behind a number measure: `km/h`, `cubic feet`, `m^{2}`, `metres per second squared`.
///
/// `None` where a word is no unit; what follows a unit without a "per" ("5 cm long") says nothing.
pub(crate) fn dimension(suffix: &[Token]) -> Option<Dimension> {
    if suffix.len() > SUFFIX_TOKENS {
        return None;
    }
    let mut dimension = Dimension { kinds: Vec::new(), size: BigRational::one() };
    let (mut at, mut sign, mut known) = (0, 1, false);
    while at < suffix.len() {
        match &suffix[at] {
            Token::Over => sign = -1,
            Token::Word(word) if word == "per" || word == "an" => sign = -1,
            Token::Times | Token::Open(_) | Token::Close(_) => {
                at += 1;
                continue;
            }
            _ => {
                let (power, read) = before(suffix, at);
                at += read;
                let Some(unit) = suffix.get(at).and_then(named).or_else(|| per_cent(suffix, &mut at)) else {
                    return if known && sign > 0 { Some(dimension) } else { None };
                };
                let (behind, read) = behind(&suffix[at + 1..]);
                at += read;
                dimension.multiply(unit, sign * power * behind);
                (known, sign) = (true, 1);
            }
        }
        at += 1;
    }
    (known && sign > 0).then_some(dimension)
}

fn per_cent(suffix: &[Token], at: &mut usize) -> Option<Unit> {
    match suffix.get(*at..)? {
        [Token::Word(per), Token::Word(cent), ..] if per == "per" && cent == "cent" => {
            *at += 1;
            unit("percent")
        }
        _ => None,
    }
}

/// "square" or "cubic" before a unit: the power, and tokens read.
fn before(suffix: &[Token], at: usize) -> (i32, usize) {
    match &suffix[at] {
        Token::Word(word) if matches!(&*word.to_lowercase(), "square" | "sq") => (2, 1),
        Token::Word(word) if matches!(&*word.to_lowercase(), "cubic" | "cu") => (3, 1),
        _ => (1, 0),
    }
}

/// An exponent behind a unit, or "squared": the power, and tokens read.
fn behind(rest: &[Token]) -> (i32, usize) {
    // `\text{cm}^2` and `{cm}^{2}` close a group first.
    let closed = rest.iter().take_while(|token| matches!(token, Token::Close(_))).count();
    let power = |literal: &crate::token::Literal| {
        literal.whole.parse().ok().filter(|power| (1..=4).contains(power) && literal.is_whole()).unwrap_or(1)
    };
    match &rest[closed..] {
        [Token::Power, Token::Number(literal), ..] => (power(literal), closed + 2),
        [
            Token::Power,
            Token::Open(Bracket::Group),
            Token::Number(literal),
            Token::Close(Bracket::Group),
            ..,
        ] => (power(literal), closed + 4),
        [Token::Power, Token::Open(Bracket::Group), Token::Minus, Token::Number(literal), ..]
        | [Token::Power, Token::Minus, Token::Number(literal), ..] => (-power(literal), closed + 4),
        [Token::Word(word), ..] if word == "squared" => (2, closed + 1),
        [Token::Word(word), ..] if word == "cubed" => (3, closed + 1),
        _ => (1, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexer::tokens;

    #[track_caller]
    fn check(text: &str, kinds: &[(&str, i32)], size: (i64, i64)) {
        let dimension = dimension(&tokens(text).unwrap()).unwrap_or_else(|| panic!("{text} is no unit"));
        assert_eq!(dimension.kinds, kinds, "{text}");
        assert_eq!(dimension.size, BigRational::new(size.0.into(), size.1.into()), "{text}");
    }

    #[test]
    fn products_and_quotients_of_units_are_units() {
        check(r"\text{ km/h}", &[("length", 1), ("time", -1)], (1_000_000, 3600));
        check("kilometres per hour", &[("length", 1), ("time", -1)], (1_000_000, 3600));
        check("square feet", &[("length", 2)], (3048 * 3048, 100));
        check("ft^2", &[("length", 2)], (3048 * 3048, 100));
        check("cm^{3}", &[("length", 3)], (1000, 1));
        check("metres per second squared", &[("length", 1), ("time", -2)], (1000, 1));
        check("inches long", &[("length", 1)], (254, 10));
        check("mph", &[("length", 1), ("time", -1)], (1_609_344, 3600));
    }

    #[test]
    fn other_words_are_no_units() {
        for text in ["apples", "square units", "miles per gallon of", "rows per hour", "feet per"] {
            let expected = text == "miles per gallon of";
            assert_eq!(dimension(&tokens(text).unwrap()).is_some(), expected, "{text}");
        }
    }
}
