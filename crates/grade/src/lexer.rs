//! Text to tokens: numbers with their separators, commands, words, brackets.
//!
//! Knows typography only. Whether `(1,2)` is a point or an interval is decided later.

mod number;

use crate::limits::{DEPTH, TOKENS};
use crate::token::{Bracket, Relation, Token};
use crate::words::{command, function, is_decoration, is_greek, is_text_command, is_word};

/// The tokens of `text`, or `None` if there are too many.
pub(crate) fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut lexer = Lexer {
        text,
        at: 0,
        tokens: Vec::with_capacity(16),
        brackets: 0,
        prose: 0,
        units: false,
        unclosed: 0,
    };
    lexer.run().then_some(lexer.tokens)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<Token>,
    /// Visible brackets that are open; inside them a comma separates even before three digits.
    brackets: usize,
    /// How many `\text{` are open.
    prose: usize,
    /// Whether a single letter is the sign of a unit, as in `5\text{ m}`.
    units: bool,
    /// Braces found never to close.
    unclosed: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn push(&mut self, token: Token) {
        self.tokens.push(token);
    }

    /// Steps over `prefix` if it is next.
    fn take(&mut self, prefix: &str) -> bool {
        let found = self.rest().starts_with(prefix);
        if found {
            self.at += prefix.len();
        }
        found
    }

    fn skip_spaces(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn letters(&mut self) -> &'a str {
        let rest = self.rest();
        let length = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        self.at += length;
        &rest[..length]
    }

    /// The text up to the matching closing brace, if the next character opens one.
    fn braced(&mut self) -> Option<&'a str> {
        self.skip_spaces();
        // Each unclosed brace costs a scan to the end: after a few, none is expected to close.
        if self.peek() != Some(b'{') || self.unclosed > 8 {
            return None;
        }
        let Some(content) = crate::braces::balanced(self.rest()) else {
            self.unclosed += 1;
            return None;
        };
        self.at += content.len() + 2;
        Some(content)
    }

    fn run(&mut self) -> bool {
        while let Some(byte) = self.peek() {
            if self.tokens.len() > TOKENS {
                return false;
            }
            match byte {
                b'0'..=b'9' => self.number(),
                b'.' if self.rest().as_bytes().get(1).is_some_and(u8::is_ascii_digit) => self.number(),
                b'a'..=b'z' | b'A'..=b'Z' => self.word(),
                b'\\' => self.escape(),
                _ => self.sign(byte),
            }
        }
        true
    }

    fn word(&mut self) {
        let start = self.at;
        let run = self.letters();
        if self.units && matches!(run, "m" | "g" | "s" | "h" | "l" | "L" | "N" | "J" | "W" | "V") {
            return self.push(Token::Word(run.to_owned()));
        }
        if let Some(token) = self.known(run) {
            return self.push(token);
        }
        if run.len() >= 2 && (self.prose > 0 || is_word(run)) {
            return self.push(Token::Word(run.to_owned()));
        }
        // `sinx`, `lnx`: a function written against its argument.
        let prefix = [6, 5, 4, 3, 2].into_iter().filter(|length| *length < run.len());
        for length in prefix {
            if let Some(token) = run.get(..length).and_then(function) {
                self.push(token);
                self.at = start + length;
                return;
            }
        }
        for letter in run.bytes() {
            self.push(Token::Symbol((letter as char).to_string()));
        }
    }

    fn known(&self, run: &str) -> Option<Token> {
        if run.len() == 1 {
            let union = run == "U" && matches!(self.tokens.last(), Some(Token::Close(_)));
            return union.then_some(Token::Cup);
        }
        match run {
            "and" | "And" | "AND" => Some(Token::And),
            "or" | "Or" | "OR" => Some(Token::Or),
            "union" if self.brackets == 0 => Some(Token::Cup),
            // After a number these are minutes and inches.
            "min" if matches!(self.tokens.last(), Some(Token::Number(_))) => None,
            _ if is_greek(run) && run.len() > 2 => Some(Token::Symbol(format!("\\{run}"))),
            _ => function(run),
        }
    }

    fn escape(&mut self) {
        self.at += 1;
        let Some(next) = self.peek() else { return };
        if next.is_ascii_alphabetic() {
            let name = self.letters();
            return self.command(name);
        }
        if !next.is_ascii() {
            return;
        }
        self.at += 1;
        match next {
            b'\\' => {
                // `\\[4pt]` is one row break.
                if self.rest().starts_with('[') {
                    let length = self.rest().bytes().take(12).position(|byte| byte == b']');
                    let is_length = |inner: &str| inner.ends_with("pt") || inner.ends_with("ex");
                    if let Some(length) = length.filter(|length| is_length(&self.rest()[1..*length])) {
                        self.at += length + 1;
                    }
                }
                self.push(Token::NewRow);
            }
            b'{' => self.open(Bracket::Set),
            b'}' => self.close(Bracket::Set),
            b'|' => self.push(Token::Bar),
            b'%' => self.push(Token::Percent),
            b'$' => self.push(Token::Currency),
            b'&' => self.push(Token::Other("&".to_owned())),
            b'#' | b'_' => self.push(Token::Other((next as char).to_string())),
            _ => {}
        }
    }

    fn command(&mut self, name: &str) {
        if name == "left" || name == "right" {
            // `\left.` and `\right.` are invisible.
            self.skip_spaces();
            self.take(".");
            return;
        }
        if is_text_command(name) {
            if let Some(content) = self.braced() {
                self.prose(content, name);
            }
            return;
        }
        match name {
            "mathbb" | "Bbb" => {
                let set = self.braced().map_or("", str::trim);
                self.push(if set == "R" { Token::Reals } else { Token::Other(format!("\\mathbb{set}")) });
            }
            "begin" | "end" => {
                let environment = self.braced().map_or("", |inner| inner.trim().trim_end_matches('*'));
                let matrix = matches!(
                    environment,
                    "matrix" | "pmatrix" | "bmatrix" | "Bmatrix" | "smallmatrix" | "psmallmatrix" | "array"
                );
                let kind = if matrix { "matrix" } else { environment }.to_owned();
                if name == "end" {
                    self.push(Token::End(kind));
                } else {
                    if environment == "array" {
                        self.braced();
                    }
                    self.push(Token::Begin(kind));
                }
            }
            "hspace" | "phantom" | "vspace" => {
                self.braced();
            }
            _ if is_greek(name) => self.push(Token::Symbol(format!("\\{name}"))),
            _ if is_decoration(name) => {}
            // `\quadx` would not compile, yet it is written.
            _ if name.starts_with("quad") => self.at -= name.len() - 4,
            _ => self.push(command(name).unwrap_or_else(|| Token::Other(format!("\\{name}")))),
        }
    }

    /// The inside of `\text{...}`: words stay whole, but digits and single letters are what they are.
    fn prose(&mut self, content: &str, name: &str) {
        if self.prose >= DEPTH {
            return;
        }
        if matches!(content.trim(), "e" | "i" | "d") {
            return self.push(Token::Symbol(content.trim().to_owned()));
        }
        let upright = matches!(name, "text" | "mathrm" | "mbox" | "textrm" | "textnormal" | "rm");
        let counted = matches!(self.tokens.last(), Some(Token::Number(_) | Token::Close(_) | Token::Pi));
        let separates = matches!(content.trim(), "," | ", " | ";");
        if separates {
            return self.push(Token::Comma);
        }
        let mut inner = Lexer {
            text: content,
            at: 0,
            tokens: std::mem::take(&mut self.tokens),
            brackets: self.brackets,
            prose: self.prose + usize::from(name != "mathbf"),
            units: upright && counted,
            unclosed: self.unclosed,
        };
        inner.run();
        self.tokens = inner.tokens;
    }

    fn open(&mut self, bracket: Bracket) {
        self.brackets += usize::from(bracket != Bracket::Group);
        self.push(Token::Open(bracket));
    }

    fn close(&mut self, bracket: Bracket) {
        // `]1,100[`: a bracket turned outwards opens.
        if bracket == Bracket::Square && self.brackets == 0 {
            self.brackets = 2;
        }
        self.brackets = self.brackets.saturating_sub(usize::from(bracket != Bracket::Group));
        self.push(Token::Close(bracket));
    }

    fn sign(&mut self, byte: u8) {
        const PAIRS: [(&str, Token); 8] = [
            ("**", Token::Power),
            ("<=", Token::Relation(Relation::LessOrEqual)),
            (">=", Token::Relation(Relation::GreaterOrEqual)),
            ("=<", Token::Relation(Relation::LessOrEqual)),
            ("!=", Token::Relation(Relation::NotEqual)),
            ("==", Token::Relation(Relation::Equal)),
            ("+/-", Token::PlusMinus),
            ("+-", Token::PlusMinus),
        ];
        if let Some((sign, token)) = PAIRS.iter().find(|(sign, _)| self.rest().starts_with(sign)) {
            self.at += sign.len();
            return self.push(token.clone());
        }
        let start = self.at;
        self.at += self.rest().chars().next().map_or(1, char::len_utf8);
        match byte {
            b'+' => self.push(Token::Plus),
            b'-' => self.push(Token::Minus),
            b'*' => self.push(Token::Times),
            b'/' => self.push(Token::Over),
            b'^' => {
                self.skip_spaces();
                let degree = ["\\circ", "{\\circ}", "{ \\circ }", "\\degree", "{\\degree}", "{\\circ }"];
                if degree.iter().any(|mark| self.take(mark)) {
                    self.push(Token::Degree);
                } else {
                    self.push(Token::Power);
                }
            }
            b'_' => self.push(Token::Under),
            b'!' => self.push(Token::Bang),
            b'\'' => self.push(Token::Prime),
            b'|' => self.push(Token::Bar),
            b'%' => self.push(Token::Percent),
            b'$' => self.push(Token::Currency),
            b'(' => self.open(Bracket::Round),
            b')' => self.close(Bracket::Round),
            b'[' => self.open(Bracket::Square),
            b']' => self.close(Bracket::Square),
            b'{' => self.open(Bracket::Group),
            b'}' => self.close(Bracket::Group),
            b',' => self.push(Token::Comma),
            b';' => self.push(Token::Semicolon),
            b':' => self.push(Token::Colon),
            b'=' => self.push(Token::Relation(Relation::Equal)),
            b'<' => self.push(Token::Relation(Relation::Less)),
            b'>' => self.push(Token::Relation(Relation::Greater)),
            b'&' => self.push(Token::Ampersand),
            // The stop of an abbreviation (`sq. units`, `a.m.`) or of a sentence says nothing.
            b'.' if self.prose > 0 || self.rest().trim().is_empty() => {}
            b'.' if start > 0 && self.text.as_bytes()[start - 1].is_ascii_alphabetic() => {}
            b' ' | b'\t' | b'\n' | b'\r' | b'~' | b'"' | b'`' => {}
            _ if byte.is_ascii_control() => {}
            _ => self.push(Token::Other(self.text[start..self.at].to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_from_products() {
        assert_eq!(tokens("xy").unwrap().len(), 2);
        assert_eq!(tokens("abcd").unwrap().len(), 4);
        assert_eq!(tokens("daps").unwrap().len(), 1);
        assert_eq!(tokens(r"\text{right triangles}").unwrap().len(), 2);
    }
}
