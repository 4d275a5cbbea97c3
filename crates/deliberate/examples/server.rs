//! A model behind vLLM or llama-server is searched step by step, and the search is watched.
//!
//! ~~~sh
//! vllm serve Qwen/Qwen2.5-0.5B-Instruct &
//! cargo run --release -p deliberate --example server -- http://localhost:8000 'A farmer has 17 sheep, and 5 run away. How many stay?'
//! ~~~

use deliberate::{Budget, Deliberate, Event};
use futures::StreamExt;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(question)) = (arguments.next(), arguments.next()) else {
        return Err("give the address of a server and a question".into());
    };

    let builder = Deliberate::builder().server(url).strategy("beam:branching=4").verifier("likelihood");
    let deliberate = builder.budget(Budget::generations(8)).open().await?;
    deliberate.warnings().iter().for_each(|warning| eprintln!("warning: {warning}"));

    let mut events = std::pin::pin!(deliberate.ask(&question).events());
    while let Some(event) = events.next().await {
        match event? {
            Event::Decided(_) => {}
            Event::Grew(progress) => eprintln!("{progress}"),
            Event::Solved(solved) => println!("{}", solved.answer().unwrap_or("no answer")),
        }
    }
    Ok(())
}
