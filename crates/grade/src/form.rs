//! A canonical spelling for what has no computable value, such as `5^{5^{5^5}}`.
//!
//! Brackets, the order of sums and products and the kind of division sign go; nothing is computed but constants.

use crate::exact::exact;
use crate::expression::Expression;

/// The spelling, or `None` for matrices and what divides by zero, which are never equal to anything.
pub(crate) fn form(expression: &Expression) -> Option<String> {
    if let Some(value) = exact(expression) {
        return Some(value.to_string());
    }
    let pair =
        |name: &str, a: &Expression, b: &Expression| Some(format!("{name}({},{})", form(a)?, form(b)?));
    Some(match expression {
        Expression::Matrix(_) => return None,
        Expression::Sum(_) | Expression::Product(_) => {
            let sum = matches!(expression, Expression::Sum(_));
            let mut parts = Vec::new();
            flat(expression, sum, &mut parts)?;
            parts.sort_unstable();
            format!("{}({})", if sum { "sum" } else { "product" }, parts.join(","))
        }
        Expression::Negative(one) => format!("-{}", form(one)?),
        Expression::Quotient(_, below) if exact(below).is_some_and(|below| below.numer() == &0.into()) => {
            return None;
        }
        Expression::Quotient(above, below) => return pair("quotient", above, below),
        Expression::Power(base, exponent) => return pair("power", base, exponent),
        Expression::Binomial(above, below) => return pair("binomial", above, below),
        Expression::Logarithm { base, of } => return pair("log", base, of),
        Expression::Root { degree, of } => format!("root{degree}({})", form(of)?),
        Expression::Call(function, of) => format!("{function:?}({})", form(of)?),
        Expression::Factorial(of) => format!("factorial({})", form(of)?),
        Expression::Degrees(of) => format!("degrees({})", form(of)?),
        Expression::Percent(of) => format!("percent({})", form(of)?),
        Expression::CallSeveral(function, parts) => {
            let parts: Option<Vec<_>> = parts.iter().map(form).collect();
            format!("{function:?}({})", parts?.join(","))
        }
        Expression::Variable(name) => format!("[{name}]"),
        Expression::Pi | Expression::Euler | Expression::ImaginaryUnit | Expression::Number(_) => {
            format!("{expression:?}")
        }
    })
}

/// The terms of a sum or the factors of a product, nested ones spread out.
fn flat(expression: &Expression, sum: bool, into: &mut Vec<String>) -> Option<()> {
    match expression {
        Expression::Sum(parts) if sum => parts.iter().try_for_each(|part| flat(part, sum, into)),
        Expression::Product(parts) if !sum => parts.iter().try_for_each(|part| flat(part, sum, into)),
        other => form(other).map(|form| into.push(form)),
    }
}

#[cfg(test)]
mod tests {
    use crate::equal;

    #[test]
    fn towers_are_equal_to_themselves_in_other_brackets_only() {
        let tower = r"\frac{5^{5^{5^{5^5}} - 4} - 5}{16}";
        assert!(equal(tower, r"(5^{\left(5^{\left(5^{(5^5)}\right)} - 4\right)} - 5)/16"));
        assert!(equal(tower, r"\dfrac{-5 + 5^{-4 + 5^{5^{5^5}}}}{16}"));
        assert!(!equal(tower, r"\frac{5^{5^{5^{5^5}} - 3} - 5}{16}"));
        assert!(!equal(tower, r"\frac{5^{5^{5^{5^5}} - 4} - 5}{17}"));
    }
}
