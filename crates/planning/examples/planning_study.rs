//! The whole study: `cargo run --release -p deliberate-planning --example planning_study -- OUT [EPISODES]`.
//!
//! What OUT holds already is not played again.

use deliberate_planning::study::{StudySpec, study};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(folder) = arguments.next() else {
        eprintln!("usage: study OUT [EPISODES]");
        return ExitCode::FAILURE;
    };
    let episodes = arguments.next().map_or(Ok(200), |text| text.parse());
    let Ok(episodes) = episodes else {
        eprintln!("EPISODES is not a number");
        return ExitCode::FAILURE;
    };
    let command =
        format!("cargo run --release -p deliberate-planning --example planning_study -- OUT {episodes}");
    let begun = std::time::Instant::now();
    let spec = StudySpec { folder: folder.into(), episodes, command };
    match study(&spec, &mut |next| eprintln!("{:6.0} s  {next}", begun.elapsed().as_secs_f64())) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
