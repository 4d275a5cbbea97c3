//! Facts about verifiers behind reward endpoints, on a simulated reward model.

use super::*;
use crate::proposer::{DrawSettings, TextProposer};
use crate::simulated::Simulated;
use crate::verifiers::{LabelFormat, LabelVerifier};
use deliberate_lm::{
    Abilities, Answer as Told, Chat, GenerateRequest, Generation, ModelFacts, Rewards, ScoreRequest, Scoring,
};
use deliberate_search::{Draw, Expansion, Proposer, Reach};
use futures::executor::block_on;
use std::sync::{Arc, Mutex};

/// Scores texts by what they say, and keeps what it was asked.
#[derive(Clone)]
struct SimulatedRewards {
    model: Arc<Simulated>,
    good: fn(&str) -> f64,
    asked: Arc<Mutex<Vec<Vec<RewardRequest>>>>,
}

/// Thinks little of sums that come to 5.
fn honest(text: &str) -> f64 {
    0.75 / (1.0 + text.matches("= 5").count() as f64)
}

impl SimulatedRewards {
    fn new(rewards: Option<Rewarded>, good: fn(&str) -> f64) -> Self {
        let mut model = Simulated::silent();
        model.facts.abilities = Abilities { rewards, ..Abilities::default() };
        Self { model: Arc::new(model), good, asked: Arc::default() }
    }

    fn one(&self, RewardRequest { tokens, places }: &RewardRequest) -> Result<Vec<f64>, LmError> {
        let context = self.model.facts.context;
        if tokens.len() > context {
            return Err(LmError::PromptTooLong { prompt: tokens.len(), context });
        }
        let upto = |place: usize| (self.good)(&Simulated::spell(&tokens[..=place]));
        let ends = if places.is_empty() { vec![tokens.len() - 1] } else { places.clone() };
        Ok(ends.into_iter().map(upto).collect())
    }

    /// What it was sent in its last call, `▸` where it was read.
    fn last(&self) -> Vec<String> {
        let show = |RewardRequest { tokens, places }: &RewardRequest| {
            let mark = |place: usize| if places.contains(&place) { "▸" } else { "" };
            let shown = tokens.iter().enumerate();
            shown.map(|(place, &token)| Simulated::spell(&[token]) + mark(place)).collect()
        };
        self.asked.lock().unwrap().last().unwrap().iter().map(show).collect()
    }
}

impl LanguageModel for SimulatedRewards {
    fn facts(&self) -> &ModelFacts {
        self.model.facts()
    }
    fn encode<'a>(&'a self, text: &'a str, special: bool) -> Told<'a, Vec<Token>> {
        self.model.encode(text, special)
    }
    fn render<'a>(&'a self, chat: &'a Chat) -> Told<'a, String> {
        self.model.render(chat)
    }
    fn generate(&self, request: GenerateRequest) -> Told<'_, Generation> {
        self.model.generate(request)
    }
    fn score(&self, request: ScoreRequest) -> Told<'_, Scoring> {
        self.model.score(request)
    }
    fn reward<'a>(&'a self, batch: &'a [RewardRequest]) -> Told<'a, Rewards> {
        self.asked.lock().unwrap().push(batch.to_vec());
        let prefilled = batch.iter().map(|one| one.tokens.len() as u64).sum();
        let scores = batch.iter().map(|one| self.one(one)).collect();
        Box::pin(async move { Ok(Rewards { scores, usage: LmUsage { prefilled, ..LmUsage::default() } }) })
    }
}

const STEPS: &str = "about='x'\nkind='reward'\ntag=' ки'\ntext=\"Q: {question}\\nA: {solution}!\"";

fn solved(solution: &str) -> Trace {
    let root = Trace::root("Q?", 2, Simulated::tokens("Q?\nA:\n", false));
    let proposer = TextProposer::new(Simulated::script(solution), DrawSettings::default());
    let batch =
        [Expansion { state: &root, seeds: vec![1], reach: Reach::End, draw: Draw::Sample, limit: None }];
    block_on(proposer.propose(&batch)).unwrap().drawn.remove(0).remove(0).unwrap().state
}

