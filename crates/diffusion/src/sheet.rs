//! Samples to look at: square images side by side, and points in a plane.

use deliberate_report::{Axis, Chart, Figure, Plot, PngError, Series, png};
use std::fmt::Write;

/// Points on a side of a pixel.
const PIXEL: usize = 5;

/// A sheet of samples as PNG: square images in rows of ten, from -1 (paper) to 1 (ink), where `dimension` is a square above 4;
/// otherwise the first two numbers of each sample as a point.
///
/// # Errors
/// [`PngError`] where there is nothing to draw, or too much.
pub fn sheet(samples: &[f64], dimension: usize) -> Result<Vec<u8>, PngError> {
    let side = dimension.isqrt();
    if side * side == dimension && side > 2 {
        return png(&images(samples, side), 1.0);
    }
    let point = |x: &[f64]| (x[0], x.get(1).copied().unwrap_or(0.0));
    let points = samples.chunks_exact(dimension).map(point);
    let plot = Plot::new(Axis::linear("first number"), Axis::linear("second number"));
    Figure::new("samples", "Samples", Chart::Plot(plot.with(Series::scatter("samples", points)))).png()
}

/// An SVG drawing of square images.
fn images(samples: &[f64], side: usize) -> String {
    let count = samples.len() / (side * side);
    let (columns, step) = (10.min(count), (side + 1) * PIXEL);
    let (width, height) = (columns * step + PIXEL, count.div_ceil(10) * step + PIXEL);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" shape-rendering=\"crispEdges\">\
         <rect width=\"100%\" height=\"100%\" fill=\"#777\"/>"
    );
    for (index, image) in samples.chunks_exact(side * side).enumerate() {
        let (left, top) = (index % 10 * step + PIXEL, index / 10 * step + PIXEL);
        for (pixel, ink) in image.iter().enumerate() {
            let (x, y) = (left + pixel % side * PIXEL, top + pixel / side * PIXEL);
            let grey = (127.5 * (1.0 - ink.clamp(-1.0, 1.0))).round() as u8;
            let _ = write!(
                svg,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{PIXEL}\" height=\"{PIXEL}\" fill=\"#{grey:02x}{grey:02x}{grey:02x}\"/>"
            );
        }
    }
    svg.push_str("</svg>");
    svg
}

/// Rows of 8 × 8 images as one grid of inks, and a name for the first line of each row.
pub(crate) fn cells(rows: &[(&str, &[f64])]) -> (Vec<String>, Vec<Vec<f64>>) {
    let (mut names, mut grid) = (Vec::new(), Vec::new());
    for (name, images) in rows {
        for line in 0..8 {
            names.push(if line == 4 { (*name).to_owned() } else { String::new() });
            grid.push(
                images.chunks_exact(64).flat_map(|image| image[line * 8..line * 8 + 8].to_vec()).collect(),
            );
        }
    }
    (names, grid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sheets_are_as_large_as_their_images() {
        let image = sheet(&vec![0.5; 12 * 64], 64).unwrap();
        let size = |at: usize| u32::from_be_bytes(image[at..at + 4].try_into().unwrap());
        assert_eq!((size(16), size(20)), (10 * 45 + 5, 2 * 45 + 5));
        assert!(sheet(&[1.0, 2.0, 3.0, 4.0], 2).unwrap().starts_with(b"\x89PNG"));
    }

    #[test]
    fn rows_of_images_become_lines_of_ink() {
        let images: Vec<f64> = (0..128).map(f64::from).collect();
        let (names, grid) = cells(&[("a", &images)]);
        assert_eq!((names[4].as_str(), grid.len(), grid[0].len()), ("a", 8, 16));
        assert_eq!((grid[0][8], grid[1][0]), (64.0, 8.0));
    }
}
