//! From SVG to PNG, with the fonts of the machine.
//!
//! No font is bundled: the first of a list of common families stands in for `sans-serif`, and on a machine without
//! any font a figure comes out without its text instead of failing.

use resvg::{tiny_skia, usvg};
use std::sync::{Arc, LazyLock};

/// Why an image was not drawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PngError {
    /// The drawing cannot be read.
    #[error("cannot read the SVG drawing")]
    Svg(#[source] usvg::Error),
    /// The image would have no pixels, or more than memory can hold.
    #[error("an image of {width} by {height} pixels cannot be drawn")]
    Size {
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
    },
    /// The pixels cannot be written as PNG.
    #[error("cannot encode the image: {reason}")]
    Encode {
        /// What the encoder says.
        reason: String,
    },
}

/// More pixels than any figure needs; 256 MB of memory.
const MOST_PIXELS: u64 = 64_000_000;

const FAMILIES: [&str; 9] = [
    "Inter",
    "Helvetica Neue",
    "Segoe UI",
    "Arial",
    "Noto Sans",
    "Liberation Sans",
    "DejaVu Sans",
    "Roboto",
    "Cantarell",
];

/// Reading all fonts takes a moment, so it is done once.
static FONTS: LazyLock<Arc<usvg::fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = usvg::fontdb::Database::new();
    fonts.load_system_fonts();
    let has = |family: &str| fonts.faces().any(|face| face.families.iter().any(|(name, _)| name == family));
    let first = FAMILIES.iter().copied().find(|family| has(family)).map(str::to_owned);
    let any = || fonts.faces().find_map(|face| face.families.first().map(|(name, _)| name.clone()));
    if let Some(family) = first.or_else(any) {
        fonts.set_sans_serif_family(family);
    }
    Arc::new(fonts)
});

/// Draws an SVG document as PNG. Custom properties are not known here: draw for [`Theme::Light`](crate::Theme).
///
/// # Errors
/// [`PngError`] where the document cannot be read, or the image would be empty or too large.
pub fn png(svg: &str, zoom: f32) -> Result<Vec<u8>, PngError> {
    let options =
        usvg::Options { fontdb: FONTS.clone(), font_family: "sans-serif".into(), ..Default::default() };
    let tree = usvg::Tree::from_str(svg, &options).map_err(PngError::Svg)?;
    let size = tree.size();
    let (width, height) = ((size.width() * zoom).ceil() as u32, (size.height() * zoom).ceil() as u32);
    let fits = u64::from(width) * u64::from(height) <= MOST_PIXELS;
    let mut pixels = fits
        .then(|| tiny_skia::Pixmap::new(width, height))
        .flatten()
        .ok_or(PngError::Size { width, height })?;
    resvg::render(&tree, tiny_skia::Transform::from_scale(zoom, zoom), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| PngError::Encode { reason: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(size: &str) -> String {
        format!(
            "<svg xmlns='http://www.w3.org/2000/svg' width='{size}' height='{size}'><text y='9'>a</text></svg>"
        )
    }

    #[test]
    fn images_are_png() {
        let image = png(&square("10"), 2.0).expect("a small image");
        assert_eq!(&image[1..4], b"PNG");
        // Width and height stand in the header.
        assert_eq!(image[16..24], [0, 0, 0, 20, 0, 0, 0, 20]);
    }

    #[test]
    fn what_cannot_be_drawn_is_an_error() {
        assert!(matches!(png("no drawing", 1.0), Err(PngError::Svg(_))));
        assert!(matches!(png(&square("100000"), 1.0), Err(PngError::Size { .. })));
    }
}
