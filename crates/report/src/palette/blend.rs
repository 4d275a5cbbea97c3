//! Mixing colours so that equal steps look equal, and judging contrast.

/// The colour at `share` of the way along three anchors, mixed in Oklab.
pub(super) fn blend(anchors: [&str; 3], share: f64) -> String {
    let (from, to, part) = if share < 0.5 {
        (anchors[0], anchors[1], share * 2.0)
    } else {
        (anchors[1], anchors[2], share * 2.0 - 1.0)
    };
    let (from, to) = (oklab(linear(from)), oklab(linear(to)));
    let mixed: [f64; 3] = std::array::from_fn(|i| from[i] + (to[i] - from[i]) * part);
    written(from_oklab(mixed))
}

/// Near black or white, whichever reads better on the colour.
pub(super) fn readable_on(colour: &str) -> &'static str {
    let (dark, light) = ("#11151a", "#ffffff");
    if contrast(colour, dark) >= contrast(colour, light) { dark } else { light }
}

/// The contrast of two colours after WCAG 2: from 1 to 21.
pub(super) fn contrast(one: &str, other: &str) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn luminance(colour: &str) -> f64 {
    let [red, green, blue] = linear(colour);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// Linear light of `#rrggbb`; black for anything else.
fn linear(colour: &str) -> [f64; 3] {
    let channel = |at: usize| {
        let value = colour.get(at..at + 2).and_then(|hex| u8::from_str_radix(hex, 16).ok()).unwrap_or(0);
        let value = f64::from(value) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    [channel(1), channel(3), channel(5)]
}

fn written(linear: [f64; 3]) -> String {
    let [red, green, blue] = linear.map(|value| {
        let value = value.clamp(0.0, 1.0);
        let value = if value <= 0.003_130_8 { value * 12.92 } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 };
        (value * 255.0).round() as u8
    });
    format!("#{red:02x}{green:02x}{blue:02x}")
}

// Matrices of Björn Ottosson, https://bottosson.github.io/posts/oklab/.
const TO_CONES: [[f64; 3]; 3] = [
    [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
    [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
    [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
];
const TO_LAB: [[f64; 3]; 3] = [
    [0.210_454_255_3, 0.793_617_785_0, -0.004_072_046_8],
    [1.977_998_495_1, -2.428_592_205_0, 0.450_593_709_9],
    [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766_0],
];
const FROM_LAB: [[f64; 3]; 3] = [
    [1.0, 0.396_337_777_4, 0.215_803_757_3],
    [1.0, -0.105_561_345_8, -0.063_854_172_8],
    [1.0, -0.089_484_177_5, -1.291_485_548_0],
];
const FROM_CONES: [[f64; 3]; 3] = [
    [4.076_741_662_1, -3.307_711_591_3, 0.230_969_929_2],
    [-1.268_438_004_6, 2.609_757_401_1, -0.341_319_396_5],
    [-0.004_196_086_3, -0.703_418_614_7, 1.707_614_701_0],
];

fn times(matrix: [[f64; 3]; 3], vector: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row[0] * vector[0] + row[1] * vector[1] + row[2] * vector[2])
}

fn oklab(linear: [f64; 3]) -> [f64; 3] {
    times(TO_LAB, times(TO_CONES, linear).map(f64::cbrt))
}

fn from_oklab(lab: [f64; 3]) -> [f64; 3] {
    times(FROM_CONES, times(FROM_LAB, lab).map(|value| value * value * value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blends_begin_and_end_at_their_anchors() {
        let anchors = ["#ffffff", "#6aaed6", "#08417c"];
        assert_eq!(blend(anchors, 0.0), anchors[0]);
        assert_eq!(blend(anchors, 0.5), anchors[1]);
        assert_eq!(blend(anchors, 1.0), anchors[2]);
    }

    #[test]
    fn black_on_white_is_21() {
        assert!((contrast("#000000", "#ffffff") - 21.0).abs() < 1e-9);
        assert_eq!(readable_on("#ffff00"), "#11151a");
        assert_eq!(readable_on("#08417c"), "#ffffff");
    }
}
