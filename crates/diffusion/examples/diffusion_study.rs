//! The whole study: `cargo run --release -p deliberate-diffusion --example diffusion_study -- OUT [small]`.

use deliberate_diffusion::digits::Digits;
use deliberate_diffusion::sheet;
use deliberate_diffusion::study::{Extent, page, study};
use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("give the folder to write to")?);
    let extent = if arguments.next().as_deref() == Some("small") { Extent::SMALL } else { Extent::FULL };
    let digits = Digits::fetch(&deliberate_models::Settings::from_env()?, &mut ())?;
    let begun = Instant::now();
    let findings =
        study(&digits, extent, &mut |what| eprintln!("{:>4} s  {what}", begun.elapsed().as_secs()))?;
    eprintln!("{:>4} s  done", begun.elapsed().as_secs());
    std::fs::create_dir_all(&folder)?;
    let command = "cargo run --release -p deliberate-diffusion --example diffusion_study -- OUT";
    std::fs::write(folder.join("index.html"), page(&findings, command).html())?;
    std::fs::write(folder.join("findings.json"), serde_json::to_vec_pretty(&findings)?)?;
    for row in findings.classes.contenders.iter().chain(&findings.classes.weak) {
        let name = format!("{}-{}.png", row.name.replace([' ', ',', '(', ')'], "-"), row.budget);
        std::fs::write(folder.join(name), sheet(&row.samples, 64)?)?;
    }
    Ok(())
}
