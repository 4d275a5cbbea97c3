//! What is equal and what is not, by kind of answer.

use deliberate_grade::{Answer, equal, same};

#[track_caller]
fn check(expected: bool, pairs: &[(&str, &str)]) {
    for (gold, prediction) in pairs {
        assert_eq!(equal(gold, prediction), expected, "{gold} and {prediction}");
        let (a, b) = (Answer::parse(gold), Answer::parse(prediction));
        assert_eq!(same(&a, &b), same(&b, &a), "{gold} and {prediction} are not symmetric");
    }
}

#[test]
fn numbers_are_equal_however_they_are_written() {
    check(
        true,
        &[
            ("1000", "1,000"),
            (r"32,\!348", "32348"),
            (".5", r"\frac12"),
            ("0.333333333333", r"\frac13"),
            (r"0.\overline{3}", "1/3"),
            (r"2\frac{1}{2}", "5/2"),
            ("-3 8/9", r"-\frac{35}{9}"),
            (r"3 \times 10^{5}", "300000"),
            ("1.2e-3", ".0012"),
            ("5!", "120"),
            (r"\binom{52}{5}", r"2{,}598{,}960"),
            (r"\sqrt{117}", r"3\sqrt{13}"),
            (r"\frac{1}{\sqrt 2}", r"\frac{\sqrt{2}}{2}"),
            (r"\sqrt{5+2\sqrt6}", r"\sqrt2+\sqrt3"),
            (r"4\sin 80^\circ - \tan 80^\circ", r"-\sqrt{3}"),
            (r"\log_2 8", "3"),
            (r"e^{i\pi}", "-1"),
            ("2^{100}", "1267650600228229401496703205376"),
            (r"i\sqrt3", r"\sqrt{-3}"),
        ],
    );
}

#[test]
fn spellings_that_strangers_bring() {
    check(
        true,
        &[
            ("1000000", "1 million"),
            ("2500", "2.5 thousand"),
            (r"\$2.5\text{ million}", "2500000"),
            (r"\frac{7}{8}", "⅞"),
            (r"\frac{10}{3}", "3⅓"),
            (r"\frac{5}{6}", "⁵⁄₆"),
            ("-12.5", "－１２．５"),
            ("10^{-3}", "10⁻³"),
            ("1/6", r"0.1\dot{6}"),
            (r"\frac{4}{33}", r"0.\overline{12}"),
            ("25", "twenty-five"),
            (r"\frac{2}{3}", "two thirds"),
            ("5", "'5'"),
            (r"\frac{\pi}{4}", "\u{c}rac{\\pi}{4}"),
            (r"\theta", "\theta"),
            (r"\frac{1}{3000!}", r"\frac{3001}{3001!}"),
            (r"\frac{1}{\sqrt{x}}", r"\sqrt{\frac{1}{x}}"),
            (r"5\sqrt{2}", r"5\sqrt{2} \approx 7.07"),
            ("7.07", r"5\sqrt{2} \approx 7.07"),
            ("12", "12 (cm)"),
            ("-2", r"\begin{vmatrix}1&2\\3&4\end{vmatrix}"),
        ],
    );
    check(
        false,
        &[
            ("1.5", "1.5 million"),
            ("2500", "2.5k"),
            (r"\frac{2}{3}", "⅓"),
            ("0.16", r"0.1\overline{6}"),
            ("2", "5 % 3"),
            ("0", "1 % 0"),
            (r"\frac{1}{3000!}", r"\frac{1}{3001!}"),
            (r"\sqrt{x}", r"-\sqrt{x}"),
            (r"5\sqrt{2}", r"5\sqrt{3} \approx 7.07"),
            ("7.07", r"5\sqrt{3} \approx 7.07"),
            (r"\text{two lines}", "2 points"),
        ],
    );
}

#[test]
fn quantities_convert_and_add_and_ratios_reduce() {
    check(
        true,
        &[
            ("1 km", "1000 m"),
            (r"1 \text{ m}^2", r"10000 \text{ cm}^2"),
            ("60 km/h", "60 kilometers per hour"),
            ("90 minutes", "1 hour 30 minutes"),
            ("30 inches", "2 feet and 6 inches"),
            ("12 square meters", "12 m^2"),
            ("3:4", "6:8"),
            (r"1:\sqrt{3}", r"\sqrt{3}:3"),
            ("3:4", "3 to 4"),
            ("€20", "20"),
        ],
    );
    check(
        false,
        &[
            ("5 km", "500 m"),
            ("60 km/h", "60 km"),
            ("60 km/h", "60 mph"),
            ("12 m^2", "12 m"),
            ("5m", "5"),
            ("€20", r"\$20"),
            (r"1:\sqrt{2}", r"\sqrt{2}:1"),
            ("30:5", "0:0"),
            ("30:0", "0:0"),
            ("7:05", "7:5"),
            ("5, 3", "x = 3, y = 5"),
            ("23, 12", r"12 \text{ chickens and } 23 \text{ rabbits}"),
        ],
    );
}

#[test]
fn near_numbers_are_different() {
    check(
        false,
        &[
            (r"\frac13", "0.333"),
            ("12\\pi", "37.7"),
            (".0000672", ".000067"),
            ("12345678901", "12345678902"),
            ("10^{40}+1", "10^{40}+2"),
            (r"10^{20}+\sqrt2", r"10^{20}+\sqrt3"),
            ("2^{2000}", "2^{2001}"),
            (r"2\frac12", "1"),
            ("22,500", "22.5"),
            (r"\$115,000", "115"),
            ("0.1", "10\\%"),
            ("9^{9^{9^9}}", "9^{9^{9^8}}"),
        ],
    );
}

