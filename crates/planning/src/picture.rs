//! An episode as a figure.

use crate::grid::{Cell, Map};
use crate::pushing::{HALF, Scene, Table};
use crate::{End, Episode};
use deliberate_report::{Axis, Chart, Colour, Figure, Mark, Plot, Point, Series, Shape};

fn ending(end: End, moves: usize) -> String {
    let how = match end {
        End::Won => "The goal is reached",
        End::Lost => "The goal is missed",
    };
    format!("{how} after {moves} moves")
}

/// The way over a map.
pub(crate) fn of_map(map: &Map, episode: &Episode<Map>) -> Figure {
    let rows = map.cells().len() / map.width();
    let place = |cell: usize| ((cell % map.width()) as f64, (rows - 1 - cell / map.width()) as f64);
    let of = |wanted: Cell| {
        let cells = map.cells().iter().enumerate().filter(move |(_, cell)| **cell == wanted);
        cells.map(|(at, _)| place(at)).collect::<Vec<_>>()
    };
    let spots = episode.moves.iter().map(|made| made.seen).chain([episode.last]);
    let way = spots.enumerate().map(|(number, spot)| {
        let (x, y) = place(spot.cell as usize);
        Point::new(x, y).note(format!("after {number} moves"))
    });
    let axis = |title: &str, last: usize| Axis::linear(title).bounds(-0.5, last as f64 - 0.5);
    let mut plot = Plot::new(axis("column", map.width()), axis("row", rows));
    for (name, cells, shape) in [
        ("hole", of(Cell::Hole), Shape::Circle),
        ("wall", of(Cell::Wall), Shape::Square),
        ("goal", of(Cell::Goal), Shape::Star),
    ] {
        plot = cells.into_iter().fold(plot, |plot, (x, y)| plot.mark(Mark::star(name, x, y).shape(shape)));
    }
    let plot = plot.with(Series::line("way", way).colour(Colour::Category(0)));
    Figure::new("episode", ending(episode.end, episode.moves.len()), Chart::Plot(plot))
}

/// The ways of pusher and puck over the table.
pub(crate) fn of_table(episode: &Episode<Table>) -> Figure {
    let scenes: Vec<Scene> = episode.moves.iter().map(|made| made.seen).chain([episode.last]).collect();
    let way = |of: fn(&Scene) -> [f32; 2]| {
        let point = move |(number, scene): (usize, &Scene)| {
            let [x, y] = of(scene).map(f64::from);
            Point::new(x, y).note(format!("after {number} moves"))
        };
        scenes.iter().enumerate().map(point).collect::<Vec<_>>()
    };
    let axis =
        |title: &str, half: f32| Axis::linear(title).unit("m").bounds(-f64::from(half), f64::from(half));
    let [x, y] = episode.last.target.map(f64::from);
    let plot = Plot::new(axis("along the table", HALF[0]), axis("across", HALF[1]))
        .with(Series::line("pusher", way(|scene| scene.pusher.place)).dashed())
        .with(Series::line("puck", way(|scene| scene.puck.place)))
        .mark(Mark::star("target", x, y));
    Figure::new("episode", ending(episode.end, episode.moves.len()), Chart::Plot(plot))
        .caption("Marks are a tenth of a second apart.")
}
