//! Lists answers that are kept as text: `cargo run --release --example unread -- FILE` of cases, by gold answer.

use deliberate_grade::{Answer, report::cases};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("expected the path of a file of cases")?;
    let text = std::fs::read_to_string(file)?;
    let cases = cases(text.lines())?;
    let unread: Vec<_> = cases.iter().filter(|case| !Answer::parse(&case.gold).is_mathematics()).collect();
    for case in &unread {
        println!("{}", case.gold);
    }
    println!("{} of {} are text", unread.len(), cases.len());
    Ok(())
}
