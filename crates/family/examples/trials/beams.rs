//! Why beam search falls short of best-of-N: by its scores or by what it explores? Arms differ in one thing each: copies,
//! branching, scores (the PRM's, times the likelihood, the exact oracle's), and what a step is.

use crate::bench::{Bench, number, percent};
use crate::purses::{Cut, Drawing, Final, Scoring};
use deliberate_engine::Engine;
use deliberate_family::measure::{difference, mean};
use deliberate_family::{OracleVerifier, asked, domain, serve, verifier};
use deliberate_lab::Question;
use deliberate_search::{
    Budget, Outcome, Roles, Settings, Silent, StrategySpec, Verifier, question_seed, search,
};
use deliberate_text::{Domain, Trace};
use futures::executor::block_on;
use futures::{StreamExt, stream};
use std::collections::HashSet;
use std::error::Error;

/// N.
const GENERATIONS: u32 = 16;

/// Searches under way together.
const CONCURRENCY: usize = 48;

#[derive(Clone, Copy, PartialEq)]
enum Scores {
    Prm,
    Product,
    Oracle,
}

#[derive(Clone, Copy)]
struct Arm {
    name: &'static str,
    strategy: &'static str,
    scores: Scores,
    /// Whether a step is a purse, not a line.
    purses: bool,
}

const fn arm(name: &'static str, strategy: &'static str, scores: Scores) -> Arm {
    Arm { name, strategy, scores, purses: false }
}

const fn purses(name: &'static str, strategy: &'static str, scores: Scores) -> Arm {
    Arm { name, strategy, scores, purses: true }
}

const PLAIN: &str = "beam:branching=4,distinct=false";
const DISTINCT: &str = "beam:branching=4,distinct=true";
const ONCE: &str = "beam:branching=4,distinct=true,copies=once";

const ARMS: [Arm; 16] = [
    arm("best-of-16 weighted, PRM", "best-of-n", Scores::Prm),
    arm("best-of-16 weighted, PRM x likelihood", "best-of-n", Scores::Product),
    arm("best-of-16, oracle", "best-of-n", Scores::Oracle),
    arm("beam M=4, PRM", PLAIN, Scores::Prm),
    arm("beam M=4 distinct, PRM", DISTINCT, Scores::Prm),
    arm("beam M=4 distinct, PRM, copies vote once", ONCE, Scores::Prm),
    arm("beam M=2, PRM", "beam:branching=2,distinct=false", Scores::Prm),
    arm("beam M=2 distinct, PRM", "beam:branching=2,distinct=true", Scores::Prm),
    arm("beam M=4, PRM x likelihood", PLAIN, Scores::Product),
    arm("beam M=4 distinct, PRM x likelihood", DISTINCT, Scores::Product),
    arm("beam M=4, oracle", PLAIN, Scores::Oracle),
    arm("beam M=4 distinct, oracle", DISTINCT, Scores::Oracle),
    purses("beam M=4 of purses, PRM", PLAIN, Scores::Prm),
    purses("beam M=4 of purses distinct, PRM", DISTINCT, Scores::Prm),
    purses("beam M=4 of purses distinct, PRM x likelihood", DISTINCT, Scores::Product),
    purses("beam M=4 of purses distinct, oracle", DISTINCT, Scores::Oracle),
];

/// What one search came to.
struct Found {
    question: usize,
    right: bool,
    covered: bool,
    /// Different solutions among the final ones.
    distinct: usize,
    tokens: f64,
}

