//! The lakes against those of `gymnasium`: the same chances for every move in every cell, and then step by step the same
//! walk when both are given the same outcomes.

use deliberate_planning::grid::{Cell, Direction, Map, Spot};
use deliberate_planning::{End, Task};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::process::Command;

/// Probability, cell, reward, end.
type Chance = (f64, u16, f64, bool);

/// What the script prints for one map.
#[derive(Deserialize)]
struct Theirs {
    /// Moves of an episode.
    limit: u32,
    /// For each cell, for each move.
    table: Vec<[Vec<Chance>; 4]>,
    /// A walk of random moves: move, cell, reward, end; a new episode after each end.
    walk: Vec<(usize, u16, f64, bool)>,
}

const SCRIPT: &str = "
import gymnasium, json
out = {}
for name, id in [('4x4', 'FrozenLake-v1'), ('8x8', 'FrozenLake8x8-v1')]:
    env = gymnasium.make(id, is_slippery=True)
    table = env.unwrapped.P
    env.reset(seed=1)
    env.action_space.seed(1)
    walk = []
    for _ in range(5000):
        move = int(env.action_space.sample())
        cell, reward, ended, cut, _ = env.step(move)
        walk.append((move, int(cell), float(reward), bool(ended or cut)))
        if ended or cut:
            env.reset()
    rows = [[[(float(p), int(s), float(r), bool(d)) for p, s, r, d in table[c][a]] for a in range(4)] for c in sorted(table)]
    out[name] = {'limit': env.spec.max_episode_steps, 'table': rows, 'walk': walk}
print(json.dumps(out))
";

#[test]
#[ignore = "needs a python with gymnasium: set PYTHON to it and run with --ignored"]
fn lakes_move_as_those_of_gymnasium() {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let output = Command::new(python).args(["-c", SCRIPT]).output().expect("python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs: BTreeMap<String, Theirs> =
        serde_json::from_slice(&output.stdout).expect("what the script prints");
    for (name, map) in [("4x4", Map::lake_4()), ("8x8", Map::lake_8())] {
        let theirs = &theirs[name];
        assert_eq!(theirs.limit, map.start().left, "{name}");
        for (cell, moves) in theirs.table.iter().enumerate() {
            if map.cells()[cell] == Cell::Ground {
                for (direction, outcomes) in Direction::ALL.into_iter().zip(moves) {
                    same(&map, cell as u16, direction, outcomes);
                }
            }
        }
        walk(&map, &theirs.walk);
    }
}

/// The same chances, rewards and ends.
fn same(map: &Map, cell: u16, direction: Direction, theirs: &[Chance]) {
    let gather = |outcomes: &mut dyn Iterator<Item = (u16, f64)>| {
        let mut chances: BTreeMap<u16, f64> = BTreeMap::new();
        for (to, chance) in outcomes {
            *chances.entry(to).or_default() += chance;
        }
        chances
    };
    let ours = gather(&mut map.outcomes(cell, direction, 2.0 / 3.0).into_iter());
    let expected = gather(&mut theirs.iter().map(|(chance, to, ..)| (*to, *chance)));
    assert_eq!(ours.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{cell} {direction:?}");
    for (to, chance) in &ours {
        assert!((chance - expected[to]).abs() < 1e-12, "{cell} {direction:?} {to}");
    }
    for (_, to, reward, ended) in theirs {
        let end = map.end(&Spot { cell: *to, left: 1 });
        assert_eq!((end.is_some(), end == Some(End::Won)), (*ended, *reward > 0.5), "{to}");
    }
}

/// Every step of their walk is one that ours could take, and ends where ours would.
fn walk(map: &Map, theirs: &[(usize, u16, f64, bool)]) {
    let mut spot = map.start();
    for (number, &(direction, to, reward, ended)) in theirs.iter().enumerate() {
        let possible = map.outcomes(spot.cell, Direction::ALL[direction], 2.0 / 3.0);
        assert!(possible.iter().any(|(cell, _)| *cell == to), "step {number}: {spot:?} to {to}");
        spot = Spot { cell: to, left: spot.left - 1 };
        let end = map.end(&spot);
        assert_eq!((end.is_some(), end == Some(End::Won)), (ended, reward > 0.5), "step {number}");
        if ended {
            spot = map.start();
        }
    }
}
