//! Expression trees: what the parser builds and the evaluators read.

use num_rational::BigRational;

/// Functions of one argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Sin,
    Cos,
    Tan,
    Cot,
    Sec,
    Csc,
    Arcsin,
    Arccos,
    Arctan,
    Arccot,
    Sinh,
    Cosh,
    Tanh,
    Ln,
    Exp,
    Absolute,
    Floor,
    Ceiling,
    Real,
    Imaginary,
}

/// Functions of two or more integers or numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Several {
    Gcd,
    Lcm,
    Max,
    Min,
}

/// One node of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    Number(BigRational),
    Pi,
    Euler,
    ImaginaryUnit,
    Variable(String),
    Sum(Vec<Expression>),
    Product(Vec<Expression>),
    Negative(Box<Expression>),
    Quotient(Box<Expression>, Box<Expression>),
    Power(Box<Expression>, Box<Expression>),
    Root { degree: u32, of: Box<Expression> },
    Logarithm { base: Box<Expression>, of: Box<Expression> },
    Call(Function, Box<Expression>),
    CallSeveral(Several, Vec<Expression>),
    Factorial(Box<Expression>),
    Binomial(Box<Expression>, Box<Expression>),
    Degrees(Box<Expression>),
    Percent(Box<Expression>),
    Matrix(Vec<Vec<Expression>>),
}

impl Expression {
    pub(crate) fn integer(value: i64) -> Self {
        Self::Number(BigRational::from_integer(value.into()))
    }

    pub(crate) fn negative(self) -> Self {
        Self::Negative(Box::new(self))
    }

    pub(crate) fn over(self, denominator: Self) -> Self {
        Self::Quotient(Box::new(self), Box::new(denominator))
    }

    pub(crate) fn power(self, exponent: Self) -> Self {
        Self::Power(Box::new(self), Box::new(exponent))
    }

    pub(crate) fn minus(self, other: Self) -> Self {
        Self::Sum(vec![self, other.negative()])
    }

    /// The nodes directly below.
    pub(crate) fn children(&self) -> Vec<&Self> {
        match self {
            Self::Number(_) | Self::Pi | Self::Euler | Self::ImaginaryUnit | Self::Variable(_) => Vec::new(),
            Self::Sum(parts) | Self::Product(parts) | Self::CallSeveral(_, parts) => parts.iter().collect(),
            Self::Negative(one)
            | Self::Root { of: one, .. }
            | Self::Call(_, one)
            | Self::Factorial(one)
            | Self::Degrees(one)
            | Self::Percent(one) => vec![one],
            Self::Quotient(a, b) | Self::Power(a, b) | Self::Binomial(a, b) => vec![a, b],
            Self::Logarithm { base, of } => vec![base, of],
            Self::Matrix(rows) => rows.iter().flatten().collect(),
        }
    }

    /// Whether any node below satisfies the predicate.
    pub(crate) fn any(&self, predicate: &impl Fn(&Self) -> bool) -> bool {
        predicate(self) || self.children().into_iter().any(|child| child.any(predicate))
    }

    /// Number of nodes, and of those that cost a transcendental function or many multiplications.
    pub(crate) fn work(&self) -> (usize, usize) {
        let costly = matches!(
            self,
            Self::Power(..)
                | Self::Root { .. }
                | Self::Logarithm { .. }
                | Self::Call(..)
                | Self::Factorial(_)
                | Self::Binomial(..)
        );
        self.children()
            .into_iter()
            .map(Self::work)
            .fold((1, usize::from(costly)), |sum, child| (sum.0 + child.0, sum.1 + child.1))
    }

    /// Whether a variable occurs.
    pub(crate) fn has_variable(&self) -> bool {
        self.any(&|node| matches!(node, Self::Variable(_)))
    }

    /// The expression as a matrix of expressions, if sums and products with scalars make it one.
    pub(crate) fn as_matrix(&self) -> Option<Vec<Vec<Self>>> {
        match self {
            Self::Matrix(rows) => Some(rows.clone()),
            Self::Negative(one) => Some(map_entries(one.as_matrix()?, Self::negative)),
            Self::Quotient(one, by) => {
                Some(map_entries(one.as_matrix()?, |entry| entry.over((**by).clone())))
            }
            Self::Sum(parts) => {
                let mut matrices = parts.iter().map(Self::as_matrix);
                let first = matrices.next()??;
                matrices.try_fold(first, |sum, next| add_matrices(sum, next?))
            }
            Self::Product(parts) => {
                let at = parts.iter().position(|part| part.as_matrix().is_some())?;
                let scalars: Vec<_> = parts
                    .iter()
                    .enumerate()
                    .filter(|(i, _)| *i != at)
                    .map(|(_, part)| part.clone())
                    .collect();
                if scalars.iter().any(|part| part.any(&|node| matches!(node, Self::Matrix(_)))) {
                    return None;
                }
                Some(map_entries(parts[at].as_matrix()?, |entry| {
                    Self::Product(scalars.iter().cloned().chain([entry]).collect())
                }))
            }
            _ => None,
        }
    }
}

fn map_entries(rows: Vec<Vec<Expression>>, entry: impl Fn(Expression) -> Expression) -> Vec<Vec<Expression>> {
    rows.into_iter().map(|row| row.into_iter().map(&entry).collect()).collect()
}

fn add_matrices(a: Vec<Vec<Expression>>, b: Vec<Vec<Expression>>) -> Option<Vec<Vec<Expression>>> {
    let same_shape = a.len() == b.len() && a.iter().zip(&b).all(|(x, y)| x.len() == y.len());
    same_shape.then(|| {
        let row = |(x, y): (Vec<_>, Vec<_>)| {
            x.into_iter().zip(y).map(|(p, q)| Expression::Sum(vec![p, q])).collect()
        };
        a.into_iter().zip(b).map(row).collect()
    })
}
