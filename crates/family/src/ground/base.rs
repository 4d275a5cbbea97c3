//! A model that is there, and a file of questions with answers.

use super::questions::{Sorted, Wanted};
use super::{Ground, Inputs, Stock, Words};
use crate::{Base, BuildError, Plan, Start};
use deliberate_decoder as decoder;
use deliberate_models::{ModelFile, Models};
use deliberate_text::{DomainSettings, Prompt};

pub(super) fn ground(base: &Base, plan: &Plan) -> Result<Ground, BuildError> {
    let file = found(&base.model)?;
    let model = file.fingerprint()?;
    let path = file.path;
    let decoder::ModelFile { shape, vocabulary, .. } = decoder::ModelFile::open(&path)?;
    let wanted = Wanted {
        test: base.test.as_deref(),
        development: base.development,
        written: base.written_share(),
        samples: plan.method.draws(),
        seed: plan.seed,
    };
    let Sorted { sha256, mut asked, written, development } = Sorted::read(&base.questions, &wanted)?;
    asked.truncate(plan.method.sampled_questions);
    let inputs = Inputs { model, questions: sha256 };
    let prompt = Some(base.prompt.clone()).filter(|name| Prompt::built_in().contains(&name.as_str()));
    Ok(Ground {
        words: Words::new(vocabulary)?,
        asking: DomainSettings {
            prompt: base.prompt.clone(),
            sampling: base.sampling(plan.method.temperature),
            step_tokens: base.answer_tokens,
            answer_tokens: base.answer_tokens,
            steps: None,
            stop: Vec::new(),
        },
        stock: match base.lora {
            Some(lora) => Stock::Adapters { base: path, lora },
            None => Stock::Whole { base: path, prompt },
        },
        proposing: shape,
        judging: shape,
        proposer: if base.written.is_some() { Start::From("proposer") } else { Start::Beginning },
        questions: asked,
        written,
        development,
        inputs: Some(inputs),
    })
}

/// The file of a base that can be trained.
fn found(name: &str) -> Result<ModelFile, BuildError> {
    let models = Models::from_env()?;
    if let (base, Some(_)) = models.split(name) {
        return Err(BuildError::NotAlone { name: name.to_owned(), base: base.to_owned() });
    }
    Ok(models.resolve(name)?)
}
