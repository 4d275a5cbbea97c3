//! Prints how two answers are read and whether they are equal: `cargo run --example pair -- GOLD PREDICTION`.

use deliberate_grade::{Answer, equal};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    for argument in &arguments {
        println!("{:?}", Answer::parse(argument));
    }
    if let [gold, prediction] = arguments.as_slice() {
        println!("equal: {}", equal(gold, prediction));
    }
}
