//! The study: strategies, models, demonstrations and prices, measured on seeds that nothing was chosen on.
//!
//! Seeds 1000 to 1999 were used by hand while the crate was written, 2000 to 2999 are those that prices are fitted on, and
//! demonstrations come from 5000 on. What is reported is measured from [`FIRST_SEED`] on.

mod arms;
mod outcomes;
mod page;
mod patience;

pub use arms::{Arm, BELIEFS, CELL_BUDGETS, DEADLINES, PLAIN, Part, TABLE_BUDGETS, arms};
pub use outcomes::{Measured, Outcome, Outcomes};
pub use patience::develop;

use crate::act::{Act, ActError, ActSpec, Belief, WorldName, act, setup};
use crate::grid::{Exact, GridWorld, Map};
use crate::strategies::ThinkingError;
use crate::{Gains, Price, Sample, Task, World};
use deliberate_report::{Page, Theme};
use deliberate_run::{Interval, JournalError, bootstrap_share};
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The first seed that is measured on.
pub const FIRST_SEED: u64 = 20_000;

/// The seeds that prices are fitted on.
pub const DEVELOPMENT: Range<u64> = 2000..2020;

/// Prices of an imagined step, in units of score.
pub const PRICES: [f64; 2] = [5e-5, 1.5e-4];

/// A study.
#[derive(Debug, Clone)]
pub struct StudySpec {
    /// Where outcomes, page and pictures go; what is there already is not played again.
    pub folder: PathBuf,
    /// Episodes of every arm.
    pub episodes: u64,
    /// The command, for the page.
    pub command: String,
}

/// A study that cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StudyError {
    /// An episode cannot be played.
    #[error(transparent)]
    Act(#[from] ActError),
    /// A strategy cannot be read.
    #[error(transparent)]
    Thinking(#[from] ThinkingError),
    /// Outcomes cannot be stored.
    #[error(transparent)]
    Store(#[from] JournalError),
    /// A file cannot be written.
    #[error("cannot write `{}` (is the folder there, and is there space?)", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Nothing to measure.
    #[error("a study has at least one episode for every arm")]
    NoEpisodes,
}

/// All that is on the page.
#[derive(Debug)]
pub struct Findings {
    /// Arms and what they came to.
    pub arms: Vec<(Arm, Measured)>,
    /// Worlds of cells: the optimum, and what acting by it came to on the very seeds.
    pub optima: Vec<(WorldName, f64, Interval)>,
    /// Beliefs, prices and what thinking for that price came to.
    pub priced: Vec<(Belief, f64, Measured)>,
    /// What the prices rest on.
    pub gains: Gains,
    /// Looks that the gains were fitted on.
    pub looks: usize,
    /// An episode of the table and one of the lake, to look at.
    pub shown: Vec<Act>,
    /// Episodes of every arm.
    pub episodes: u64,
}

/// Plays what is missing, and writes `index.html` and the pictures of some episodes; `progress` is told what comes next.
///
/// # Errors
/// [`StudyError`] if it cannot go on; what was played is kept, and the same call continues.
pub fn study(spec: &StudySpec, progress: &mut dyn FnMut(&str)) -> Result<Page, StudyError> {
    if spec.episodes == 0 {
        return Err(StudyError::NoEpisodes);
    }
    std::fs::create_dir_all(&spec.folder)
        .map_err(|source| StudyError::Write { path: spec.folder.clone(), source })?;
    let findings = find(spec, progress)?;
    for act in &findings.shown {
        let name = format!("{}.svg", act.spec.world);
        write(&spec.folder.join(name), &act.picture().svg(Theme::Adaptive))?;
    }
    let page = page::page(&findings, &spec.command);
    write(&spec.folder.join("index.html"), &page.html())?;
    Ok(page)
}

fn write(path: &Path, text: &str) -> Result<(), StudyError> {
    deliberate_files::replace(path, |file| file.write_all(text.as_bytes()))
        .map_err(|source| StudyError::Write { path: path.to_owned(), source })
}

fn find(spec: &StudySpec, progress: &mut dyn FnMut(&str)) -> Result<Findings, StudyError> {
    let mut outcomes = Outcomes::open(&spec.folder.join("outcomes.jsonl"))?;
    let seeds = FIRST_SEED..FIRST_SEED + spec.episodes;
    let mut measure = |arm: &ActSpec| -> Result<Measured, StudyError> {
        Measured::of(&outcomes.of(arm, seeds.clone())?).ok_or(StudyError::NoEpisodes)
    };
    let mut arms = Vec::new();
    for arm in self::arms()? {
        progress(&format!("{}: {}, {} steps a move", arm.spec.world, arm.line, arm.spec.budget));
        let measured = measure(&arm.spec)?;
        arms.push((arm, measured));
    }
    progress("development episodes of the price");
    let samples = samples()?;
    let gains = Gains::fit(&samples);
    let mut priced = Vec::new();
    for belief in BELIEFS {
        for step in PRICES {
            progress(&format!("pushing: {belief}, {step} a step"));
            let price = Some(Price { gains: gains.clone(), step });
            priced.push((belief, step, measure(&ActSpec { price, ..plain(belief)? })?));
        }
    }
    let mut optima = Vec::new();
    for world in [WorldName::Lake, WorldName::LargeLake, WorldName::Maze] {
        optima.extend(optimum(world, seeds.clone()));
    }
    let shown = [WorldName::Pushing, WorldName::Lake]
        .map(|world| act(&ActSpec { seed: FIRST_SEED, ..ActSpec::new(world) }, &mut |_| {}));
    let shown = shown.into_iter().collect::<Result<Vec<Act>, ActError>>()?;
    Ok(Findings { arms, optima, priced, gains, looks: samples.len(), shown, episodes: spec.episodes })
}

/// The whole budget, whatever is believed.
fn plain(belief: Belief) -> Result<ActSpec, StudyError> {
    let budget = TABLE_BUDGETS[TABLE_BUDGETS.len() - 1];
    Ok(ActSpec { strategy: PLAIN.parse()?, belief, budget, ..ActSpec::new(WorldName::Pushing) })
}

/// Looks of development episodes under all beliefs: the price does not know which one it will meet.
fn samples() -> Result<Vec<Sample>, StudyError> {
    let mut all = Vec::new();
    for belief in BELIEFS {
        all.extend(develop(&plain(belief)?, DEVELOPMENT)?);
    }
    Ok(all)
}

/// The optimum of a world of cells, and the share of episodes won by who acts by it.
fn optimum(world: WorldName, seeds: Range<u64>) -> Option<(WorldName, f64, Interval)> {
    let (map, slip) = setup::map(world)?;
    let exact = Exact::solve(&map, slip);
    let won: Vec<bool> = seeds.map(|seed| optimal(&map, &exact, slip, seed)).collect();
    Some((world, exact.value(map.start()), bootstrap_share(&won, 7)?))
}

fn optimal(map: &Map, exact: &Exact, slip: f64, seed: u64) -> bool {
    let mut world = GridWorld::new(map.clone(), slip, seed);
    loop {
        let spot = world.observe();
        if let Some(end) = map.end(&spot) {
            return end == crate::End::Won;
        }
        if world.act(&exact.best(map, spot)).is_err() {
            return false;
        }
    }
}
