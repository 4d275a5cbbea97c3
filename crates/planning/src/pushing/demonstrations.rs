//! Learning from a few demonstrations: by retrieval, by regression, or by doing the same again.
//!
//! Scenes are seen from the puck, with the target straight ahead: what was shown at one place then holds at another.

use super::scene::{MEMORY, Pair, Push, Scene, length, minus};
use super::table::{MOVES, PushSpread, Table};
use crate::policy::Place;
use crate::{Dice, Episode, Policy, Task};

/// Scenes and what was done in them, one list for each demonstration.
#[derive(Debug, Clone)]
pub struct Demonstrations {
    shown: Vec<Vec<(Scene, Push)>>,
}

impl Demonstrations {
    /// From episodes that went well.
    pub fn of<'e>(episodes: impl IntoIterator<Item = &'e Episode<Table>>) -> Self {
        let pairs =
            |episode: &Episode<Table>| episode.moves.iter().map(|made| (made.seen, made.action)).collect();
        Self { shown: episodes.into_iter().map(pairs).collect() }
    }

    /// The first so many.
    pub fn first(&self, count: usize) -> Self {
        Self { shown: self.shown.iter().take(count).cloned().collect() }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.shown.len()
    }

    fn pairs(&self) -> impl Iterator<Item = &(Scene, Push)> {
        self.shown.iter().flatten()
    }
}

/// Numbers that describe a scene: the target's distance; where the pusher is and how it and the puck move; and the commands
/// sent last, which may be yet to act.
const FEATURES: usize = 7 + 2 * MEMORY;

/// The direction from the puck to the target.
fn ahead(scene: &Scene) -> Pair {
    let way = minus(scene.target, scene.puck.place);
    let far = length(way);
    if far > 1e-6 { way.map(|part| part / far) } else { [1.0, 0.0] }
}

/// Turns a pair so that `ahead` becomes the first axis.
fn turned(pair: Pair, ahead: Pair) -> Pair {
    [pair[0] * ahead[0] + pair[1] * ahead[1], pair[1] * ahead[0] - pair[0] * ahead[1]]
}

/// Turns it back.
fn turned_back(pair: Pair, ahead: Pair) -> Pair {
    [pair[0] * ahead[0] - pair[1] * ahead[1], pair[1] * ahead[0] + pair[0] * ahead[1]]
}

fn features(scene: &Scene) -> [f32; FEATURES] {
    let ahead = ahead(scene);
    let mut all = [0.0; FEATURES];
    all[0] = length(minus(scene.target, scene.puck.place));
    let seen = [minus(scene.pusher.place, scene.puck.place), scene.pusher.velocity, scene.puck.velocity];
    let pairs = seen.into_iter().chain(scene.sent.map(|push| push.0));
    for (at, pair) in pairs.enumerate() {
        all[1 + 2 * at..3 + 2 * at].copy_from_slice(&turned(pair, ahead));
    }
    all
}

/// What a unit of each feature counts in a comparison: metres most, metres per second less, commands least.
fn weights() -> [f32; FEATURES] {
    let mut weights = [0.1; FEATURES];
    weights[0] = 1.0;
    weights[1..3].fill(2.0);
    weights[3..7].fill(0.5);
    weights
}

/// Retrieval: the moves of the nearest scenes that were shown.
#[derive(Debug, Clone)]
pub struct Retrieval {
    shown: Vec<([f32; FEATURES], Pair)>,
    nearest: usize,
}

impl Retrieval {
    /// Looks up so many scenes.
    pub fn new(demonstrations: &Demonstrations, nearest: usize) -> Self {
        let pairs = demonstrations.pairs();
        let shown = pairs.map(|(scene, push)| (features(scene), turned(push.0, ahead(scene)))).collect();
        Self { shown, nearest: nearest.max(1) }
    }
}

