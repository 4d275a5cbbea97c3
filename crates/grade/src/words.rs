//! Words that mean something in an answer: commands, functions and units.

use crate::expression::{Function, Several};
use crate::token::{Bracket, Relation, Token};

/// The token of a TeX command or of a bare word that can only mean that command.
pub(crate) fn function(name: &str) -> Option<Token> {
    let function = match name {
        "sin" => Function::Sin,
        "cos" => Function::Cos,
        "tan" | "tg" => Function::Tan,
        "cot" | "ctg" => Function::Cot,
        "sec" => Function::Sec,
        "csc" | "cosec" => Function::Csc,
        "arcsin" | "asin" => Function::Arcsin,
        "arccos" | "acos" => Function::Arccos,
        "arctan" | "atan" => Function::Arctan,
        "arccot" => Function::Arccot,
        "sinh" => Function::Sinh,
        "cosh" => Function::Cosh,
        "tanh" => Function::Tanh,
        "ln" => Function::Ln,
        "exp" => Function::Exp,
        "Re" => Function::Real,
        "Im" => Function::Imaginary,
        "log" | "lg" => return Some(Token::Logarithm),
        "gcd" => return Some(Token::Several(Several::Gcd)),
        "lcm" => return Some(Token::Several(Several::Lcm)),
        "max" => return Some(Token::Several(Several::Max)),
        "min" => return Some(Token::Several(Several::Min)),
        "pi" => return Some(Token::Pi),
        "sqrt" => return Some(Token::Root),
        "infty" | "infinity" | "inf" => return Some(Token::Infinity),
        "binom" => return Some(Token::Binomial),
        _ => return None,
    };
    Some(Token::Function(function))
}

/// The token of a TeX command that is written with a backslash only.
pub(crate) fn command(name: &str) -> Option<Token> {
    Some(match name {
        "times" | "cdot" | "ast" | "bullet" => Token::Times,
        "div" => Token::Over,
        "pm" => Token::PlusMinus,
        "mp" => Token::MinusPlus,
        "frac" | "dfrac" | "tfrac" | "cfrac" | "nicefrac" | "sfrac" => Token::Fraction,
        "dbinom" | "tbinom" => Token::Binomial,
        "choose" => Token::Choose,
        "le" | "leq" | "leqslant" | "leqq" => Token::Relation(Relation::LessOrEqual),
        "ge" | "geq" | "geqslant" | "geqq" => Token::Relation(Relation::GreaterOrEqual),
        "lt" => Token::Relation(Relation::Less),
        "gt" => Token::Relation(Relation::Greater),
        "ne" | "neq" => Token::Relation(Relation::NotEqual),
        "approx" | "doteq" | "simeq" => Token::Relation(Relation::Equal),
        "in" => Token::In,
        "cup" | "bigcup" => Token::Cup,
        "cap" | "bigcap" => Token::Cap,
        "setminus" | "smallsetminus" | "backslash" => Token::Without,
        "emptyset" | "varnothing" | "O" => Token::EmptySet,
        "circ" | "degree" | "textdegree" => Token::Degree,
        "percent" => Token::Percent,
        "prime" => Token::Prime,
        "mid" | "vert" | "lvert" | "rvert" | "Vert" | "lVert" | "rVert" => Token::Bar,
        "lfloor" => Token::Open(Bracket::Floor),
        "rfloor" => Token::Close(Bracket::Floor),
        "lceil" => Token::Open(Bracket::Ceiling),
        "rceil" => Token::Close(Bracket::Ceiling),
        "langle" => Token::Open(Bracket::Angle),
        "rangle" => Token::Close(Bracket::Angle),
        "lbrace" => Token::Open(Bracket::Set),
        "rbrace" => Token::Close(Bracket::Set),
        "lbrack" => Token::Open(Bracket::Square),
        "rbrack" => Token::Close(Bracket::Square),
        "lparen" => Token::Open(Bracket::Round),
        "rparen" => Token::Close(Bracket::Round),
        "overline" | "bar" | "dot" => Token::Overline,
        "land" | "wedge" | "lor" | "vee" => Token::And,
        "colon" => Token::Colon,
        "cr" => Token::NewRow,
        _ => return function(name),
    })
}

/// Greek letters that serve as variables.
pub(crate) fn is_greek(name: &str) -> bool {
    matches!(
        name.strip_prefix("var").unwrap_or(name),
        "alpha"
            | "beta"
            | "gamma"
            | "delta"
            | "epsilon"
            | "zeta"
            | "eta"
            | "theta"
            | "iota"
            | "kappa"
            | "lambda"
            | "mu"
            | "nu"
            | "xi"
            | "rho"
            | "sigma"
            | "tau"
            | "upsilon"
            | "phi"
            | "chi"
            | "psi"
            | "omega"
            | "ell"
            | "Gamma"
            | "Delta"
            | "Theta"
            | "Lambda"
            | "Xi"
            | "Sigma"
            | "Phi"
            | "Psi"
            | "Omega"
    )
}

