//! Decode speed of the bare loop and of the engine on one model: `speed MODEL [sequences] [tokens] [threads]
//! [context]`.

use deliberate_engine::Serving;
use deliberate_llama::{Settings, bare, open};
use deliberate_lm::{GenerateRequest, LanguageModel, Sampling, Token};
use std::env;
use std::path::PathBuf;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = env::args().skip(1);
    let path = PathBuf::from(arguments.next().ok_or("a model file is needed")?);
    let mut number = |default| arguments.next().map_or(Ok(default), |text| text.parse::<u32>());
    let (sequences, tokens) = (number(64)?, number(64)?);
    let threads = Some(number(0)?).filter(|&threads| threads > 0);
    let context = number(512)?;
    let settings = Settings {
        slots: Some(sequences + 1),
        context: Some(context),
        batch_tokens: Some(512),
        threads,
        ..Settings::default()
    };
    let sampling = Sampling::at(0.8);
    let prompt: Vec<Token> = (0..106).map(|index| 300 + index % 97 * 11 % 150).collect();
    for _ in 0..2 {
        let speed = bare::run(&path, &settings, &bare::Run { prompt: &prompt, sequences, tokens, sampling })?;
        println!(
            "bare   {sequences} sequences: {:6.1} tok/s decoding, {:6.1} overall, prompt {:6.1} tok/s",
            speed.decoded_per_second(),
            speed.overall_per_second(),
            speed.prompt as f64 / speed.prefill.as_secs_f64(),
        );
        let engine = open(&path, None, settings, Serving::default())?;
        let request = GenerateRequest {
            prompt: prompt.clone().into(),
            seeds: (0..u64::from(sequences)).collect(),
            sampling,
            stop: Vec::new(),
            max_tokens: tokens,
        };
        let started = Instant::now();
        let answer = futures::executor::block_on(engine.generate(request))?;
        let seconds = started.elapsed().as_secs_f64();
        let drawn = answer.usage.decoded as f64;
        println!(
            "engine {sequences} sequences: {:6.1} overall, {:.2} of the bare loop ({drawn} tokens)",
            drawn / seconds,
            drawn / seconds / speed.overall_per_second(),
        );
    }
    Ok(())
}