impl Policy<Table> for Retrieval {
    fn moves(&self, task: &Table, place: &Place<'_, Table>, _: &mut Dice) -> PushSpread {
        let (own, weights) = (features(place.situation), weights());
        let distance = |other: &[f32; FEATURES]| -> f32 {
            (0..FEATURES).map(|at| (weights[at] * (own[at] - other[at])).powi(2)).sum()
        };
        let mut near: Vec<(f32, Pair)> = Vec::with_capacity(self.nearest + 1);
        for (scene, push) in &self.shown {
            let far = distance(scene);
            let at = near.partition_point(|(nearer, _)| *nearer <= far);
            if at < self.nearest {
                near.insert(at, (far, *push));
                near.truncate(self.nearest);
            }
        }
        if near.is_empty() {
            return task.any();
        }
        let ahead = ahead(place.situation);
        let back = |(far, push): (f32, Pair)| (Push(turned_back(push, ahead)), f64::from(1.0 / (far + 1e-3)));
        let moves: Vec<(Push, f64)> = near.into_iter().map(back).collect();
        task.fit(&moves.iter().map(|(push, weight)| (push, *weight)).collect::<Vec<_>>())
    }
}

/// Behaviour cloning: pushes as linear functions of the features, by ridge regression.
#[derive(Debug, Clone)]
pub struct Cloned {
    /// For each axis, for each feature and a constant.
    coefficients: [[f64; FEATURES + 1]; 2],
    deviation: f32,
}

/// Keeps coefficients small where scenes are few.
const RIDGE: f64 = 0.03;

impl Cloned {
    /// Fits what was shown.
    pub fn fit(demonstrations: &Demonstrations) -> Self {
        let mut moments = [[0.0; FEATURES + 1]; FEATURES + 1];
        let mut products = [[0.0; FEATURES + 1]; 2];
        for (scene, push) in demonstrations.pairs() {
            let (row, push) = (extended(scene), turned(push.0, ahead(scene)));
            for (i, value) in row.iter().enumerate() {
                for (j, other) in row.iter().enumerate() {
                    moments[i][j] += value * other;
                }
                for axis in 0..2 {
                    products[axis][i] += value * f64::from(push[axis]);
                }
            }
        }
        for (i, row) in moments.iter_mut().enumerate() {
            row[i] += RIDGE;
        }
        Self { coefficients: products.map(|right| solve(moments, right)), deviation: 0.2 }
    }
}

fn extended(scene: &Scene) -> [f64; FEATURES + 1] {
    let features = features(scene);
    std::array::from_fn(|at| features.get(at).map_or(1.0, |&feature| f64::from(feature)))
}

/// Gaussian elimination; the matrix is positive definite, so no pivot is needed.
fn solve<const N: usize>(mut matrix: [[f64; N]; N], mut right: [f64; N]) -> [f64; N] {
    for pivot in 0..N {
        for row in pivot + 1..N {
            let factor = matrix[row][pivot] / matrix[pivot][pivot];
            let above = matrix[pivot];
            for (value, above) in matrix[row].iter_mut().zip(above).skip(pivot) {
                *value -= factor * above;
            }
            right[row] -= factor * right[pivot];
        }
    }
    let mut solution = [0.0; N];
    for row in (0..N).rev() {
        let known: f64 = (row + 1..N).map(|column| matrix[row][column] * solution[column]).sum();
        solution[row] = (right[row] - known) / matrix[row][row];
    }
    solution
}

impl Policy<Table> for Cloned {
    fn moves(&self, _: &Table, place: &Place<'_, Table>, _: &mut Dice) -> PushSpread {
        let row = extended(place.situation);
        let push =
            self.coefficients.map(|own| own.iter().zip(row).map(|(c, value)| c * value).sum::<f64>() as f32);
        let mean = Push::within(turned_back(push, ahead(place.situation))).0;
        PushSpread { mean, deviation: [self.deviation; 2] }
    }
}

