//! Seeds of what is gathered follow from (run seed, question, place in the tree): a simulated model shows its dice.

use deliberate_lm::{
    Answer, Chat, Fingerprint, Finish, GenerateRequest, Generation, LanguageModel, LmError, ModelFacts,
    Sample, ScoreRequest, Scoring, Token, Usage,
};
use deliberate_text::{Domain, DomainSettings, Prompt, PromptKind, TextReviser};
use deliberate_train::gather::{
    Asked, ChainPlan, SamplePlan, SearchPlan, Silent, draw_chains, draw_samples, search_solutions,
};
use futures::executor::block_on;
use std::collections::HashSet;
use std::future::ready;
use std::sync::{Arc, Mutex};

/// Answers at once, with the seed. Tokens are bytes. Simulated.
struct Dice {
    facts: ModelFacts,
    thrown: Mutex<Vec<u64>>,
}

impl Dice {
    fn new() -> Arc<Self> {
        let facts = ModelFacts {
            name: "dice".to_owned(),
            context: 4096,
            vocabulary: 257,
            spelling: Fingerprint::default(),
            beginning: None,
            endings: vec![256],
            architecture: None,
            abilities: deliberate_lm::Abilities::default(),
        };
        Arc::new(Self { facts, thrown: Mutex::default() })
    }

    /// The seeds since the last call.
    fn thrown(&self) -> Vec<u64> {
        std::mem::take(&mut self.thrown.lock().unwrap())
    }
}

impl LanguageModel for Dice {
    fn facts(&self) -> &ModelFacts {
        &self.facts
    }

    fn encode<'a>(&'a self, text: &'a str, _special: bool) -> Answer<'a, Vec<Token>> {
        Box::pin(ready(Ok(text.bytes().map(Token::from).collect())))
    }

    fn render<'a>(&'a self, _chat: &'a Chat) -> Answer<'a, String> {
        Box::pin(ready(Err(LmError::NoChatTemplate {
            model: "dice".to_owned(),
            reason: "it throws dice".to_owned(),
        })))
    }

    fn generate(&self, request: GenerateRequest) -> Answer<'_, Generation> {
        self.thrown.lock().unwrap().extend(&request.seeds);
        let sample = |seed: &u64| {
            let text = format!("The answer is {seed}.");
            let tokens = text.bytes().map(Token::from).collect();
            let pieces = text.bytes().map(|byte| vec![byte]).collect();
            Sample { tokens, pieces, text, stats: Vec::new(), finish: Finish::EndOfSequence }
        };
        let samples = request.seeds.iter().map(sample).collect();
        Box::pin(ready(Ok(Generation { samples, usage: Usage::default() })))
    }

    fn score(&self, _request: ScoreRequest) -> Answer<'_, Scoring> {
        Box::pin(ready(Err(LmError::InvalidRequest { reason: "dice judge nothing".to_owned() })))
    }
}

const RUNS: u64 = 8;

fn asked() -> Vec<Asked> {
    // Equal words: only the id tells them apart.
    let ask = |id: u32| Asked { id: format!("q{id}"), problem: "?".to_owned(), answer: "1".to_owned() };
    (0..20).map(ask).collect()
}

fn domain(dice: &Arc<Dice>) -> Domain<Arc<Dice>> {
    let settings = DomainSettings { prompt: "lab".to_owned(), ..DomainSettings::default() };
    let domain = Domain::new(Arc::clone(dice), &settings).unwrap();
    let prompt = Prompt::load_for("revise-lab", PromptKind::Revise).unwrap();
    let draw = settings.draw_settings(domain.prompt());
    let reviser = block_on(TextReviser::new(Arc::clone(dice), prompt, None, draw)).unwrap();
    domain.with_reviser(reviser)
}

/// All dice of all runs, each thrown once.
fn thrown_once(dice: &Dice, expected: usize) {
    let thrown = dice.thrown();
    assert_eq!(thrown.len(), expected);
    assert_eq!(thrown.into_iter().collect::<HashSet<_>>().len(), expected, "two draws share their dice");
}

#[test]
fn no_two_questions_runs_or_rounds_share_their_dice() {
    let dice = Dice::new();
    let (domain, asked) = (domain(&dice), asked());
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, seed: u64| folder.path().join(format!("{name}-{seed}.jsonl"));

    for seed in 0..RUNS {
        let plan = SamplePlan { samples: 4, seed, concurrency: 4 };
        block_on(draw_samples(&domain, &asked, &plan, &file("samples", seed), &mut Silent)).unwrap();
    }
    thrown_once(&dice, RUNS as usize * 20 * 4);

    // Rounds were told apart by flipping bits of the run's seed: round 1 of run 4 threw the first dice of run 5.
    for seed in 0..RUNS {
        let plan = ChainPlan { chains: 3, length: 4, window: 2, seed, concurrency: 4 };
        block_on(draw_chains(&domain, &asked, &plan, &file("chains", seed), &mut Silent)).unwrap();
    }
    thrown_once(&dice, RUNS as usize * 20 * 3 * 4);

    for seed in 0..RUNS {
        let plan = SearchPlan { strategy: "majority".to_owned(), generations: 4, seed, concurrency: 4 };
        block_on(search_solutions(&domain, &asked, &plan, &file("searches", seed), &mut Silent)).unwrap();
    }
    thrown_once(&dice, RUNS as usize * 20 * 4);
}