/// A PRM that finds ` ки` after each step.
fn prm() -> (SimulatedRewards, RewardVerifier<SimulatedRewards>) {
    let file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
    std::fs::write(file.path(), STEPS).unwrap();
    let model = SimulatedRewards::new(Some(Rewarded::Steps), honest);
    let verifier = block_on(RewardVerifier::new(model.clone(), file.path().to_str())).unwrap();
    (model, verifier)
}

fn verify(verifier: &RewardVerifier<SimulatedRewards>, batch: &[(&Trace, &[f64])]) -> Assessed {
    let batch: Vec<_> = batch.iter().map(|&(state, known)| Verification { state, known }).collect();
    block_on(verifier.verify(&batch)).unwrap()
}

#[test]
fn all_steps_of_all_states_are_scored_in_one_call_and_those_that_are_known_are_not_told_again() {
    let (model, verifier) = prm();
    let (one, other) = (solved("2 + 2 = 5.\nSo 5.\n"), solved("2 + 2 = 4."));
    let before = model.asked.lock().unwrap().len();
    let assessed = verify(&verifier, &[(&one, &[]), (&other, &[]), (&one, &[0.5]), (&one, &[0.5, 0.5])]);
    let scores: Vec<Vec<f64>> = assessed.scores.into_iter().map(Result::unwrap).collect();
    assert_eq!(scores, [vec![0.375, 0.375], vec![0.75], vec![0.375], vec![]]);
    assert_eq!(model.asked.lock().unwrap().len() - before, 1);
    let whole = "<s>Q: Q?\nA: 2 + 2 = 5. ки▸So 5. ки▸!";
    assert_eq!(
        model.last(),
        [whole, "<s>Q: Q?\nA: 2 + 2 = 4. ки▸!", whole],
        "nothing is asked for what is known"
    );
    let read: usize = model.asked.lock().unwrap().last().unwrap().iter().map(|one| one.tokens.len()).sum();
    assert_eq!((assessed.usage.prefilled, assessed.usage.decoded), (read as u64, 0));
    assert_eq!((verifier.granularity(), verifier.doubt()), (Granularity::Step, None));
}

#[test]
fn an_outcome_model_reads_the_whole_solution_as_an_answer_and_gives_one_score() {
    let model = SimulatedRewards::new(Some(Rewarded::Whole), honest);
    let verifier = block_on(RewardVerifier::new(model.clone(), None)).unwrap();
    let trace = solved("2 + 2 = 5.\nSo 5.\n");
    let assessed = verify(&verifier, &[(&trace, &[]), (&trace, &[0.5])]);
    assert_eq!(assessed.scores, [Ok(vec![0.375]), Ok(vec![0.375])]);
    assert!(
        model.last()[0].contains("<|im_start|>assistant\n2 + 2 = 5.\nSo 5.<|im_end|>"),
        "{:?}",
        model.last()
    );
    assert_eq!((verifier.granularity(), verifier.doubt()), (Granularity::Whole, None));
}

#[test]
fn one_solution_that_is_too_long_fails_alone() {
    let (_, verifier) = prm();
    let (long, short) = (solved(&"a".repeat(400)), solved("b"));
    let model = SimulatedRewards::new(Some(Rewarded::Steps), honest);
    let mut small = Simulated::silent();
    small.facts.abilities.rewards = Some(Rewarded::Steps);
    small.facts.context = 100;
    let verifier = RewardVerifier { model: SimulatedRewards { model: Arc::new(small), ..model }, ..verifier };
    let scores = verify(&verifier, &[(&long, &[]), (&short, &[])]).scores;
    assert!(scores[0].as_ref().unwrap_err().reason.contains("does not fit"), "{scores:?}");
    assert_eq!(scores[1], Ok(vec![0.75]));
}

