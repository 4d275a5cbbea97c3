//! Hostile and random input: no panic, no runaway, no equality by accident.

use deliberate_grade::{Answer, correct, equal, extract, same};
use proptest::prelude::*;

/// No clock: what is not cheap does not come to an end here.
#[test]
fn hostile_answers_are_read_and_equal_only_themselves() {
    let attacks = [
        "9^9^9^9".to_owned(),
        "9^{9^{9^{9^9}}}".to_owned(),
        "99999999999!".to_owned(),
        "((((99!)!)!)!)!".to_owned(),
        r"\binom{99999999}{49999999}".to_owned(),
        "1e999999999".to_owned(),
        "{".repeat(100_000),
        "\\frac{".repeat(100_000),
        "\\boxed{".repeat(100_000),
        "\\text{".repeat(1_000),
        "$".repeat(100_001),
        "(".repeat(5_000),
        "-".repeat(5_000) + "1",
        "|".repeat(700),
        "1/".repeat(700) + "1",
        "2^".repeat(700) + "2",
        "5".to_owned() + &"!".repeat(700),
        "\\pm 1".repeat(400),
        "1,".repeat(600) + "1",
        "7".repeat(1_000_000),
        "x+".repeat(390) + "x",
        "2\\frac".repeat(200),
        "\\sin".repeat(700),
        "\\sqrt[64]{".repeat(30) + "2" + &"}".repeat(30),
        "3.7^{999}".repeat(80),
        "日本語".repeat(100_000),
        "box".repeat(300_000),
        "is **".repeat(50_000),
        "answer is ".repeat(50_000),
        "answer ".repeat(50_000),
        ".".repeat(8_000),
        "1".to_owned() + &".".repeat(8_000),
        "1\\text{ cm}".repeat(700),
        "<".repeat(100_000),
        "<think>".repeat(50_000),
        "<answer>".repeat(50_000),
        "\nQ: ".repeat(50_000),
        "#### ".repeat(50_000),
        "#### 1\n".repeat(50_000),
        "\"answer\": ".repeat(50_000) + "{",
        "5000!/".repeat(12) + "4999!",
        "** ".repeat(50_000),
        "option is ".repeat(50_000),
    ];
    for attack in &attacks {
        let shown: String = attack.chars().take(20).collect();
        let _ = extract(attack);
        let answer = Answer::parse(attack);
        assert!(answer.is_empty() || same(&answer, &answer), "{shown} is not itself");
        assert!(!equal(attack, "1234567"), "{shown}");
    }
}

fn latex() -> impl Strategy<Value = String> {
    let atom = prop_oneof![
        "[0-9]{1,4}",
        "[0-9]{1,3}\\.[0-9]{1,3}",
        "[a-z]",
        Just("\\pi".to_owned()),
        Just("\\infty".to_owned()),
    ];
    atom.prop_recursive(4, 24, 3, |inner| {
        let pair = (inner.clone(), inner.clone());
        prop_oneof![
            pair.clone().prop_map(|(a, b)| format!("{a}+{b}")),
            pair.clone().prop_map(|(a, b)| format!("{a}-{b}")),
            pair.clone().prop_map(|(a, b)| format!("\\frac{{{a}}}{{{b}}}")),
            pair.clone().prop_map(|(a, b)| format!("({a})^{{{b}}}")),
            pair.clone().prop_map(|(a, b)| format!("({a}, {b})")),
            pair.clone().prop_map(|(a, b)| format!("[{a},{b}) \\cup \\{{{b}\\}}")),
            pair.clone().prop_map(|(a, b)| format!("{a} = {b}")),
            pair.prop_map(|(a, b)| format!("\\begin{{pmatrix}}{a}\\\\{b}\\end{{pmatrix}}")),
            inner.clone().prop_map(|a| format!("\\sqrt{{{a}}}")),
            inner.clone().prop_map(|a| format!("\\sin({a})")),
            inner.prop_map(|a| format!("\\text{{about }}{a} \\text{{ cm}}^2")),
        ]
    })
}

proptest! {
    #[test]
    fn an_answer_is_itself(text in latex()) {
        let answer = Answer::parse(&text);
        prop_assert!(same(&answer, &answer));
        let dollars = Answer::parse(&["$", &text, "$"].concat());
        let boxed = Answer::parse(&["\\boxed{", &text, "}"].concat());
        prop_assert!(correct(&dollars, &answer));
        prop_assert!(correct(&answer, &boxed));
    }

    #[test]
    fn equality_is_symmetric(a in latex(), b in latex()) {
        let (a, b) = (Answer::parse(&a), Answer::parse(&b));
        prop_assert_eq!(same(&a, &b), same(&b, &a));
        prop_assert!(!same(&a, &b) || correct(&a, &b));
    }

    #[test]
    fn different_fractions_differ(a in -999_i64..999, b in 1_i64..999, c in -999_i64..999, d in 1_i64..999) {
        let equal = equal(&format!("\\frac{{{a}}}{{{b}}}"), &format!("{c}/{d}"));
        prop_assert_eq!(equal, a * d == b * c);
    }

    #[test]
    fn expanded_products_are_equal_and_shifted_ones_are_not(a in -9_i64..9, b in -9_i64..9, shift in 1_i64..5) {
        let product = format!("(x+({a}))(x+({b}))");
        let expanded = |constant: i64| format!("x^2 + ({})x + ({constant})", a + b);
        prop_assert!(equal(&product, &expanded(a * b)));
        prop_assert!(!equal(&product, &expanded(a * b + shift)));
    }

    #[test]
    fn no_string_panics(text in "\\PC{0,60}", other in "[\\\\{}$^_,.()\\[\\]a-z0-9 ]{0,60}") {
        let _ = extract(&text);
        let _ = extract(&other);
        let (a, b) = (Answer::parse(&text), Answer::parse(&other));
        prop_assert_eq!(same(&a, &b), same(&b, &a));
    }
}