#[test]
fn expressions_are_compared_as_functions() {
    check(
        true,
        &[
            ("(x-1)(x+1)", "x^2-1"),
            (r"\frac{x^2-1}{x-1}", "x+1"),
            (r"\tan^2 y + 1", r"\sec^2(y)"),
            (r"\frac{(n+1)!}{n!}", "n+1"),
            (r"\binom{n}{2}", r"\frac{n(n-1)}{2}"),
            (r"\ln(x^2)", r"2\ln x"),
            (r"\frac{1}{3\sqrt[3]{x}^2}", r"\frac{1}{3x^{2/3}}"),
        ],
    );
    check(
        false,
        &[("x^2-1", "x^2+1"), (r"\sqrt{x^2}", "x"), ("2k+2", "2w+2"), ("p-q", "q-p"), ("rR", "r^2")],
    );
}

#[test]
fn bases_brackets_and_order_count() {
    check(
        true,
        &[("52_8", "52_{8}"), ("1,2,3", "3, 2, 1"), ("1,2", r"\{2,1\}"), ("(1,2)", r"\left(1, 2\right)")],
    );
    check(
        false,
        &[
            ("52_8", "52_9"),
            ("506_7", "251"),
            ("(2,3)", "(3,2)"),
            ("(2,3)", r"\{2,3\}"),
            ("(0,9)", "[0,9)"),
            ("3,5,7", "3,5,7,101"),
            ("2,6", "2"),
        ],
    );
}

#[test]
fn intervals_inequalities_and_unions_describe_sets() {
    check(
        true,
        &[
            (r"(-\infty,4)", "x < 4"),
            ("[-3,2]", r"-3 \le x \le 2"),
            ("[0,1)", r"x \in [0,1)"),
            (r"(0,1] \cup (1,2]", "(0,2]"),
            (r"(-\infty,3)\cup(3,\infty)", r"x \ne 3"),
            (r"\mathbb{R} \setminus \{2,3\}", r"(-\infty,2)\cup(2,3)\cup(3,\infty)"),
            (r"x \le 5", r"5 \ge x"),
            ("x < 2 or x > 3", r"(3,\infty) \cup (-\infty,2)"),
        ],
    );
    check(
        false,
        &[("[0,1)", "[0,1]"), ("(1,2)", "[1,2]"), (r"(0,1) \cup (1,2)", "(0,2)"), ("x < 4", r"x \le 4")],
    );
}

#[test]
fn differences_that_cannot_be_worked_out_do_not_recurse_for_ever() {
    check(
        false,
        &[
            (r"A \setminus B \setminus x", r"A \setminus x \setminus B"),
            (r"\mathbb{R} \setminus (0,x)", r"\mathbb{R} \setminus (0,y)"),
        ],
    );
}

#[test]
fn equations_may_be_rearranged_but_not_changed() {
    check(
        true,
        &[
            ("y = 2x+3", "2x + 3 = y"),
            ("2x - y + 3 = 0", "-4x + 2y - 6 = 0"),
            ("x = 5", "5"),
            ("36", "m+n = 36"),
            (r"x = \pm 2", "2, -2"),
            (r"f(x) = x^2", "x^2"),
            (r"\sqrt{242} = 11\sqrt 2", r"11\sqrt2"),
        ],
    );
    check(false, &[("a^2 + b = 0", "0"), ("x = 5", "x = 6"), ("y = 2x", "y = 3x"), ("x^2+y^2=4", "4")]);
}

#[test]
fn equations_with_sides_of_astronomical_size_are_symmetric() {
    check(false, &[(r"{\sqrt{2}}^{1000}=\sqrt{y}0", r"\sqrt{2}1000=\sqrt{y}0")]);
}

#[test]
fn units_are_optional_but_not_interchangeable() {
    check(
        true,
        &[
            (r"12 \text{ cm}", "12"),
            (r"864 \mbox{ inches}^2", "864 square inches"),
            (r"\$18.90", r"18.90\text{ dollars}"),
            ("20 cents", r"\$0.20"),
            ("2 hours", "120 minutes"),
            (r"90^\circ", r"\frac{\pi}{2}"),
            (r"33\%", "33"),
        ],
    );
    check(false, &[("5 cm", "5 km"), ("20 cents", "20 dollars"), (r"15\text{ cm}^2", "-15")]);
}

#[test]
fn words_and_choices_are_compared_without_their_dress() {
    check(true, &[(r"\text{(C)}", "C"), (r"\text{Friday}", "friday"), (r"\textbf{two lines}", "Two lines")]);
    check(false, &[(r"\text{(B)}", "C"), ("Navin", "not Navin"), (r"\text{east}", r"\text{west}")]);
}

#[test]
fn matrices_keep_their_shape() {
    let column = r"\begin{pmatrix} 1/2 \\ -3 \end{pmatrix}";
    check(
        true,
        &[
            (column, r"\begin{bmatrix}0.5\\-3\end{bmatrix}"),
            (column, r"\left[\begin{array}{c}\frac12 \\ -3\end{array}\right]"),
            (column, r"\left(\frac{1}{2}, -3\right)"),
            (column, r"\frac12 \begin{pmatrix} 1 \\ -6 \end{pmatrix}"),
        ],
    );
    check(false, &[(column, r"\begin{pmatrix} 1/2 & -3 \end{pmatrix}")]);
}