/// The demonstration that began most alike, command by command, whatever happens.
#[derive(Debug, Clone)]
pub struct Replay {
    pushes: Vec<Push>,
}

impl Replay {
    /// For an episode that begins with this scene.
    pub fn new(demonstrations: &Demonstrations, begin: &Scene) -> Self {
        let apart = |shown: &Vec<(Scene, Push)>| {
            shown.first().map_or(f32::INFINITY, |(scene, _)| {
                length(minus(scene.puck.place, begin.puck.place))
                    + length(minus(scene.target, begin.target))
                    + length(minus(scene.pusher.place, begin.pusher.place))
            })
        };
        let alike = demonstrations.shown.iter().min_by(|a, b| apart(a).total_cmp(&apart(b)));
        Self { pushes: alike.map_or(Vec::new(), |shown| shown.iter().map(|(_, push)| *push).collect()) }
    }
}

impl Policy<Table> for Replay {
    fn moves(&self, task: &Table, place: &Place<'_, Table>, _: &mut Dice) -> PushSpread {
        let made = (MOVES - place.situation.left.min(MOVES)) as usize;
        task.near(self.pushes.get(made).unwrap_or(&Push([0.0; 2])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};

    /// Demonstrations of a push that depends on where the pusher is, seen from the puck.
    fn shown(count: u64) -> Demonstrations {
        let rule = |scene: &Scene| {
            let ahead = ahead(scene);
            let at = turned(minus(scene.pusher.place, scene.puck.place), ahead);
            Push::within(turned_back([0.5 - 0.5 * at[0], -0.8 * at[1]], ahead))
        };
        let scenes = (0..count).map(|seed| {
            let mut scene = Table::begin(seed);
            let mut dice = Dice::seed_from_u64(seed);
            scene.pusher.place = [dice.random_range(-0.6..0.2), dice.random_range(-0.4..0.4)];
            vec![(scene, rule(&scene))]
        });
        Demonstrations { shown: scenes.collect() }
    }

    fn asked(policy: &impl Policy<Table>, scene: &Scene) -> Push {
        let place = Place { situation: scene, before: None };
        Table.likeliest(&policy.moves(&Table, &place, &mut Dice::seed_from_u64(0)))
    }

    #[test]
    fn what_was_shown_is_done_again_in_the_same_scene() {
        let shown = shown(40);
        let (retrieval, cloned) = (Retrieval::new(&shown, 1), Cloned::fit(&shown));
        for (scene, push) in shown.pairs() {
            let apart = |other: Push| length(minus(push.0, other.0));
            assert!(apart(asked(&retrieval, scene)) < 1e-4);
            assert!(apart(asked(&cloned, scene)) < 0.1, "{push:?} {:?}", asked(&cloned, scene));
        }
    }

    #[test]
    fn a_turned_table_is_the_same_table() {
        let shown = shown(40);
        let cloned = Cloned::fit(&shown);
        let scene = shown.shown[7][0].0;
        // A quarter turn to the left.
        let quarter = |pair: Pair| [-pair[1], pair[0]];
        let mut turned_scene = scene;
        for body in [&mut turned_scene.pusher, &mut turned_scene.puck] {
            (body.place, body.velocity) = (quarter(body.place), quarter(body.velocity));
        }
        turned_scene.target = quarter(scene.target);
        let (one, other) = (asked(&cloned, &scene), asked(&cloned, &turned_scene));
        assert!(length(minus(quarter(one.0), other.0)) < 1e-4, "{one:?} {other:?}");
    }

    #[test]
    fn nothing_shown_is_nothing_known() {
        let none = shown(0);
        let spread = Retrieval::new(&none, 3).moves(
            &Table,
            &Place { situation: &Table::begin(1), before: None },
            &mut Dice::seed_from_u64(0),
        );
        assert_eq!(spread, Table.any());
        assert_eq!(asked(&Replay::new(&none, &Table::begin(1)), &Table::begin(1)), Push::default());
    }
}
