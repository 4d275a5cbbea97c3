//! Fifty questions to a model behind servers, and whether each was answered once and paid for.

use deliberate_lm::{GenerateRequest, Generation, LanguageModel, LmError, Sampling, Token};
use deliberate_remote::{Address, ConnectError, Connected, RemoteModel};
use futures::future::join_all;

/// A model behind servers that take token ids.
pub(crate) async fn connect(urls: &[&str]) -> Result<RemoteModel, ConnectError> {
    let addresses: Vec<Address> = urls.iter().map(|url| Address::parse(url).unwrap()).collect();
    match deliberate_remote::connect(&addresses).await? {
        Connected::Tokens(model) => Ok(model),
        other => panic!("taken for another server: {:?}", other.probes()),
    }
}

/// They differ in their first words.
pub(crate) fn questions() -> Vec<String> {
    (0..50).map(|index| format!("{index:02} hens and {} cows have how many legs? ", index + 3)).collect()
}

/// So many continuations of a prompt, of so many tokens at most.
pub(crate) async fn continued(
    model: &RemoteModel,
    prompt: Vec<Token>,
    (samples, max_tokens): (u64, u32),
) -> Result<Generation, LmError> {
    let seeds = (1..=samples).collect();
    let (stop, sampling) = (vec!["\n".to_owned()], Sampling::at(0.8));
    model.generate(GenerateRequest { prompt: prompt.into(), seeds, sampling, stop, max_tokens }).await
}

/// Asks all questions at once. Each is answered with all of its samples, and what was drawn is what was paid.
pub(crate) async fn all_answered(model: &RemoteModel, each: (u64, u32)) -> Vec<Generation> {
    let (questions, before) = (questions(), model.drawn());
    let answered = async |question: &String| {
        let prompt = model.encode(question, false).await?;
        let length = prompt.len() as u64;
        continued(model, prompt, each).await.map(|generation| (length, generation))
    };
    let found = join_all(questions.iter().map(answered)).await;
    let (mut drawn, mut all) = (0, Vec::new());
    for (question, found) in questions.iter().zip(found) {
        let (length, found) = found.unwrap_or_else(|error| panic!("{question}: {error}"));
        assert_eq!(found.samples.len() as u64, each.0, "{question}");
        let tokens: usize = found.samples.iter().map(|sample| sample.tokens.len()).sum();
        assert_eq!(found.usage.decoded, tokens as u64);
        assert_eq!(found.usage.prefilled + found.usage.cached, each.0 * length);
        drawn += found.usage.decoded;
        all.push(found);
    }
    assert_eq!(model.drawn() - before, drawn);
    all
}
