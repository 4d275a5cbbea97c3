//! Maps of frozen lakes and of a maze, their rules, and what can be seen of them.

use crate::{Dice, End, Task};
use rand::Rng;
use serde::{Deserialize, Serialize};

/// What a cell is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// Safe ground.
    Ground,
    /// Whoever gets here is lost.
    Hole,
    /// Nobody gets here.
    Wall,
    /// The goal.
    Goal,
}

/// A step into one of four directions, numbered as in `gymnasium`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// 0.
    Left,
    /// 1.
    Down,
    /// 2.
    Right,
    /// 3.
    Up,
}

impl Direction {
    /// In the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Left, Self::Down, Self::Right, Self::Up];

    /// The two directions that one slips into: those at right angles.
    pub fn aside(self) -> [Self; 2] {
        let number = self as usize;
        [Self::ALL[(number + 3) % 4], Self::ALL[(number + 1) % 4]]
    }
}

/// Where one stands, and how much time is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Spot {
    /// Row by row from the upper left corner.
    pub cell: u16,
    /// Moves left.
    pub left: u32,
}

/// A map and its rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Map {
    cells: Vec<Cell>,
    width: usize,
    start: u16,
    goal: u16,
    moves: u32,
}

/// `gymnasium`'s small lake: 4 × 4, 100 moves.
const LAKE_4: [&str; 4] = ["SFFF", "FHFH", "FFFH", "HFFG"];

/// `gymnasium`'s large lake: 8 × 8, 200 moves.
const LAKE_8: [&str; 8] =
    ["SFFFFFFF", "FFFFFFFF", "FFFHFFFF", "FFFFFHFF", "FFFHFFFF", "FHHFFFHF", "FHFFHFHF", "FFFHFFFG"];

/// A maze with a dead end that lies nearer to the goal than the way does.
const MAZE: [&str; 7] = ["S##FFFFF", "F##F###F", "FFFF###F", "F######F", "FFFFF##F", "F####FFF", "FFFF##GF"];

impl Map {
    /// The small lake of `gymnasium`.
    pub fn lake_4() -> Self {
        Self::read(&LAKE_4, 100)
    }

    /// The large lake of `gymnasium`.
    pub fn lake_8() -> Self {
        Self::read(&LAKE_8, 200)
    }

    /// The maze.
    pub fn maze() -> Self {
        Self::read(&MAZE, 30)
    }

    fn read(rows: &[&str], moves: u32) -> Self {
        let width = rows[0].len();
        let letters: Vec<char> = rows.iter().flat_map(|row| row.chars()).collect();
        let of = |letter: &char| match letter {
            'H' => Cell::Hole,
            '#' => Cell::Wall,
            'G' => Cell::Goal,
            _ => Cell::Ground,
        };
        let find = |wanted| {
            letters.iter().position(|&letter| letter == wanted).expect("maps have a start and a goal")
        };
        let (start, goal) = (find('S') as u16, find('G') as u16);
        Self { cells: letters.iter().map(of).collect(), width, start, goal, moves }
    }

    /// Cells, row by row.
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// Cells of a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Where every episode begins.
    pub fn start(&self) -> Spot {
        Spot { cell: self.start, left: self.moves }
    }

    /// The cell in this direction, or the same where the map or a wall ends the way.
    pub fn beside(&self, cell: u16, direction: Direction) -> u16 {
        let (row, column) = (cell as usize / self.width, cell as usize % self.width);
        let rows = self.cells.len() / self.width;
        let (row, column) = match direction {
            Direction::Left => (row, column.saturating_sub(1)),
            Direction::Down => ((row + 1).min(rows - 1), column),
            Direction::Right => (row, (column + 1).min(self.width - 1)),
            Direction::Up => (row.saturating_sub(1), column),
        };
        let there = row * self.width + column;
        if self.cells[there] == Cell::Wall { cell } else { there as u16 }
    }

    /// Where a move leads: as meant, or to either side with half the probability of slipping each.
    pub fn outcomes(&self, cell: u16, direction: Direction, slip: f64) -> [(u16, f64); 3] {
        let [one, other] = direction.aside().map(|aside| (self.beside(cell, aside), slip / 2.0));
        [one, (self.beside(cell, direction), 1.0 - slip), other]
    }