/// Commands that only change how things look.
pub(crate) fn is_decoration(name: &str) -> bool {
    matches!(
        name,
        "left"
            | "right"
            | "middle"
            | "displaystyle"
            | "textstyle"
            | "scriptstyle"
            | "limits"
            | "quad"
            | "qquad"
            | "big"
            | "Big"
            | "bigg"
            | "Bigg"
            | "bigl"
            | "bigr"
            | "Bigl"
            | "Bigr"
            | "biggl"
            | "biggr"
            | "Biggl"
            | "Biggr"
            | "thinspace"
            | "enspace"
            | "hline"
            | "rm"
            | "bf"
            | "it"
            | "mathstrut"
            | "strut"
            | "vec"
            | "boldsymbol"
            | "bm"
            | "nonumber"
            | "notag"
            | "centering"
            | "large"
            | "Large"
            | "small"
            | "normalsize"
            | "phantom"
            | "hspace"
            | "boxed"
            | "fbox"
            | "ensuremath"
            | "therefore"
            | "space"
            | "medspace"
    )
}

/// Commands whose argument is prose or an upright name.
pub(crate) fn is_text_command(name: &str) -> bool {
    matches!(
        name,
        "text"
            | "mbox"
            | "textbf"
            | "textit"
            | "textrm"
            | "textnormal"
            | "textsf"
            | "texttt"
            | "mathrm"
            | "mathbf"
            | "mathit"
            | "mathsf"
            | "operatorname"
            | "emph"
            | "hbox"
            | "bold"
            | "underline"
            | "mathcal"
            | "textup"
    )
}

/// What a unit measures and how large it is beside the first unit of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) kind: &'static str,
    pub(crate) numerator: u32,
    pub(crate) denominator: u32,
}

/// A unit by its name in the singular or plural.
pub(crate) fn unit(word: &str) -> Option<Unit> {
    let lower = word.to_lowercase();
    let (kind, numerator, denominator) = match lower.as_str() {
        "mm" | "millimeter" | "millimeters" | "millimetre" | "millimetres" => ("length", 1, 1),
        "cm" | "centimeter" | "centimeters" | "centimetre" | "centimetres" => ("length", 10, 1),
        "m" | "meter" | "meters" | "metre" | "metres" => ("length", 1000, 1),
        "km" | "kilometer" | "kilometers" | "kilometre" | "kilometres" => ("length", 1_000_000, 1),
        "in" | "inch" | "inches" => ("length", 254, 10),
        "ft" | "foot" | "feet" => ("length", 3048, 10),
        "yd" | "yard" | "yards" => ("length", 9144, 10),
        "mi" | "mile" | "miles" => ("length", 1_609_344, 1),
        "mg" | "milligram" | "milligrams" => ("mass", 1, 1000),
        "g" | "gm" | "gram" | "grams" => ("mass", 1, 1),
        "kg" | "kilogram" | "kilograms" => ("mass", 1000, 1),
        "lb" | "lbs" | "pound" | "pounds" => ("weight", 16, 1),
        "oz" | "ounce" | "ounces" => ("weight", 1, 1),
        "s" | "sec" | "secs" | "second" | "seconds" => ("time", 1, 1),
        "min" | "mins" | "minute" | "minutes" => ("time", 60, 1),
        "h" | "hr" | "hrs" | "hour" | "hours" => ("time", 3600, 1),
        "day" | "days" => ("time", 86_400, 1),
        "week" | "weeks" => ("time", 604_800, 1),
        "month" | "months" => ("months", 1, 1),
        "year" | "years" | "yr" | "yrs" => ("months", 12, 1),
        "ml" | "milliliter" | "milliliters" => ("volume", 1, 1),
        "l" | "liter" | "liters" | "litre" | "litres" => ("volume", 1000, 1),
        "cup" | "cups" => ("cups", 1, 1),
        "pint" | "pints" => ("cups", 2, 1),
        "quart" | "quarts" => ("cups", 4, 1),
        "gallon" | "gallons" | "gal" => ("cups", 16, 1),
        "cent" | "cents" => ("money", 1, 1),
        "dollar" | "dollars" | "usd" | "buck" | "bucks" => ("money", 100, 1),
        "percent" | "pct" | "percentage" => ("percent", 1, 1),
        "degree" | "degrees" | "deg" => ("degree", 1, 1),
        "radian" | "radians" | "rad" => ("radian", 1, 1),
        "mph" => ("speed", 1, 1),
        _ => return None,
    };
    Some(Unit { kind, numerator, denominator })
}

/// Whether a run of bare letters is a word rather than a product of variables.
pub(crate) fn is_word(run: &str) -> bool {
    let length = run.len();
    if length < 2 {
        return false;
    }
    if unit(run).is_some()
        || matches!(run, "sq" | "cu" | "th" | "st" | "nd" | "rd" | "am" | "pm" | "the" | "way")
    {
        return true;
    }
    let bytes = run.as_bytes();
    let upper = bytes.iter().filter(|byte| byte.is_ascii_uppercase()).count();
    if length >= 3 && (upper == length || (upper == 1 && bytes[0].is_ascii_uppercase())) {
        return true;
    }
    // `abcd` and `wxyz` are products; `daps` and `students` are not.
    let alphabetical = bytes.windows(2).all(|pair| pair[0] <= pair[1]);
    length >= 4 && !(alphabetical && length <= 6)
}
