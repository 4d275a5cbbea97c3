//! The digits of the UCI repository that scikit-learn's wheel carries: fetched when they are needed, never copied here.

use deliberate_models::{PackageFile, PullObserver, Settings, SourceError};
use deliberate_search::mix;
use flate2::read::GzDecoder;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Pixels of an image, 8 × 8 by rows.
pub const PIXELS: usize = 64;

const FILE: PackageFile = PackageFile {
    package: "scikit-learn",
    version: "1.9.1",
    member: "sklearn/datasets/data/digits.csv.gz",
    bytes: 57_523,
    sha256: "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22",
};

/// Images and what they show.
#[derive(Debug, Clone, PartialEq)]
pub struct Digits {
    /// `[count, 64]` by rows, from -1 (paper) to 1 (ink).
    pub images: Vec<f64>,
    /// `[count]`, 0 to 9.
    pub labels: Vec<u8>,
}

/// Parts of the data that share no image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The first classifier learns from 700 images, the denoiser too.
    First,
    /// The second classifier learns from 700 others, the denoiser too.
    Second,
    /// 397 that nobody learns from.
    Test,
}

/// No digits.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DigitsError {
    /// The wheel cannot be had.
    #[error("cannot fetch the digits out of scikit-learn's wheel")]
    Fetch(#[from] SourceError),
    /// The file cannot be read.
    #[error("cannot read the digits in `{}`", path.display())]
    Read {
        /// Its path.
        path: PathBuf,
        /// What went wrong.
        #[source]
        source: std::io::Error,
    },
    /// A line of another form.
    #[error("line {line} of the digits in `{}` is not 64 numbers in 0..=16 and a label in 0..=9", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
}

impl Digits {
    /// Fetches the data, or finds it in the store of models.
    ///
    /// # Errors
    /// [`DigitsError`] if it cannot be had.
    pub fn fetch(settings: &Settings, observer: &mut dyn PullObserver) -> Result<Self, DigitsError> {
        Self::read(&FILE.fetch(settings, observer)?)
    }

    /// Reads the compressed table.
    ///
    /// # Errors
    /// [`DigitsError`] names the file and the line.
    pub fn read(path: &Path) -> Result<Self, DigitsError> {
        let failed = |source| DigitsError::Read { path: path.to_owned(), source };
        let mut text = String::new();
        GzDecoder::new(File::open(path).map_err(failed)?).read_to_string(&mut text).map_err(failed)?;
        let mut digits = Self { images: Vec::new(), labels: Vec::new() };
        for (index, line) in text.lines().enumerate() {
            let numbers = line.split(',').map(|number| number.trim().parse::<u8>());
            let numbers: Vec<u8> = numbers.collect::<Result<_, _>>().unwrap_or_default();
            match numbers.split_last() {
                Some((&label, pixels))
                    if label <= 9 && pixels.len() == PIXELS && pixels.iter().all(|&ink| ink <= 16) =>
                {
                    digits.images.extend(pixels.iter().map(|&ink| f64::from(ink) / 8.0 - 1.0));
                    digits.labels.push(label);
                }
                _ => return Err(DigitsError::Line { path: path.to_owned(), line: index + 1 }),
            }
        }
        Ok(digits)
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// One of the parts, by lot.
    pub fn part(&self, part: Part) -> Self {
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_by_key(|&index| mix(8, index as u64));
        let (first, second) = (700.min(order.len()), 1400.min(order.len()));
        let chosen = match part {
            Part::First => &order[..first],
            Part::Second => &order[first..second],
            Part::Test => &order[second..],
        };
        self.chosen(chosen)
    }

    /// The images of a label.
    pub fn of(&self, label: u8) -> Self {
        let chosen: Vec<usize> = (0..self.len()).filter(|&index| self.labels[index] == label).collect();
        self.chosen(&chosen)
    }

    /// The first images.
    pub fn head(&self, count: usize) -> Self {
        self.chosen(&(0..count.min(self.len())).collect::<Vec<_>>())
    }

    fn chosen(&self, indices: &[usize]) -> Self {
        let image = |&index: &usize| &self.images[index * PIXELS..(index + 1) * PIXELS];
        Self {
            images: indices.iter().flat_map(image).copied().collect(),
            labels: indices.iter().map(|&index| self.labels[index]).collect(),
        }
    }

    /// All images of both.
    pub fn and(mut self, other: &Self) -> Self {
        self.images.extend_from_slice(&other.images);
        self.labels.extend_from_slice(&other.labels);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    fn read(text: &str) -> Result<Digits, DigitsError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("digits.csv.gz");
        let mut file = GzEncoder::new(File::create(&path).unwrap(), Compression::fast());
        file.write_all(text.as_bytes()).unwrap();
        file.finish().unwrap();
        Digits::read(&path)
    }

    fn line(ink: u8, label: u8) -> String {
        format!("{}{label}\n", format!("{ink},").repeat(PIXELS))
    }

    #[test]
    fn ink_goes_from_minus_one_to_one() {
        let digits = read(&(line(0, 3) + &line(16, 9))).unwrap();
        assert_eq!((digits.labels, digits.images[0], digits.images[PIXELS]), (vec![3, 9], -1.0, 1.0));
    }

    #[test]
    fn lines_of_another_form_are_named() {
        for bad in [line(17, 3), line(1, 10), "1,2,3\n".to_owned()] {
            assert!(matches!(read(&(line(0, 3) + &bad)), Err(DigitsError::Line { line: 2, .. })));
        }
    }

    #[test]
    fn parts_share_no_image_and_leave_none_out() {
        let lines: String = (0..1500u32).map(|i| line((i % 17) as u8, (i % 10) as u8)).collect();
        let digits = read(&lines).unwrap();
        let sizes = [Part::First, Part::Second, Part::Test].map(|part| digits.part(part).len());
        assert_eq!(sizes, [700, 700, 100]);
        let all = digits.part(Part::First).and(&digits.part(Part::Second)).and(&digits.part(Part::Test));
        assert_eq!((0..10).map(|label| all.of(label).len()).collect::<Vec<_>>(), [150; 10]);
    }
}
