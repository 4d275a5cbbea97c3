//! Where the budget went.

use super::bin_names;
use crate::findings::{Findings, Measured, Way};
use deliberate_report::{Axis, BarSeries, Bars, Chart, Figure};

/// Mean generations per question at which policies are compared.
const COMPARED: f64 = 8.0;

/// What each policy spent on each bin, where it spends about [`COMPARED`] generations on average.
pub(super) fn figure(findings: &Findings) -> Figure {
    let ways = findings.fixed.iter().map(|fixed| &fixed.way).chain([&findings.online, &findings.total]);
    let bars =
        Bars::new("Difficulty bin (pass@1)", bin_names(findings), Axis::linear("Generations per question"));
    let bars = ways.fold(bars, |bars, way| match nearest(way) {
        Some(point) => {
            let name = format!("{} ({:.1})", way.name, point.generations);
            bars.with(BarSeries::plain(name, point.generations_by_bin.iter().copied()))
        }
        None => bars,
    });
    Figure::new("spending", "Where the budget went", Chart::Bars(bars)).caption(
        "Each policy at the setting that spends nearest to 8 generations per question; in brackets what it spent. \
         The easiest bin is at the left.",
    )
}

/// The setting whose spending is nearest, on the scale on which budgets double.
fn nearest(way: &Way) -> Option<&Measured> {
    let distance = |point: &Measured| (point.generations.max(f64::MIN_POSITIVE) / COMPARED).ln().abs();
    way.points.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))
}
