//! A study of a simulated model whose answers are its dice: questions are independent, and an arm that spends one
//! generation is as right as one sample.

use deliberate_lm::{
    Answer, Architecture, Chat, Fingerprint, Finish, GenerateRequest, Generation, LanguageModel, LmError,
    ModelFacts, Sample, ScoreRequest, Scoring, Token, Usage,
};
use deliberate_run::Question;
use deliberate_search::{Assessed, Verification, Verifier, mix};
use deliberate_study::{Bench, Grid, Study, Watch};
use deliberate_text::{Domain, DomainSettings, Trace};
use serde_json::json;

const QUESTIONS: usize = 500;
const RUNS: u32 = 4;

/// Answers every question with 1 or with 0, as the seed falls; its tokens are bytes.
struct SimulatedDice(ModelFacts);

impl SimulatedDice {
    fn new() -> Self {
        let architecture = Architecture { parameters: 1, layers: 1, attention_width: 1 };
        Self(ModelFacts {
            name: "simulated dice".to_owned(),
            context: 4096,
            vocabulary: 256,
            spelling: Fingerprint::default(),
            beginning: None,
            endings: vec![0],
            architecture: Some(architecture),
            abilities: deliberate_lm::Abilities::default(),
        })
    }

    fn throw(seed: u64) -> Sample {
        let text = format!("The answer is {}.", mix(seed, 0) & 1);
        let tokens = text.bytes().map(Token::from).collect();
        let pieces = text.bytes().map(|byte| vec![byte]).collect();
        Sample { tokens, pieces, text, stats: Vec::new(), finish: Finish::EndOfSequence }
    }
}

impl LanguageModel for SimulatedDice {
    fn facts(&self) -> &ModelFacts {
        &self.0
    }

    fn encode<'a>(&'a self, text: &'a str, _: bool) -> Answer<'a, Vec<Token>> {
        Box::pin(async move { Ok(text.bytes().map(Token::from).collect()) })
    }

    fn render<'a>(&'a self, _: &'a Chat) -> Answer<'a, String> {
        Box::pin(async move {
            Err(LmError::NoChatTemplate { model: self.0.name.clone(), reason: "it throws dice".to_owned() })
        })
    }

    fn generate(&self, request: GenerateRequest) -> Answer<'_, Generation> {
        let samples = request.seeds.iter().map(|&seed| Self::throw(seed)).collect();
        Box::pin(async move { Ok(Generation { samples, usage: Usage::default() }) })
    }

    fn score(&self, _: ScoreRequest) -> Answer<'_, Scoring> {
        Box::pin(async move { Err(LmError::Closed { model: self.0.name.clone(), reason: None }) })
    }
}

/// Cannot tell right from wrong.
struct SimulatedShrug;

impl Verifier<Trace> for SimulatedShrug {
    fn verify<'a>(&'a self, batch: &'a [Verification<'a, Trace>]) -> deliberate_search::Answer<'a, Assessed> {
        let scores = |one: &Verification<'_, Trace>| Ok(vec![0.5; one.state.step_count() - one.known.len()]);
        let scores = batch.iter().map(scores).collect();
        Box::pin(async move { Ok(Assessed { scores, usage: deliberate_search::Usage::default() }) })
    }
}

struct Quiet;

impl Watch for Quiet {
    fn at(&mut self, _: usize, _: usize) {}

    fn failed(&mut self, question: &str, arm: &str, reason: &str) {
        panic!("`{arm}` on `{question}`: {reason}");
    }
}

/// The shares of right answers of every question: of its samples, and of each arm's runs.
fn swept(grid: &Grid) -> (Vec<f64>, Vec<(String, Vec<f64>)>) {
    let folder = tempfile::tempdir().unwrap();
    let settings = DomainSettings { prompt: "few-shot".to_owned(), ..DomainSettings::default() };
    let domain =
        Domain::new(SimulatedDice::new(), &settings).unwrap().with_verifier(Some(Box::new(SimulatedShrug)));
    let question = |at: usize| Question {
        id: format!("question-{at}"),
        problem: "One or zero?".to_owned(),
        answer: Some("1".to_owned()),
    };
    let questions: Vec<Question> = (0..QUESTIONS).map(question).collect();
    let mut study = Study::open(&folder.path().join("study"), &json!({})).unwrap();
    let bench =
        Bench { search: &domain, revision: None, compared: None, seed: 7, concurrency: 8, cancel: None };
    assert!(futures::executor::block_on(study.sweep(grid, &questions, &bench, &mut Quiet)).unwrap());
    let share = |right: &[bool]| right.iter().filter(|right| **right).count() as f64 / right.len() as f64;
    let pool = questions.iter().map(|question| {
        let parts = study.samples(&question.id, grid.samples.get()).unwrap();
        share(&parts.iter().flat_map(|part| &part.samples).map(|sample| sample.correct).collect::<Vec<_>>())
    });
    let arms = grid.arms().unwrap().into_iter().map(|arm| {
        let runs = |question: &Question| {
            let run = |run| study.searched(&question.id, &arm, run).unwrap().correct;
            share(&(0..RUNS).map(run).collect::<Vec<_>>())
        };
        (arm.name.clone(), questions.iter().map(runs).collect())
    });
    (pool.collect(), arms.collect())
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn variance(values: &[f64]) -> f64 {
    let middle = mean(values);
    values.iter().map(|value| (value - middle).powi(2)).sum::<f64>() / (values.len() - 1) as f64
}

#[test]
fn an_arm_that_spends_one_generation_is_as_right_as_one_sample_and_every_question_has_dice_of_its_own() {
    let arms = ["beam:branching=4", "dvts", "rebase", "particle", "mcts"];
    let strategies: String = arms.map(|arm| format!("[[strategy]]\nstrategy = \"{arm}\"\n")).concat();
    let grid = Grid::parse(&format!("samples = 4\nbudgets = [1]\n{strategies}")).unwrap();
    assert_eq!(grid.runs.get(), RUNS);
    let (pool, searched) = swept(&grid);
    assert_eq!(searched.len(), arms.len());
    // Four throws of a fair coin a question: 0.5 with a variance of a sixteenth, within four standard errors.
    for (name, shares) in std::iter::once(&("the pool".to_owned(), pool.clone())).chain(&searched) {
        let error = (0.0625 / QUESTIONS as f64).sqrt();
        assert!((mean(shares) - 0.5).abs() < 4.0 * error, "{name}: {}", mean(shares));
        assert!((0.05..0.075).contains(&variance(shares)), "{name}: {}", variance(shares));
    }
    // No arm throws the dice of the pool or of another arm.
    let all: Vec<&Vec<f64>> =
        std::iter::once(&pool).chain(searched.iter().map(|(_, shares)| shares)).collect();
    for (at, one) in all.iter().enumerate() {
        for other in &all[at + 1..] {
            let product: Vec<f64> = one.iter().zip(*other).map(|(a, b)| (a - 0.5) * (b - 0.5)).collect();
            let correlation = mean(&product) / 0.0625;
            assert!(correlation.abs() < 4.0 / (QUESTIONS as f64).sqrt(), "{correlation}");
        }
    }
}