pub(crate) fn run(bench: &Bench) -> Result<(), Box<dyn Error>> {
    let questions = bench.measured()?;
    let models = Models::open(bench)?;
    let seed = Bench::seed();
    println!(
        "{} questions, {} runs of each; over questions, 95 %\narm | right, % | against best-of-16 weighted, points | \
         covered, % | different final solutions | thousands of tokens drawn",
        questions.len(),
        bench.extent.runs
    );
    let mut reference: Option<Vec<f64>> = None;
    for arm in ARMS {
        let found = block_on(models.search(arm, &questions, bench.extent.runs))?;
        let over = |number: &dyn Fn(&Found) -> f64| -> Vec<f64> {
            let mut sums = vec![(0.0, 0.0); questions.len()];
            for one in &found {
                sums[one.question].0 += number(one);
                sums[one.question].1 += 1.0;
            }
            sums.into_iter().map(|(sum, runs)| sum / runs).collect()
        };
        let right = over(&|one| f64::from(u8::from(one.right)));
        let reference = reference.get_or_insert_with(|| right.clone());
        println!(
            "{} | {} | {} | {} | {} | {:.2}",
            arm.name,
            percent(mean(&right, seed)),
            percent(difference(&right, reference, seed)),
            percent(mean(&over(&|one| f64::from(u8::from(one.covered))), seed)),
            number(mean(&over(&|one| one.distinct as f64), seed), 2),
            mean(&over(&|one| one.tokens), seed).value / 1e3,
        );
    }
    Ok(())
}

/// Who takes part in all arms.
struct Models {
    domain: Domain<Engine>,
    prm: Box<dyn Verifier<Trace>>,
    product: Box<dyn Verifier<Trace>>,
}

impl Models {
    fn open(bench: &Bench) -> Result<Self, Box<dyn Error>> {
        let (proposer, prm) = (serve(&Bench::model("proposer"))?, serve(&Bench::model("prm"))?);
        Ok(Self {
            domain: domain(&proposer, bench.plan.method.temperature)?,
            prm: block_on(verifier(&prm, "prm:signs"))?,
            product: block_on(verifier(&prm, "prm:signs*likelihood"))?,
        })
    }

    /// All questions, several times each.
    async fn search(
        &self,
        arm: Arm,
        questions: &[Question],
        runs: u64,
    ) -> Result<Vec<Found>, Box<dyn Error>> {
        let spec: StrategySpec = arm.strategy.parse()?;
        let spec = spec.with_generations(GENERATIONS)?;
        let searches = (0..questions.len()).flat_map(|question| (0..runs).map(move |run| (question, run)));
        let under_way = stream::iter(searches)
            .map(|(index, run)| self.once(arm, &spec, (index, &questions[index]), run))
            .buffer_unordered(CONCURRENCY);
        let found: Vec<Result<Found, Box<dyn Error>>> = under_way.collect().await;
        found.into_iter().collect()
    }

    async fn once(
        &self,
        arm: Arm,
        spec: &StrategySpec,
        (index, question): (usize, &Question),
        run: u64,
    ) -> Result<Found, Box<dyn Error>> {
        let oracle = OracleVerifier::new(question)?;
        let roles = self.domain.roles();
        let scoring = Scoring(match arm.scores {
            Scores::Prm => &*self.prm,
            Scores::Product => &*self.product,
            Scores::Oracle => &oracle,
        });
        let (drawing, answers) = (Drawing(roles.proposer), Final(roles.answers));
        let roles = Roles { proposer: &drawing, verifier: Some(&scoring), reviser: None, answers: &answers };
        let root = self.domain.root(&question.problem).await?;
        let root = if arm.purses { Cut::purses(root, question) } else { Cut::lines(root) };
        let settings = Settings::new(Budget::generations(GENERATIONS), question_seed(run, &question.id));
        let mut strategy = spec.build()?;
        let outcome = search(root, &mut *strategy, &roles, settings, &mut Silent).await?;
        Ok(found(index, question, &outcome))
    }
}

fn found(index: usize, question: &Question, outcome: &Outcome<Cut>) -> Found {
    let asked = asked(question);
    let solutions: Vec<&Trace> = outcome.tree.answers().map(|id| &outcome.state(id).trace).collect();
    Found {
        question: index,
        right: outcome.answer().is_some_and(|chosen| asked.right(&chosen.trace)),
        covered: solutions.iter().any(|solution| asked.right(solution)),
        distinct: solutions.iter().map(|solution| solution.text()).collect::<HashSet<_>>().len(),
        tokens: outcome.ledger.charged.units as f64,
    }
}
