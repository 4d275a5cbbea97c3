//! Trains the digit models and writes them to a folder; with `classifiers` behind it, those alone.
//!
//! ~~~text
//! cargo run --release -p deliberate-diffusion --features train --example train_digits -- crates/diffusion/models
//! ~~~

use deliberate_diffusion::digits::{Digits, PIXELS, Part};
use deliberate_diffusion::network::{Classifier, NetworkDenoiser};
use deliberate_diffusion::training::{
    ClassifierPlan, DenoiserPlan, denoising_error, train_classifier, train_denoiser,
};
use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("give the folder to write to")?);
    let digits = Digits::fetch(&deliberate_models::Settings::from_env()?, &mut ())?;
    let [first, second, test] = [Part::First, Part::Second, Part::Test].map(|part| digits.part(part));
    let few = first.head(30);
    let quiet = |steps, seed| ClassifierPlan { hidden: vec![64], noise: 0.0, steps, seed };
    let plans = [
        ("digits-classifier", &first, quiet(3000, 11)),
        ("digits-weak", &few, quiet(300, 44)),
        (
            "digits-judge",
            &second,
            ClassifierPlan { hidden: vec![128, 128], noise: 0.3, steps: 6000, seed: 22 },
        ),
    ];
    for (name, data, plan) in plans {
        let bytes = train_classifier(data, &plan)?;
        std::fs::write(folder.join(format!("{name}.safetensors")), &bytes)?;
        let found = Classifier::from_safetensors(&bytes, PIXELS)?.classify(&test.images);
        let right =
            found.iter().zip(&test.labels).filter(|(found, label)| **found == usize::from(**label)).count();
        println!("{name}: {right} of {} test images right, {} bytes", test.len(), bytes.len());
    }
    if std::env::args().nth(2).as_deref() == Some("classifiers") {
        return Ok(());
    }
    let both = first.and(&second);
    let errors = |bytes: &[u8]| -> Result<String, Box<dyn Error>> {
        let denoiser = NetworkDenoiser::from_safetensors(bytes)?;
        let errors = [0.1, 0.3, 1.0, 3.0].map(|sigma| {
            let of = |data| denoising_error(&denoiser, data, sigma, 5);
            format!("{:.4}/{:.4}", of(&both), of(&test))
        });
        Ok(errors.join(" "))
    };
    let plan = DenoiserPlan { width: 256, blocks: 3, steps: 24_000, seed: 33 };
    let bytes = train_denoiser(&both, &plan, &mut |step, bytes| {
        let errors = errors(bytes).unwrap_or_default();
        println!("denoiser, step {step}: squared error at sigma 0.1, 0.3, 1, 3, training/test {errors}");
    })?;
    std::fs::write(folder.join("digits-denoiser.safetensors"), &bytes)?;
    println!("digits-denoiser: {} bytes, {}", bytes.len(), errors(&bytes)?);
    Ok(())
}
