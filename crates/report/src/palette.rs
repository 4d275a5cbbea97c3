//! Colours by role, for light and dark grounds.
//!
//! Hues are those of Okabe and Ito (2008), told apart with every common colour blindness, darkened or lightened for
//! contrast with the ground; hue is never the only sign, for series differ in shape too. Rules are written with CSS
//! custom properties; for renderers that know none of those, the values are put in.

mod blend;

use blend::{blend, readable_on};
use std::fmt::Write;

/// What ground a figure is drawn for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Theme {
    /// Follows the reader's preference.
    #[default]
    Adaptive,
    /// For a white ground.
    Light,
    /// For a dark ground.
    Dark,
}

/// Number of hues.
pub(crate) const HUES: u8 = 8;
/// Stops of an ordered palette.
pub(crate) const LEVELS: u8 = 7;
/// Stops of the two ramps of heat maps.
pub(crate) const STOPS: u8 = 11;

/// Name and value of a custom property.
pub(crate) type Variable = (String, String);

struct Ground {
    base: [(&'static str, &'static str); 8],
    hues: [&'static str; HUES as usize],
    levels: [&'static str; LEVELS as usize],
    ramp: [&'static str; 3],
    diverging: [&'static str; 3],
}

const LIGHT: Ground = Ground {
    base: [
        ("ground", "#ffffff"),
        ("ink", "#1b1f24"),
        ("soft", "#59626d"),
        ("axis", "#8b949e"),
        ("grid", "#e6e9ed"),
        ("muted", "#6e7781"),
        ("empty", "#f3f4f6"),
        ("accent", "#0b62a8"),
    ],
    hues: ["#0072b2", "#d55e00", "#00885f", "#b4578f", "#b67d00", "#3d9bd8", "#6f4fb0", "#4f5963"],
    levels: ["#3fb8a0", "#2aa0b4", "#2785ba", "#3367b4", "#4149a3", "#472d86", "#411761"],
    ramp: ["#f1f5f9", "#6aaed6", "#08417c"],
    diverging: ["#b35806", "#eef0f2", "#075f9e"],
};

const DARK: Ground = Ground {
    base: [
        ("ground", "#14171c"),
        ("ink", "#e8ebef"),
        ("soft", "#a3adb8"),
        ("axis", "#6b7580"),
        ("grid", "#2a3037"),
        ("muted", "#98a2ad"),
        ("empty", "#1d2228"),
        ("accent", "#6cb6ff"),
    ],
    hues: ["#4aa8e8", "#ff8a45", "#2fc596", "#e291c2", "#e8b23a", "#8fd0ff", "#b39bf0", "#b5bec8"],
    levels: ["#dff5c8", "#a9e3c0", "#6fcdc4", "#4cb1d3", "#5093e0", "#7275e6", "#9655d6"],
    ramp: ["#1e252d", "#2f77ad", "#a8dcff"],
    diverging: ["#f08a3c", "#343b44", "#4ea5e6"],
};

/// Every custom property, for one ground.
pub(crate) fn variables(dark: bool) -> Vec<Variable> {
    let ground = if dark { &DARK } else { &LIGHT };
    let mut variables: Vec<Variable> =
        ground.base.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    for (index, hue) in ground.hues.iter().enumerate() {
        variables.push((format!("c{index}"), (*hue).to_owned()));
    }
    for (index, level) in ground.levels.iter().enumerate() {
        variables.push((format!("l{index}"), (*level).to_owned()));
    }
    for (family, anchors) in [("h", ground.ramp), ("d", ground.diverging)] {
        for stop in 0..STOPS {
            let colour = blend(anchors, f64::from(stop) / f64::from(STOPS - 1));
            variables.push((format!("{family}i{stop}"), readable_on(&colour).to_owned()));
            variables.push((format!("{family}{stop}"), colour));
        }
    }
    for (index, hue) in ground.hues.iter().enumerate() {
        variables.push((format!("ci{index}"), readable_on(hue).to_owned()));
    }
    variables
}

/// The properties as declarations.
pub(crate) fn declarations(dark: bool) -> String {
    variables(dark).iter().fold(String::new(), |mut all, (name, value)| {
        let _ = write!(all, "--{name}:{value};");
        all
    })
}

const RULES: &str = "\
.chart{font-family:Inter,system-ui,-apple-system,'Segoe UI','Helvetica Neue',Arial,sans-serif;font-size:12px}\
.chart text{fill:var(--ink)}\
.chart .soft{fill:var(--soft)}\
.chart .small{font-size:11px}\
.chart .panel-title{font-size:13px;font-weight:600}\
.chart .title{font-size:16px;font-weight:600}\
.chart .ground{fill:var(--ground)}\
.chart .grid{stroke:var(--grid);stroke-width:1;fill:none}\
.chart .axis{stroke:var(--axis);stroke-width:1;fill:none}\
.chart .reference{stroke:var(--muted);stroke-width:1.5;stroke-dasharray:5 4;fill:none}\
.chart .leader{stroke:currentColor;stroke-width:1;stroke-opacity:.5;fill:none}\
.chart .band{fill:currentColor;fill-opacity:.11;stroke:none}\
.chart .line{stroke:currentColor;stroke-width:2;fill:none;stroke-linejoin:round;stroke-linecap:round}\
.chart .dashed{stroke-dasharray:6 4}\
.chart .whisker{stroke:currentColor;stroke-width:1.25;fill:none}\
.chart .bar-whisker{stroke:var(--ink);stroke-opacity:.65;stroke-width:1;fill:none}\
.chart .point{fill:currentColor;stroke:var(--ground);stroke-width:1.25;stroke-linejoin:round}\
.chart .bubble{fill:currentColor;fill-opacity:.7;stroke:var(--ground);stroke-width:1}\
.chart .bar{fill:currentColor}\
.chart .part{fill:currentColor;stroke:var(--ground);stroke-width:1}\
.chart .halo{stroke:var(--ground);stroke-width:4;stroke-linejoin:round;paint-order:stroke}\
.chart .name{font-weight:600;fill:currentColor}\
.chart .empty{fill:var(--empty)}\
.chart .cm{color:var(--muted)}";

/// The rules of every chart, in custom properties.
pub(crate) fn rules() -> String {
    let mut rules = RULES.to_owned();
    for (family, count) in [("c", HUES), ("l", LEVELS)] {
        for index in 0..count {
            let _ = write!(rules, ".chart .{family}{index}{{color:var(--{family}{index})}}");
        }
    }
    rules
}

/// The rules of heat maps, which few charts need.
pub(crate) fn heat_rules() -> String {
    let mut rules = String::new();
    for family in ["h", "d"] {
        for stop in 0..STOPS {
            let _ = write!(
                rules,
                ".chart .cell-{family}{stop}{{fill:var(--{family}{stop})}}\
                 .chart text.on-{family}{stop}{{fill:var(--{family}i{stop})}}"
            );
        }
    }
    // Categories are washes, for a grid of full hues would shout down what is written in it.
    for hue in 0..HUES {
        let _ = write!(rules, ".chart .cell-c{hue}{{fill:var(--c{hue});fill-opacity:.3}}");
    }
    rules
}

/// The style of a drawing that stands alone.
pub(crate) fn standalone(theme: Theme, heat: bool) -> String {
    let mut style = rules();
    if heat {
        style.push_str(&heat_rules());
    }
    match theme {
        Theme::Adaptive => {
            let used = |dark| {
                variables(dark).iter().filter(|(name, _)| style.contains(&format!("(--{name})"))).fold(
                    String::new(),
                    |mut all, (name, value)| {
                        let _ = write!(all, "--{name}:{value};");
                        all
                    },
                )
            };
            format!(
                ".chart{{{}}}@media(prefers-color-scheme:dark){{.chart{{{}}}}}{style}",
                used(false),
                used(true)
            )
        }
        Theme::Light | Theme::Dark => variables(theme == Theme::Dark)
            .iter()
            .fold(style, |style, (name, value)| style.replace(&format!("var(--{name})"), value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_themes_need_no_custom_properties() {
        for theme in [Theme::Light, Theme::Dark] {
            assert!(!standalone(theme, true).contains("var("));
        }
        assert!(standalone(Theme::Adaptive, false).contains("prefers-color-scheme:dark"));
    }

    #[test]
    fn every_property_that_is_used_exists() {
        let all = rules() + &heat_rules();
        let known: Vec<String> = variables(false).into_iter().map(|(name, _)| name).collect();
        for used in all.split("var(--").skip(1) {
            let name = used.split(')').next().unwrap_or_default();
            assert!(known.iter().any(|known| known == name), "{name}");
        }
    }

    #[test]
    fn hues_stand_out_from_both_grounds() {
        for ground in [&LIGHT, &DARK] {
            let below = ground.base[0].1;
            for hue in ground.hues {
                assert!(blend::contrast(hue, below) >= 3.0, "{hue} on {below}");
            }
            assert!(blend::contrast(ground.base[2].1, below) >= 4.5, "soft text");
        }
    }
}
