//! Grades a file of labelled cases and prints the report: `cargo run --release --example cases -- FILE [wrong]`.

use deliberate_grade::report::{Report, cases};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("expected the path of a file of cases")?;
    let half = std::env::var("HALF").ok().and_then(|half| half.parse::<u32>().ok());
    let show = arguments.next().is_some();
    let text = std::fs::read_to_string(file)?;
    let mut cases = cases(text.lines())?;
    // Half of the cases, by the name of the case: develop on one, measure on the other.
    if let Some(half) = half {
        let hash =
            |id: &str| id.bytes().fold(7_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
        cases.retain(|case| (hash(&case.id) >> 4) % 2 == half);
    }
    let report = Report::of(&cases);
    for (name, tally) in [
        ("core", report.core),
        ("answers", report.answers),
        ("prose", report.prose),
        ("texts", report.texts),
        ("all", report.all),
    ] {
        println!(
            "{name:8} {:5} cases  {:6.2} %  {:3} false accepts  {:3} false rejects",
            tally.cases,
            100.0 * tally.accuracy(),
            tally.false_accepts,
            tally.false_rejects
        );
    }
    println!("median {:.1} us, p99 {:.1} us a pair", report.median_us, report.p99_us);
    if show {
        for wrong in &report.wrong {
            let case = &wrong.case;
            let tail: String =
                case.prediction.chars().rev().take(160).collect::<Vec<_>>().into_iter().rev().collect();
            println!(
                "{} {} [{}{}] {} ||| {}",
                if wrong.verdict { "ACCEPTED" } else { "REJECTED" },
                case.id,
                case.category,
                case.convention.as_deref().map_or(String::new(), |convention| format!(", {convention}")),
                case.gold,
                tail
            );
        }
    }
    Ok(())
}