    /// One such outcome.
    pub fn slide(&self, from: Spot, direction: Direction, slip: f64, dice: &mut Dice) -> Spot {
        let mut point: f64 = dice.random();
        let outcomes = self.outcomes(from.cell, direction, slip);
        let hit = outcomes.iter().find(|(_, probability)| {
            point -= probability;
            point < 0.0
        });
        Spot { cell: hit.unwrap_or(&outcomes[1]).0, left: from.left.saturating_sub(1) }
    }

    fn away(&self, cell: u16) -> usize {
        let place = |cell: u16| (cell as usize / self.width, cell as usize % self.width);
        let ((row, column), (to_row, to_column)) = (place(cell), place(self.goal));
        row.abs_diff(to_row) + column.abs_diff(to_column)
    }
}

/// Keeps every direction possible where moves are fitted to few plans.
const DOUBT: f64 = 0.05;

impl Task for Map {
    type Situation = Spot;
    type Action = Direction;
    type Spread = [f64; 4];

    fn end(&self, spot: &Spot) -> Option<End> {
        match self.cells[spot.cell as usize] {
            Cell::Goal => Some(End::Won),
            Cell::Hole => Some(End::Lost),
            _ => (spot.left == 0).then_some(End::Lost),
        }
    }

    fn left(&self, spot: &Spot) -> u32 {
        spot.left
    }

    /// As the crow flies: 1 at the goal, and less by the same for every cell.
    fn promise(&self, spot: &Spot) -> f64 {
        let farthest = self.width + self.cells.len() / self.width;
        1.0 - self.away(spot.cell) as f64 / farthest as f64
    }

    fn distance(&self, one: &Spot, other: &Spot) -> f64 {
        f64::from(u8::from(one.cell != other.cell))
    }

    /// A direction in which, slipping or not, no hole lies; where there is none, the one with the fewest.
    fn safe(&self, spot: &Spot) -> Direction {
        let holes = |direction: &Direction| {
            let ways = self.outcomes(spot.cell, *direction, 0.5);
            ways.iter().filter(|(cell, _)| self.cells[*cell as usize] == Cell::Hole).count()
        };
        Direction::ALL.into_iter().min_by_key(holes).expect("there are four directions")
    }

    fn any(&self) -> [f64; 4] {
        [0.25; 4]
    }

    fn near(&self, action: &Direction) -> [f64; 4] {
        self.fit(&[(action, 1.0)])
    }

    fn fit(&self, weighted: &[(&Direction, f64)]) -> [f64; 4] {
        let total: f64 = weighted.iter().map(|(_, weight)| weight).sum();
        let mut spread = [DOUBT; 4];
        for (direction, weight) in weighted {
            spread[**direction as usize] += (1.0 - 4.0 * DOUBT) * weight / total.max(f64::MIN_POSITIVE);
        }
        spread
    }

    fn draw(&self, spread: &[f64; 4], dice: &mut Dice) -> Direction {
        let mut point = dice.random::<f64>() * spread.iter().sum::<f64>();
        let hit = spread.iter().position(|weight| {
            point -= weight;
            point < 0.0
        });
        Direction::ALL[hit.unwrap_or(3)]
    }

    fn likeliest(&self, spread: &[f64; 4]) -> Direction {
        let mut best = 0;
        for index in 1..4 {
            if spread[index] > spread[best] {
                best = index;
            }
        }
        Direction::ALL[best]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slips_to_the_sides_and_never_back() {
        // As `(a - 1) % 4` and `(a + 1) % 4` in gymnasium.
        assert_eq!(Direction::Left.aside(), [Direction::Up, Direction::Down]);
        assert_eq!(Direction::Up.aside(), [Direction::Right, Direction::Left]);
    }

    #[test]
    fn walls_and_edges_hold() {
        let maze = Map::maze();
        assert_eq!(maze.beside(0, Direction::Right), 0);
        assert_eq!(maze.beside(0, Direction::Up), 0);
        assert_eq!(maze.beside(0, Direction::Down), 8);
    }

    #[test]
    fn the_safe_move_keeps_clear_of_holes_where_that_is_possible() {
        let lake = Map::lake_4();
        // Cell 4 has a hole to its right: moving left slips up or down, or stays.
        assert_eq!(lake.safe(&Spot { cell: 4, left: 9 }), Direction::Left);
        assert_eq!(lake.end(&Spot { cell: 4, left: 0 }), Some(End::Lost));
        assert_eq!(lake.end(&Spot { cell: 15, left: 0 }), Some(End::Won));
    }
}
