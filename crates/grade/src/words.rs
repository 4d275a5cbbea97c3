//! Words that mean something in an answer: commands, functions and units.

use crate::expression::{Function, Several};
use crate::token::{Bracket, Relation, Token};
use crate::units::unit;

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
        "approx" | "doteq" | "simeq" | "approxeq" | "thickapprox" => Token::Relation(Relation::Approximate),
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
        "land" | "wedge" => Token::And,
        "lor" | "vee" => Token::Or,
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

/// Whether a run of bare letters is a word rather than a product of variables.
pub(crate) fn is_word(run: &str) -> bool {
    let length = run.len();
    if length < 2 {
        return false;
    }
    if unit(run).is_some()
        || matches!(
            run,
            "sq" | "cu"
                | "th"
                | "st"
                | "nd"
                | "rd"
                | "am"
                | "pm"
                | "the"
                | "way"
                | "one"
                | "forty"
                | "two"
                | "six"
                | "ten"
                | "per"
                | "to"
        )
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
