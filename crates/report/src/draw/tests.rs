use super::*;
use crate::figure::*;
use insta::assert_snapshot;

fn plot() -> Plot {
    let points =
        |base: f64| [1.0, 4.0, 16.0].map(|x| Point::new(x, base + x / 100.0).within(base, base + 0.2));
    Plot::new(Axis::log2("Budget", "generations"), Axis::percent("Accuracy"))
        .with(Series::line("beam", points(0.1)))
        .with(Series::line("majority", points(0.05)).colour(Colour::Muted).dashed())
        .level("greedy", 0.2)
}

fn bars() -> Bars {
    Bars::new("Bin", ["1", "2"], Axis::percent("Accuracy"))
        .levels("generations", ["4", "16"])
        .with(BarSeries::measured("beam", [vec![(0.5, 0.4, 0.6), (0.6, 0.5, 0.7)], vec![(0.1, 0.0, 0.2)]]))
}

fn stacked() -> Stacked {
    Stacked::new(Axis::percent("Share"), ["a", "b"]).part("one", [0.25, 1.0]).part("two", [0.75, 0.0])
}

fn heat() -> Heat {
    Heat {
        x: "Predicted".into(),
        columns: vec!["1".into(), "2".into()],
        y: "Oracle".into(),
        rows: vec!["1".into(), "2".into()],
        cells: vec![vec![Some(HeatCell::new(0.9, "90")), None], vec![Some(HeatCell::new(0.1, "10"))]],
        scale: HeatScale::Sequential { title: "share".into(), low: 0.0, high: 1.0 },
    }
}

/// The drawing without its style, one element a line.
fn elements(chart: Chart) -> String {
    let svg = Figure::new("f", "Title", chart).caption("Caption.").svg(Theme::Light);
    let (before, rest) = svg.split_once("<style>").expect("a style");
    let (_, after) = rest.split_once("</style>").expect("an end of the style");
    format!("{before}{after}").replace("><", ">\n<")
}

#[test]
fn lines_have_bands_marks_and_names_at_their_ends() {
    assert_snapshot!(elements(Chart::Plot(plot())));
}

#[test]
fn bars_have_shades_for_levels_and_error_bars() {
    assert_snapshot!(elements(Chart::Bars(bars())));
}

#[test]
fn rows_are_divided_into_parts() {
    assert_snapshot!(elements(Chart::Stacked(stacked())));
}

#[test]
fn cells_are_coloured_and_written_in() {
    assert_snapshot!(elements(Chart::Heat(heat())));
}

#[test]
fn every_datum_has_one_mark() {
    for (chart, expected) in [
        (Chart::Plot(plot().mark(Mark::star("large", 4.0, 0.3))), 7),
        (Chart::Bars(bars()), 3),
        (Chart::Stacked(stacked()), 3),
        (Chart::Heat(heat()), 2),
    ] {
        let figure = Figure::new("f", "f", chart);
        for drawing in inline(&figure) {
            assert_eq!(marks(&drawing.wide), expected);
            assert_eq!(marks(&drawing.narrow.expect("one panel has a narrow drawing")), expected);
        }
        assert_eq!(marks(&figure.svg(Theme::Adaptive)), expected);
    }
}

#[test]
fn what_has_no_place_is_not_drawn_and_breaks_nothing() {
    let strange = [(f64::NAN, 0.1), (0.0, 0.1), (-3.0, 0.1), (2.0, f64::INFINITY), (2.0, 0.5)];
    let plot = Plot::new(Axis::log2("x", ""), Axis::linear("y")).with(Series::line("a", strange));
    let empty = Plot::new(Axis::linear("x"), Axis::linear("y"));
    let svg = Figure::new("f", "f", Chart::Plot(plot)).svg(Theme::Light);
    assert_eq!(marks(&svg), 1);
    for svg in [svg, Figure::new("f", "f", Chart::Plot(empty)).svg(Theme::Light)] {
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
        assert!(crate::png(&svg, 1.0).is_ok());
    }
    let none = Figure::of_panels("f", "f", []);
    assert!(crate::png(&none.svg(Theme::Dark), 1.0).is_ok());
}

#[test]
fn names_from_anywhere_stay_text() {
    let hostile = "</svg><script>alert(1)</script>\"'";
    let plot = Plot::new(Axis::linear(hostile), Axis::linear(hostile))
        .with(Series::line(hostile, [(0.0, 1.0)]))
        .level(hostile, 1.0);
    let figure = Figure::new(hostile, hostile, Chart::Plot(plot)).caption(hostile).source(hostile);
    let page = crate::Page::new("p").section(crate::Section::new("s").figure(figure.clone())).html();
    assert_eq!(figure.svg(Theme::Adaptive).matches("<script").count(), 0);
    assert_eq!(page.matches("<script").count(), 1);
}
