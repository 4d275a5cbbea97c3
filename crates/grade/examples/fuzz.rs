//! Seeded random executions without a fuzzing engine: `cargo run --release --example fuzz -- [EXECUTIONS] [SEED]`.
//!
//! Each execution glues and mutates fragments of answers, extracts, parses and compares, and asserts symmetry and
//! reflexivity. Prints the number of executions and the slowest input.

use std::time::{Duration, Instant};

use deliberate_grade::{Answer, correct, extract, same};

const FRAGMENTS: &[&str] = &[
    "0",
    "1",
    "2",
    "7",
    "12",
    "345",
    "1,000",
    r"32,\!348",
    "3.14",
    ".5",
    "0.\\overline{3}",
    "1e9",
    "1e-400",
    "10^{10}",
    "9^{9^{9^9}}",
    "2^{1000}",
    "700!",
    "99999!",
    "x",
    "y",
    "n",
    "k",
    "i",
    "e",
    "a_1",
    "x_{12}",
    "\\pi",
    "\\theta",
    "\\alpha",
    "+",
    "-",
    "*",
    "/",
    "^",
    "_",
    "=",
    "<",
    ">",
    "\\le",
    "\\ge",
    "\\ne",
    "\\pm",
    "\\mp",
    "\\cdot",
    "\\times",
    "\\div",
    "\\frac",
    "\\frac12",
    "\\frac{1}{2}",
    "\\dfrac{x}{y}",
    "\\sqrt",
    "\\sqrt[3]{2}",
    "\\sqrt{17}",
    "\\binom{n}{k}",
    "\\sin",
    "\\cos^2",
    "\\tan",
    "\\log_2",
    "\\ln",
    "\\arctan",
    "\\lfloor",
    "\\rfloor",
    "|",
    "!",
    "'",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "\\{",
    "\\}",
    "\\left(",
    "\\right)",
    "\\left[",
    "\\right]",
    "\\langle",
    "\\rangle",
    ",",
    ", ",
    ";",
    ":",
    "\\cup",
    "\\cap",
    "\\setminus",
    "\\in",
    "\\infty",
    "\\mathbb{R}",
    "\\emptyset",
    "\\text{ cm}",
    "\\text{and}",
    "\\mathrm{e}",
    "\\mbox{ inches}^2",
    "^\\circ",
    "\\%",
    "%",
    "$",
    "\\$",
    "$$",
    "\\(",
    "\\)",
    "\\[",
    "\\]",
    "\\boxed{",
    "\\fbox{",
    "The answer is ",
    "#### ",
    "Final Answer: ",
    "\n",
    "\n\n",
    ". ",
    " is ",
    " or ",
    "units",
    "dollars",
    "**",
    "_8",
    "_{16}",
    "\\begin{pmatrix}",
    "\\end{pmatrix}",
    "\\begin{array}{cc}",
    "\\end{array}",
    "&",
    "\\\\",
    "\\,",
    "\\!",
    "{,}",
    "\\quad",
    "√",
    "π",
    "²",
    "½",
    "≤",
    "∞",
    "−",
    "°",
    "é",
    "日本",
    "\u{0}",
    "\\",
    "((((((((",
    "))))))))",
    "{{{{{{{{",
    "\\frac{\\frac{",
    "x^2-1",
    "(x-1)(x+1)",
    "\\frac{x^2-1}{x-1}",
    "1+\\sqrt{2}",
    "(1,2)",
    "[0,1)",
    "(-\\infty,3]",
    "\\{1,2,3\\}",
    "x=5",
    "3\\frac{1}{2}",
    "2+3i",
    "e^{i\\pi}",
    "\\sin 30^\\circ",
    "5 \\text{ ft}",
    "A",
    "Friday",
    "\\text{(C)}",
    "<think>",
    "</think>",
    "<answer>",
    "</answer>",
    "{\"answer\": ",
    "\nQ: ",
    "not ",
    " but ",
    "\\boxed{}",
    "１２",
    "⅝",
    "⁻³",
    "³⁄₄",
    "0.3\u{305}",
    "\\dot{3}",
    ".(3)",
    "...",
    "1.234.567",
    " million",
    "twenty-",
    "five",
    " km/h",
    " per ",
    "2 ft 6 in",
    " m^2",
    "3:07",
    " to ",
    "|x|<",
    "-2x<",
    ", x \\ne ",
    "]0,1[",
    "\\approx ",
    "\u{c}rac{1}{2}",
    "\text{",
    "2006!",
    "\\begin{vmatrix}",
    "\\end{vmatrix}",
    "(B) 12",
    "£",
    "'",
    " for all x \\in ",
    " (since ",
];

