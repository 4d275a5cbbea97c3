//! Matrices and determinants.

use super::Parser;
use crate::expression::Expression;
use crate::limits::PARTS;
use crate::token::Token;

impl Parser<'_> {
    pub(super) fn matrix(&mut self, kind: &str) -> Option<Expression> {
        let end = Token::End(kind.to_owned());
        let mut rows = vec![Vec::new()];
        loop {
            if self.take(&end) {
                break;
            }
            if self.take(&Token::NewRow) {
                rows.push(Vec::new());
                continue;
            }
            let entry = self.sum()?;
            rows.last_mut()?.push(entry);
            if !self.take(&Token::Ampersand) && !matches!(self.peek(), Some(Token::NewRow | Token::End(_))) {
                return None;
            }
        }
        rows.retain(|row| !row.is_empty());
        let width = rows.first()?.len();
        let regular = rows.iter().all(|row| row.len() == width) && rows.len() * width <= PARTS * 2;
        regular.then_some(Expression::Matrix(rows))
    }
}

/// Expanded along the first row; four rows have 24 terms, and more are left as text.
pub(super) fn determinant(rows: &[Vec<Expression>]) -> Option<Expression> {
    if rows.len() > 4 || rows.iter().any(|row| row.len() != rows.len()) {
        return None;
    }
    let [first, below @ ..] = rows else { return None };
    if below.is_empty() {
        return Some(first[0].clone());
    }
    let term = |column: usize| {
        let without = |row: &Vec<Expression>| {
            row.iter().enumerate().filter(|(at, _)| *at != column).map(|(_, entry)| entry.clone()).collect()
        };
        let minor = determinant(&below.iter().map(without).collect::<Vec<_>>())?;
        let term = Expression::Product(vec![first[column].clone(), minor]);
        Some(if column % 2 == 1 { term.negative() } else { term })
    };
    (0..first.len()).map(term).collect::<Option<Vec<_>>>().map(Expression::Sum)
}

#[cfg(test)]
mod tests {
    use crate::equal;

    #[test]
    fn determinants_are_worked_out() {
        assert!(equal("-2", r"\begin{vmatrix}1&2\\3&4\end{vmatrix}"));
        assert!(equal("ad - bc", r"\begin{vmatrix}a&b\\c&d\end{vmatrix}"));
        assert!(equal("1", r"\begin{vmatrix}1&2&3\\0&1&4\\5&6&0\end{vmatrix}"));
        assert!(!equal("2", r"\begin{vmatrix}1&2\\3&4\end{vmatrix}"));
        assert!(!equal("1", r"\begin{vmatrix}1&2\end{vmatrix}"));
    }
}
