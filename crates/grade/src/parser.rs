//! Tokens to one expression, by recursive descent with a depth limit.
//!
//! Implicit products bind like explicit ones (`1/2x` is `(1/2)x`); a number directly before a fraction of numbers
//! is a mixed number. Anything left over makes the whole parse fail: half-read answers would be false accepts.

mod matrix;

use num_bigint::BigInt;
use num_rational::BigRational;

use crate::expression::{Expression, Function, Several};
use crate::limits::{CHAIN, DEPTH};
use crate::token::{Bracket, Literal, Token};

/// The expression that all of `tokens` spell.
pub(crate) fn expression(tokens: &[Token]) -> Option<Expression> {
    let mut parser = Parser { tokens, at: 0, depth: 0, bars: 0, pending: None };
    let expression = parser.sum()?;
    (parser.at == tokens.len() && parser.pending.is_none()).then_some(expression)
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
    /// Absolute-value bars that are open.
    bars: usize,
    /// Digits left of a number of which `\frac12` took the first.
    pending: Option<Token>,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&Token> {
        self.pending.as_ref().or_else(|| self.tokens.get(self.at))
    }

    fn peek_second(&self) -> Option<&'a Token> {
        self.tokens.get(if self.pending.is_some() { self.at } else { self.at + 1 })
    }

    fn next(&mut self) -> Option<Token> {
        if let Some(token) = self.pending.take() {
            return Some(token);
        }
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn take(&mut self, token: &Token) -> bool {
        let found = self.peek() == Some(token);
        if found {
            self.next();
        }
        found
    }

    fn expect(&mut self, token: &Token) -> Option<()> {
        self.take(token).then_some(())
    }

    fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth >= DEPTH {
            return None;
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    fn sum(&mut self) -> Option<Expression> {
        self.deeper(|parser| {
            let mut terms = vec![parser.product()?];
            loop {
                if parser.take(&Token::Plus) {
                    terms.push(parser.product()?);
                } else if parser.take(&Token::Minus) {
                    terms.push(parser.product()?.negative());
                } else {
                    return Some(if terms.len() == 1 { terms.remove(0) } else { Expression::Sum(terms) });
                }
            }
        })
    }

    fn product(&mut self) -> Option<Expression> {
        let mut negative = false;
        let mut product = self.signed(&mut negative)?;
        let mut quotients = 0;
        loop {
            if quotients > CHAIN {
                return None;
            }
            if self.take(&Token::Times) {
                product = multiply(product, self.signed(&mut negative)?);
            } else if self.take(&Token::Over) {
                quotients += 1;
                product = product.over(self.signed(&mut negative)?);
            } else if self.starts_factor() {
                product = multiply(product, self.power()?);
            } else {
                return Some(if negative { product.negative() } else { product });
            }
        }
    }

    /// A factor after any number of signs, which flip `negative`.
    fn signed(&mut self, negative: &mut bool) -> Option<Expression> {
        loop {
            if self.take(&Token::Minus) {
                *negative = !*negative;
            } else if !self.take(&Token::Plus) {
                return self.power();
            }
        }
    }

    /// Whether the next token begins a factor of an implicit product.
    fn starts_factor(&self) -> bool {
        match self.peek() {
            Some(Token::Number(_)) => {
                // `2 3` is not a product; `x 3` and `(a)3` are.
                let previous = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
                self.pending.is_some() || !matches!(previous, Some(Token::Number(_)))
            }
            Some(Token::Open(bracket)) => *bracket != Bracket::Set && *bracket != Bracket::Angle,
            Some(Token::Bar) => self.bars == 0,
            Some(
                Token::Symbol(_)
                | Token::Pi
                | Token::Fraction
                | Token::Root
                | Token::Binomial
                | Token::Function(_)
                | Token::Logarithm
                | Token::Several(_)
                | Token::Begin(_),
            ) => true,
            _ => false,
        }
    }

    fn power(&mut self) -> Option<Expression> {
        self.deeper(|parser| {
            let mut base = parser.primary()?;
            for _ in 0..CHAIN {
                if parser.take(&Token::Bang) {
                    base = Expression::Factorial(Box::new(base));
                } else if parser.take(&Token::Percent) {
                    if parser.starts_factor() {
                        // `7 % 3` is a remainder, and no product with a percentage.
                        return None;
                    }
                    base = Expression::Percent(Box::new(base));
                } else if parser.take(&Token::Degree) {
                    base = Expression::Degrees(Box::new(base));
                } else if parser.take(&Token::Power) {
                    let exponent = parser.exponent()?;
                    base = base.power(exponent);
                } else {
                    return Some(base);
                }
            }
            None
        })
    }

    /// What stands above: a group, or one factor with its sign; `2^3^4` is `2^(3^4)`.
    fn exponent(&mut self) -> Option<Expression> {
        let mut negative = false;
        while matches!(self.peek(), Some(Token::Minus | Token::Plus)) {
            negative ^= self.next() == Some(Token::Minus);
        }
        let grouped = self.peek() == Some(&Token::Open(Bracket::Group));
        let mut exponent = self.deeper(Self::primary)?;
        if !grouped && self.take(&Token::Power) {
            exponent = exponent.power(self.deeper(Self::exponent)?);
        }
        Some(if negative { exponent.negative() } else { exponent })
    }

    /// A TeX argument: a group or one token, of a number only its first digit.
    fn argument(&mut self) -> Option<Expression> {
        if let Some(Token::Number(literal)) = self.peek() {
            if literal.whole.len() > 1 && literal.is_whole() {
                let (first, rest) = literal.whole.split_at(1);
                let number = |digits: &str| Literal { whole: digits.to_owned(), ..Literal::default() };
                let (first, rest) = (number(first), number(rest));
                self.next();
                self.pending = Some(Token::Number(rest));
                return first.value().map(Expression::Number);
            }
            let Some(Token::Number(literal)) = self.next() else { return None };
            return literal.value().map(Expression::Number);
        }
        self.deeper(Self::primary)
    }

    fn primary(&mut self) -> Option<Expression> {
        match self.next()? {
            Token::Number(literal) => self.number(&literal),
            Token::Symbol(name) => self.symbol(name),
            Token::Pi => Some(Expression::Pi),
            Token::Open(bracket) => self.bracketed(bracket),
            Token::Bar => {
                self.bars += 1;
                let inside = self.sum()?;
                self.bars -= 1;
                self.expect(&Token::Bar)?;
                Some(Expression::Call(Function::Absolute, Box::new(inside)))
            }
            Token::Fraction => {
                let numerator = self.argument()?;
                Some(numerator.over(self.argument()?))
            }
            Token::Binomial => {
                let above = self.argument()?;
                Some(Expression::Binomial(Box::new(above), Box::new(self.argument()?)))
            }
            Token::Root => self.root(),
            Token::Function(function) => self.call(function),
            Token::Logarithm => self.logarithm(),
            Token::Several(several) => self.several(several),
            Token::Begin(kind) if kind == "matrix" => self.matrix(&kind),
            Token::Begin(kind) if kind == "vmatrix" => {
                let Expression::Matrix(rows) = self.matrix(&kind)? else { return None };
                matrix::determinant(&rows)
            }
            _ => None,
        }
    }

    /// A number, a mixed number or a number in another base.
    fn number(&mut self, literal: &Literal) -> Option<Expression> {
        if self.take(&Token::Under) {
            let Expression::Number(base) = self.deeper(Self::primary)? else { return None };
            return in_base(&literal.whole, &base).filter(|_| literal.is_whole());
        }
        let value = Expression::Number(literal.value()?);
        if !literal.is_whole() {
            return Some(value);
        }
        let fraction = if self.peek() == Some(&Token::Fraction) && self.plain_fraction_follows() {
            self.argument()?
        } else if let (Some(Token::Number(above)), Some(Token::Over), Some(Token::Number(below))) =
            (self.peek().cloned(), self.peek_second(), self.tokens.get(self.at + 2))
            && self.pending.is_none()
            && above.is_whole()
            && below.is_whole()
        {
            self.at += 3;
            Expression::Number(above.value()?).over(Expression::Number(below.value()?))
        } else {
            return Some(value);
        };
        Some(Expression::Sum(vec![value, fraction]))
    }

    /// Whether the fraction at hand has plain whole numbers above and below. Looks ahead instead of parsing and
    /// going back, which would be exponential in nested fractions.
    fn plain_fraction_follows(&self) -> bool {
        let mut rest = self.tokens.get(self.at + 1..).unwrap_or_default();
        let mut arguments = 0;
        while arguments < 2 {
            match rest {
                [
                    Token::Open(Bracket::Group),
                    Token::Number(inner),
                    Token::Close(Bracket::Group),
                    after @ ..,
                ] if inner.is_whole() => {
                    arguments += 1;
                    rest = after;
                }
                [Token::Number(inner), after @ ..] if inner.is_whole() => {
                    arguments += inner.whole.len();
                    rest = after;
                }
                _ => return false,
            }
        }
        true
    }

    fn symbol(&mut self, mut name: String) -> Option<Expression> {
        while self.take(&Token::Prime) {
            name.push('\'');
        }
        if self.take(&Token::Under) {
            name.push('_');
            if self.take(&Token::Open(Bracket::Group)) {
                while !self.take(&Token::Close(Bracket::Group)) {
                    name.push_str(&self.next()?.to_string());
                }
            } else {
                name.push_str(&self.next()?.to_string());
            }
        }
        Some(match name.as_str() {
            "i" => Expression::ImaginaryUnit,
            "e" => Expression::Euler,
            _ => Expression::Variable(name),
        })
    }

    fn bracketed(&mut self, bracket: Bracket) -> Option<Expression> {
        let bars = std::mem::take(&mut self.bars);
        let mut inside = self.sum()?;
        if self.take(&Token::Choose) {
            inside = Expression::Binomial(Box::new(inside), Box::new(self.sum()?));
        }
        self.bars = bars;
        self.expect(&Token::Close(bracket))?;
        match bracket {
            Bracket::Round | Bracket::Square | Bracket::Group => Some(inside),
            Bracket::Floor => Some(Expression::Call(Function::Floor, Box::new(inside))),
            Bracket::Ceiling => Some(Expression::Call(Function::Ceiling, Box::new(inside))),
            Bracket::Set | Bracket::Angle => None,
        }
    }

    fn root(&mut self) -> Option<Expression> {
        let mut degree = 2;
        if self.take(&Token::Open(Bracket::Square)) {
            let Token::Number(literal) = self.next()? else { return None };
            degree = literal.whole.parse().ok().filter(|degree| *degree <= 64 && literal.is_whole())?;
            self.expect(&Token::Close(Bracket::Square))?;
        }
        let of = self.deeper(Self::primary)?;
        Some(Expression::Root { degree, of: Box::new(of) })
    }

    /// The argument of a named function: a bracket, or the factors up to the next function.
    fn operand(&mut self) -> Option<Expression> {
        if matches!(self.peek(), Some(Token::Open(Bracket::Round | Bracket::Group | Bracket::Square))) {
            return self.deeper(Self::primary);
        }
        let mut negative = false;
        let mut operand = self.signed(&mut negative)?;
        while self.starts_factor()
            && !matches!(
                self.peek(),
                Some(Token::Function(_) | Token::Logarithm | Token::Open(Bracket::Round))
            )
        {
            operand = multiply(operand, self.power()?);
        }
        Some(if negative { operand.negative() } else { operand })
    }

    fn call(&mut self, function: Function) -> Option<Expression> {
        let exponent = if self.take(&Token::Power) { Some(self.exponent()?) } else { None };
        let operand = self.deeper(Self::operand)?;
        let inverse = |function| match function {
            Function::Sin => Some(Function::Arcsin),
            Function::Cos => Some(Function::Arccos),
            Function::Tan => Some(Function::Arctan),
            _ => None,
        };
        let is_inverse = exponent == Some(Expression::integer(1).negative());
        if is_inverse {
            return Some(Expression::Call(inverse(function)?, Box::new(operand)));
        }
        let call = Expression::Call(function, Box::new(operand));
        Some(match exponent {
            Some(exponent) => call.power(exponent),
            None => call,
        })
    }

    /// `\log` without a base is decimal, as in school mathematics; `\ln` is its own function.
    fn logarithm(&mut self) -> Option<Expression> {
        let base =
            if self.take(&Token::Under) { self.deeper(Self::primary)? } else { Expression::integer(10) };
        let exponent = if self.take(&Token::Power) { Some(self.exponent()?) } else { None };
        let of = self.deeper(Self::operand)?;
        let logarithm = Expression::Logarithm { base: Box::new(base), of: Box::new(of) };
        Some(match exponent {
            Some(exponent) => logarithm.power(exponent),
            None => logarithm,
        })
    }

    fn several(&mut self, several: Several) -> Option<Expression> {
        self.expect(&Token::Open(Bracket::Round))?;
        let mut arguments = vec![self.sum()?];
        while self.take(&Token::Comma) {
            arguments.push(self.sum()?);
        }
        self.expect(&Token::Close(Bracket::Round))?;
        Some(Expression::CallSeveral(several, arguments))
    }
}

fn multiply(a: Expression, b: Expression) -> Expression {
    match a {
        Expression::Product(mut factors) => {
            factors.push(b);
            Expression::Product(factors)
        }
        a => Expression::Product(vec![a, b]),
    }
}

/// The value of decimal digits read in another base.
pub(crate) fn in_base(digits: &str, base: &BigRational) -> Option<Expression> {
    let base: u32 = base.is_integer().then(|| base.numer().try_into().ok())??;
    if !(2..=36).contains(&base) || digits.len() > 256 {
        return None;
    }
    let value = BigInt::parse_bytes(digits.to_lowercase().as_bytes(), base)?;
    Some(Expression::Number(BigRational::from_integer(value)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::exact;
    use crate::lexer::tokens;

    fn check(text: &str, numerator: i64, denominator: i64) {
        let expression =
            expression(&tokens(text).unwrap()).unwrap_or_else(|| panic!("{text} does not parse"));
        assert_eq!(
            exact(&expression),
            Some(BigRational::new(numerator.into(), denominator.into())),
            "{text}"
        );
    }

    #[test]
    fn numbers_in_all_their_spellings() {
        check(r"8\frac47", 60, 7);
        check(r"-3\frac{8}{9}", -35, 9);
        check("3 1/2", 7, 2);
        check(r"\frac 59", 5, 9);
        check(r"\frac9{19}", 9, 19);
        check(r"\frac{270}7", 270, 7);
        check(r"0.\overline{3}", 1, 3);
        check(r"3 \times 10^{-2}", 3, 100);
        check("1.5e3", 1500, 1);
        check(r"52_8", 42, 1);
        check(r"\binom{5}{2} + 3!", 16, 1);
        check(r"(-\frac12)^9 \cdot 2^9", -1, 1);
        check(r"-2^2", -4, 1);
        check(r"2^3^2", 512, 1);
        check(r"\log_2 8 + |{-3}| + \lfloor 2.7 \rfloor", 8, 1);
        check(r"{5 \choose 2}", 10, 1);
    }

    #[test]
    fn leftovers_make_the_parse_fail() {
        for text in ["2 3", "x +", "(1", "1)", r"\frac{1}", "3 & 4", "5 daps", r"\foo{2}"] {
            assert_eq!(expression(&tokens(text).unwrap()), None, "{text}");
        }
    }
}