/// xorshift64*: small, fixed and good enough to choose fragments.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 33) as usize % bound.max(1)
    }

    /// A formula that mostly parses.
    fn formula(&mut self, depth: usize) -> String {
        const ATOMS: [&str; 14] =
            ["0", "1", "2", "7", "12", "3.5", "1,000", "x", "y", "n", "i", "e", "\\pi", "\\sqrt{2}"];
        const FORMS: [[&str; 3]; 26] = [
            ["", "+", ""],
            ["", "-", ""],
            ["", "\\cdot ", ""],
            ["", "/", ""],
            ["{", "}^{", "}"],
            ["\\frac{", "}{", "}"],
            ["\\binom{", "}{", "}"],
            ["(", ")(", ")"],
            ["\\sqrt{", "}", ""],
            ["\\sin(", ")+", ""],
            ["\\log_{", "}(", ")"],
            ["\\arctan{", "}^2-", ""],
            ["(", ",", ")"],
            ["[", ",", ")"],
            ["\\{", ",", "\\}"],
            ["", ", ", ""],
            ["(", ")!", ""],
            ["|", "|", ""],
            ["-", "\\pm ", ""],
            ["", "=", ""],
            ["", "\\le x <", ""],
            ["", "\\cup ", ""],
            ["\\begin{pmatrix}", "\\\\", "\\end{pmatrix}"],
            ["", "\\text{ and }", ""],
            ["\\lfloor ", "\\rfloor ", ""],
            ["", "%", "\\text{ cm}^2"],
        ];
        if depth == 0 || self.below(4) == 0 {
            return ATOMS[self.below(ATOMS.len())].to_owned();
        }
        let [before, between, after] = FORMS[self.below(FORMS.len())];
        let (left, right) = (self.formula(depth - 1), self.formula(depth - 1));
        format!("{before}{left}{between}{right}{after}")
    }

    fn text(&mut self) -> String {
        if self.below(2) == 0 {
            let depth = 1 + self.below(5);
            return self.formula(depth);
        }
        let mut text = String::new();
        for _ in 0..=self.below(12) {
            text.push_str(FRAGMENTS[self.below(FRAGMENTS.len())]);
        }
        // Now and then something long: one fragment many times.
        if self.below(50) == 0 {
            let fragment = FRAGMENTS[self.below(FRAGMENTS.len())];
            text.push_str(&fragment.repeat(self.below(600)));
        }
        self.mutated(&text)
    }

    /// The text with up to three characters removed, doubled or exchanged.
    fn mutated(&mut self, text: &str) -> String {
        let mut characters: Vec<char> = text.chars().collect();
        for _ in 0..self.below(4) {
            let at = self.below(characters.len());
            match self.below(3) {
                _ if characters.is_empty() => {}
                0 => {
                    characters.remove(at);
                }
                1 => characters.insert(at, characters[at]),
                _ => {
                    let other = self.below(characters.len());
                    characters.swap(at, other);
                }
            }
        }
        characters.into_iter().collect()
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let executions: u64 = arguments.next().and_then(|number| number.parse().ok()).unwrap_or(1_000_000);
    let seed: u64 = arguments.next().and_then(|number| number.parse().ok()).unwrap_or(1);
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut slowest = (Duration::ZERO, String::new());
    let (mut read, mut equal, mut found) = (0_u64, 0_u64, 0_u64);
    let begin = Instant::now();
    for _ in 0..executions {
        let first = random.text();
        let second = if random.below(2) == 0 { random.mutated(&first) } else { random.text() };
        let run = || {
            let start = Instant::now();
            let extracted = extract(&first).is_some();
            let (a, b) = (Answer::parse(&first), Answer::parse(&second));
            let forward = same(&a, &b);
            let verdict = correct(&a, &b);
            (start.elapsed(), extracted, a, b, forward, verdict)
        };
        let (mut time, extracted, a, b, forward, verdict) = run();
        // A busy machine interrupts: what counts as slow must be slow every time.
        for _ in 0..4 {
            if time > slowest.0 {
                time = time.min(run().0);
            }
        }
        found += u64::from(extracted);
        assert_eq!(forward, same(&b, &a), "not symmetric: {first:?} and {second:?}");
        assert!(verdict || !forward, "same but not correct: {first:?} and {second:?}");
        assert!(a.is_empty() || same(&a, &a), "not itself: {first:?}");
        read += u64::from(a.is_mathematics());
        equal += u64::from(forward);
        if time > slowest.0 {
            slowest = (time, format!("{first:?} and {second:?}"));
        }
    }
    println!("{executions} executions in {:.1} s, seed {seed}", begin.elapsed().as_secs_f64());
    println!("{read} read as mathematics, {equal} pairs equal, {found} answers extracted");
    let shown: String = slowest.1.chars().take(400).collect();
    println!("slowest {:.2} ms: {shown}", slowest.0.as_secs_f64() * 1e3);
}
