//! A model in this process answers one question.
//!
//! ~~~sh
//! cargo run --release -p deliberate --example embedded                       # the lab's model, a question of the lab
//! cargo run --release -p deliberate --example embedded -- qwen2.5-0.5b 'A farmer has 17 sheep, and 5 run away. How many stay?'
//! ~~~
//!
//! The second needs the model: `deliberate models pull qwen2.5-0.5b`.

use deliberate::{Budget, Deliberate};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let model = arguments.next().unwrap_or_else(|| "lab".to_owned());
    let question =
        arguments.next().unwrap_or_else(|| "Spend 8 on a=5,b=3\nSpend 4 on c=4,d=9\nitems?".to_owned());

    let deliberate = Deliberate::builder().model(model).budget(Budget::generations(16)).open().await?;
    let solved = deliberate.solve(&question).await?;

    println!("{}\n", solved.solution().unwrap_or("(no solution came to its end)"));
    for support in solved.support() {
        let answer = support.answer.as_deref().unwrap_or("(none)");
        println!("{:6.2}  {answer}  ({} solutions)", support.weight, support.solutions);
    }
    let bill = solved.bill();
    println!("{} generations, {} tokens, {:.1e} FLOPs", bill.generations, bill.charged.units, bill.flops());
    Ok(())
}