#[test]
fn a_model_that_likes_the_wrong_solution_as_much_is_doubted() {
    let model = SimulatedRewards::new(Some(Rewarded::Whole), |_| 0.5);
    let verifier = block_on(RewardVerifier::new(model, None)).unwrap();
    let doubt = verifier.doubt().unwrap();
    assert!(doubt.contains("0.500 and a wrong one 0.500") && doubt.contains("reward:FILE.toml"), "{doubt}");
}

#[test]
fn what_does_not_fit_the_endpoint_is_refused_when_it_is_put_together() {
    let refused = |rewards, prompt| {
        let model = SimulatedRewards::new(rewards, honest);
        block_on(RewardVerifier::new(model, prompt)).err().unwrap().to_string()
    };
    let error = refused(None, None);
    assert!(error.contains("/pooling") && error.contains("verifier-server"), "{error}");
    let error = refused(Some(Rewarded::Whole), Some("reward-steps"));
    assert!(error.contains("score each step") && error.contains("`reward:reward-whole`"), "{error}");
    let error = refused(Some(Rewarded::Steps), Some("reward-whole"));
    assert!(error.contains("score whole answers") && error.contains("`reward:reward-steps`"), "{error}");
    // The usual tag is no token of this model.
    let error = refused(Some(Rewarded::Steps), None);
    assert!(error.contains("`<extra_0>` reads like a special token"), "{error}");
    let error = refused(Some(Rewarded::Whole), Some("judge"));
    assert_eq!(error, "the prompt `judge` is for `judge`, not for `reward`");
}

#[test]
fn a_reward_model_is_asked_for_rewards_alone() {
    use crate::verifiers::VerifierSpec;
    let model = SimulatedRewards::new(Some(Rewarded::Whole), honest);
    let facts = model.facts().clone();
    for spec in ["prm:signs", "orm:signs", "judge", "judge:verdicts=8"] {
        let spec: VerifierSpec = spec.parse().unwrap();
        let error = block_on(spec.build(model.clone(), &facts)).err().unwrap().to_string();
        assert!(error.contains("take reward"), "{error}");
    }
    let product: VerifierSpec = "reward*likelihood".parse().unwrap();
    assert!(product.needs_model() && block_on(product.build(model, &facts)).unwrap().is_some());
}

#[test]
fn a_head_in_the_place_of_labels_is_read_where_the_labels_would_stand_all_states_in_one_call() {
    let model = SimulatedRewards::new(Some(Rewarded::Steps), honest);
    let verifier = |granularity| {
        let (format, facts) = (LabelFormat::load("signs").unwrap(), model.facts().clone());
        block_on(LabelVerifier::new(model.clone(), format, granularity, &facts)).unwrap()
    };
    let (short, long) = (solved("1 + 1 = 2\n2 = 2"), solved("2 + 2 = 5\n5 = 5\n"));
    let states = [(&short, &[][..]), (&long, &[0.5][..]), (&short, &[0.5, 0.5][..])];
    let batch = states.map(|(state, known)| Verification { state, known });
    let assessed = block_on(verifier(Granularity::Step).verify(&batch)).unwrap();
    let scores: Vec<Vec<f64>> = assessed.scores.into_iter().map(Result::unwrap).collect();
    assert_eq!(scores, [vec![0.75, 0.75], vec![0.25], vec![]]);
    assert_eq!(model.asked.lock().unwrap().len(), 1);
    let asked = model.last();
    assert!(
        asked[0].ends_with("1 + 1 = 2\n▸2 = 2▸") && asked[1].ends_with("2 + 2 = 5\n5 = 5\n▸"),
        "{asked:?}"
    );
    let last = Verification { state: &long, known: &[] };
    let whole = block_on(verifier(Granularity::Whole).verify(&[last])).unwrap();
    assert_eq!(whole.scores, [Ok(vec![0.25])]);
}
