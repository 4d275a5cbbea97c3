//! The small file beside each model that says what was pulled: `<model file>.toml`.

use std::fs::Metadata;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::Origin;

/// What was pulled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Record {
    /// What to call it.
    pub(crate) name: String,
    /// Size of the file.
    pub(crate) bytes: u64,
    /// Checksum of the file.
    pub(crate) sha256: String,
    /// When the file was last written, in nanoseconds since 1970: as long as it says so, it need not be read again.
    pub(crate) modified_ns: u64,
    /// Where it came from.
    pub(crate) origin: Origin,
}

/// Whether a file still looks like what was pulled, without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// Same size, same time.
    Same,
    /// Same size, another time: a copied store, or other content.
    Doubtful,
    /// Another size.
    Other,
}

impl Record {
    pub(crate) fn look(&self, metadata: &Metadata) -> Look {
        if metadata.len() != self.bytes {
            Look::Other
        } else if modified_ns(metadata) == self.modified_ns {
            Look::Same
        } else {
            Look::Doubtful
        }
    }
}

/// When a file was last written; zero where the file system does not say.
pub(crate) fn modified_ns(metadata: &Metadata) -> u64 {
    let since_1970 = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH).duration_since(UNIX_EPOCH);
    since_1970.map_or(0, |time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_survive_their_file() {
        let record = Record {
            name: "m".into(),
            bytes: 5,
            sha256: "ab".into(),
            modified_ns: 1_764_000_000_123_456_789,
            origin: Origin::Hub { repository: "o/r".into(), revision: "main".into(), file: "f.gguf".into() },
        };
        let text = toml::to_string(&record).unwrap();
        assert_eq!(toml::from_str::<Record>(&text).unwrap(), record);
    }
}
