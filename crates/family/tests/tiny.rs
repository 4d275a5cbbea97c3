//! Small families, from nothing: built in pieces one is the same as in one go, and the tiny one beats chance.

use deliberate_decoder::{Asking, Model, Precision, Weights};
use deliberate_family::measure::{Extent, measure, page};
use deliberate_family::{
    Beginning, BuildError, Built, Lab, Learning, Method, Observer, Plan, Scale, Words, build, serve,
};
use deliberate_lab::{Question, Recipe, Split, generate};
use deliberate_text::Prompt;
use deliberate_train::Device;
use deliberate_train::gather::SearchPlan;
use futures::executor::block_on;
use std::ops::ControlFlow;
use std::path::Path;

/// Breaks off after so many reports of progress.
struct Impatient(u32);

impl Observer for Impatient {
    fn at(&mut self, _: u64, _: u64, _: &str) -> ControlFlow<()> {
        self.0 = self.0.saturating_sub(1);
        if self.0 == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

fn in_pieces(plan: &Plan, folder: &Path) -> (Built, u32) {
    for pieces in 1..100 {
        match build(plan, folder, &Device::Cpu, &mut Impatient(60)) {
            Ok(built) => return (built, pieces),
            Err(BuildError::Interrupted) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    panic!("it never ends");
}

/// A plan of seconds, whose models are good for nothing.
fn hasty() -> Plan {
    let plan = Scale::Tiny.plan();
    let less = |learning: Learning| Learning { tokens: Some(40_000), ..learning };
    let (lab, method) = (plan.lab().unwrap().clone(), plan.method);
    let written = Learning { tokens: Some(400_000), ..lab.written };
    let method = Method {
        sampled_questions: 40,
        chained_questions: 20,
        prm: method.prm.map(less),
        orm: method.orm.map(less),
        reviser: method.reviser.map(less),
        revision_orm: method.revision_orm.map(less),
        star: method.star.map(less),
        rest_em: method.star.map(less),
        searches: Some(SearchPlan { strategy: "beam".to_owned(), generations: 4, seed: 14, concurrency: 32 }),
        distilled: method.star.map(less),
        revision_rest_em: method.reviser.map(less),
        ..method
    };
    Plan { seed: plan.seed, from: Beginning::Lab(Lab { written, ..lab }), method }
}

#[test]
fn a_family_built_in_pieces_is_the_same() {
    let plan = hasty();
    let (whole, parts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let built = build(&plan, whole.path(), &Device::Cpu, &mut ()).unwrap();
    let (again, pieces) = in_pieces(&plan, parts.path());
    assert!(pieces > 3, "it was broken off {pieces} times");
    let sums = |built: &Built| -> Vec<(String, String)> {
        built.models.iter().map(|(card, _)| (card.name.clone(), card.sha256.clone())).collect()
    };
    assert_eq!(sums(&built), sums(&again));
    assert_eq!(built.models.len(), 9);

    // Another plan does not go on in this folder.
    let other = Plan { seed: 2, ..plan };
    assert!(matches!(build(&other, whole.path(), &Device::Cpu, &mut ()), Err(BuildError::OtherPlan { .. })));
}

#[test]
fn the_tiny_family_is_better_than_chance() {
    let plan = Scale::Tiny.plan();
    let folder = tempfile::tempdir().unwrap();
    build(&plan, folder.path(), &Device::Cpu, &mut ()).unwrap();
    let (split, chains, rollouts) = (Split::Test, (1, 3), (10, 8));
    let extent = Extent { split, questions: 80, samples: 16, chains, rollouts, seed: 5 };
    let measured = measure(&plan, folder.path(), &extent, &mut ()).unwrap();
    // One in eleven by guessing.
    assert!(measured.proposers.pass_at_1.low > 0.2, "{:?}", measured.proposers);
    assert!(measured.verifiers.areas.answer.unwrap() > 0.6, "{:?}", measured.verifiers);
    assert!(measured.verifiers.areas.orm.unwrap() > 0.6, "{:?}", measured.verifiers);
    let along = &measured.revisions.along[0];
    assert_eq!(along.pass_at_1.len(), 3);
    assert!((1.0..=3.0).contains(&along.distinct.value), "{along:?}");
    // The first attempt of a chain was once the proposer's, so that its curve was a change of model.
    let samples = measured.revisions.curves.iter().find(|one| one.by == "samples of the reviser, majority");
    assert_eq!(
        samples.unwrap().points[0],
        (1, along.pass_at_1[0]),
        "a chain begins with a sample of the reviser"
    );
    // Two ways to the same number: one group of all samples, and all samples at once.
    for (curve, chosen) in [("majority", "majority of 16"), ("weighted, ORM", "best-of-16 weighted, ORM")] {
        let curve = measured.verifiers.curves.iter().find(|one| one.by == curve).unwrap();
        let chosen = measured.verifiers.chosen.iter().find(|one| one.by == chosen).unwrap();
        assert_eq!(curve.points.last(), Some(&(16, chosen.accuracy)));
        assert!(curve.points[0].1.value > 0.2, "{curve:?}");
    }
    let page = page(&measured, "deliberate lab measure");
    let figures: Vec<&str> = page.figures().map(|figure| figure.id.as_str()).collect();
    assert_eq!(
        figures,
        ["spread", "pass-at-k", "reliability", "prm-orm", "chain", "sequential-parallel", "history"]
    );
    assert!(measured.proposers.learnt[0].gain.high > 0.0, "{:?}", measured.proposers);
}

#[test]
fn training_and_serving_read_a_question_alike() {
    let questions: Vec<Question> = generate(&Recipe::mixed(), Split::Train, 3).unwrap().take(200).collect();
    let words = Words::learn(&questions, 384).unwrap();
    let plan = Scale::Tiny.plan();
    let shape = plan.lab().unwrap().proposer.shape(words.size());
    let model = Model {
        name: "nobody".to_owned(),
        shape,
        weights: Weights::zeros(&shape),
        vocabulary: words.vocabulary().clone(),
        asking: Asking::default(),
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nobody.gguf");
    model.write_gguf(&path, Precision::F32).unwrap();
    let engine = serve(&path).unwrap();
    let prompt = Prompt::load("lab").unwrap();
    for question in &questions {
        let asked = block_on(prompt.encode(&engine, &[("question", &question.problem)])).unwrap();
        let learnt = words.solved(question, &question.solution);
        assert_eq!(learnt.tokens[..asked.len()], asked);
        assert_eq!(learnt.targets[0].position as usize, asked.len() - 1);
    }
}
