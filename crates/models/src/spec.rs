//! What the user typed: a name, a hub id or a path.
//!
//! Pure text; whether the thing exists is not known here.

use std::path::PathBuf;

use crate::ModelError;

/// What a text asks for.
///
/// | text | meaning |
/// |---|---|
/// | `smollm2`, `file.gguf` | a name: in the catalogue, or a file in the store |
/// | `owner/repository` | the only GGUF file of a hub repository |
/// | `owner/repository:Q4_K_M` | the one whose name contains `Q4_K_M`, in any case; `*` stands for anything |
/// | `owner/repository/file.gguf` | that file |
/// | `owner/repository@revision…` | at a branch, tag or commit |
/// | `hf:…`, `https://huggingface.co/…` | a hub id for certain |
/// | `./x.gguf`, `/x.gguf`, `~/x.gguf`, `folder/x.gguf` | a path |
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelSpec {
    /// A bare word.
    Name(String),
    /// Something in a hub repository.
    Hub(HubSpec),
    /// A file.
    Path(PathBuf),
}

/// Something in a hub repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubSpec {
    /// `owner/repository`.
    pub repository: String,
    /// Branch, tag or commit; the main branch if none is given.
    pub revision: Option<String>,
    /// Which file.
    pub choice: FileChoice,
}

/// Which file of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileChoice {
    /// The only GGUF file.
    Only,
    /// The only GGUF file whose name fits.
    Matching(String),
    /// This path inside the repository.
    Exactly(String),
}

const HUB_PREFIXES: [&str; 4] = ["hf:", "https://huggingface.co/", "https://hf.co/", "huggingface.co/"];

impl ModelSpec {
    /// Reads what the user typed.
    ///
    /// # Errors
    /// [`ModelError::InvalidSpec`] for what can be none of the three.
    pub fn parse(text: &str) -> Result<Self, ModelError> {
        let spec = text.trim();
        let invalid = |reason| ModelError::InvalidSpec { spec: text.to_owned(), reason };
        if spec.is_empty() {
            return Err(invalid("it is empty"));
        }
        if spec.chars().any(char::is_control) {
            return Err(invalid("it has control characters"));
        }
        if let Some(id) = HUB_PREFIXES.iter().find_map(|prefix| spec.strip_prefix(prefix)) {
            return HubSpec::parse(id).map(Self::Hub).map_err(invalid);
        }
        if let Some(rest) = spec.strip_prefix("~/")
            && let Ok(home) = etcetera::home_dir()
        {
            return Ok(Self::Path(home.join(rest)));
        }
        let is_path = PathBuf::from(spec).is_absolute()
            || spec.starts_with(['.', '~'])
            || spec.contains('\\')
            || (spec.matches('/').count() == 1 && has_gguf_ending(spec) && !spec.contains(':'));
        if is_path {
            return Ok(Self::Path(spec.into()));
        }
        if spec.contains('/') {
            return HubSpec::parse(spec).map(Self::Hub).map_err(invalid);
        }
        Ok(Self::Name(spec.to_owned()))
    }
}

impl HubSpec {
    fn parse(id: &str) -> Result<Self, &'static str> {
        let id = id.trim_end_matches('/');
        // What follows the first colon is a pattern, and may hold any character.
        let (id, pattern) = match id.split_once(':') {
            Some((id, pattern)) => (id, Some(pattern)),
            None => (id, None),
        };
        let mut parts = id.splitn(3, '/');
        let (owner, name) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        let mut file = parts.next();
        let (name, mut revision) = match name.split_once('@') {
            Some((name, revision)) => (name, Some(revision)),
            None => (name, None),
        };
        // The address bar of a browser: `owner/repository/blob/revision/file`.
        if let Some(rest) = file.and_then(|file| file.strip_prefix("blob/").or(file.strip_prefix("resolve/")))
        {
            let (from_address, path) = rest.split_once('/').ok_or("its address names no file")?;
            revision = Some(from_address);
            file = Some(path.split('?').next().unwrap_or(path));
        }
        if !is_hub_word(owner) || !is_hub_word(name) {
            return Err("a hub id reads owner/repository, of letters, digits, `-`, `_` and `.`");
        }
        if revision.is_some_and(|revision| !is_safe_path(revision)) {
            return Err("its revision is not usable");
        }
        let choice = match (file, pattern) {
            (Some(_), Some(_)) => return Err("it has a file as well as a pattern"),
            (Some(file), None) if !has_gguf_ending(file) => return Err("its file does not end in .gguf"),
            (Some(file), None) if !is_safe_path(file) => return Err("its file name is not usable"),
            (Some(file), None) => FileChoice::Exactly(file.to_owned()),
            (None, Some("")) => return Err("its pattern is empty"),
            (None, Some(pattern)) => FileChoice::Matching(pattern.to_owned()),
            (None, None) => FileChoice::Only,
        };
        Ok(Self { repository: format!("{owner}/{name}"), revision: revision.map(str::to_owned), choice })
    }
}

impl FileChoice {
    /// Whether the file at this path inside the repository is meant.
    pub(crate) fn accepts(&self, path: &str) -> bool {
        match self {
            Self::Only => true,
            Self::Exactly(file) => file == path,
            Self::Matching(pattern) => {
                let (pattern, path) = (pattern.to_lowercase(), path.to_lowercase());
                if pattern.contains('*') { fits(&pattern, &path) } else { path.contains(&pattern) }
            }
        }
    }
}

/// Whether `text` fits a pattern in which `*` stands for anything.
fn fits(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or("");
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = pieces.next_back() else { return rest.is_empty() };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

pub(crate) fn has_gguf_ending(name: &str) -> bool {
    name.len() > 5 && name.get(name.len() - 5..).is_some_and(|end| end.eq_ignore_ascii_case(".gguf"))
}

/// Whether a name ends like one part of a model cut into several: `-00002-of-00005.gguf`.
pub(crate) fn is_split_part(name: &str) -> bool {
    let Some(stem) = name.get(..name.len().saturating_sub(5)) else { return false };
    let mut ends = stem.rsplitn(3, '-');
    let is_number =
        |text: Option<&str>| text.is_some_and(|t| t.len() >= 5 && t.bytes().all(|b| b.is_ascii_digit()));
    let (total, of_part) = (ends.next(), ends.next());
    if !is_number(total) || of_part != Some("of") {
        return false;
    }
    is_number(ends.next().and_then(|rest| rest.rsplit('-').next()))
}

fn is_hub_word(word: &str) -> bool {
    !word.is_empty()
        && !word.starts_with('.')
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// A relative path of plain words: nothing that an address or a file system would read in another way.
pub(crate) fn is_safe_path(path: &str) -> bool {
    path.split('/').all(|part| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && part.chars().all(|c| {
                c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '+' | ' ' | '(' | ')' | ',' | '=')
            })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hub(repository: &str, revision: Option<&str>, choice: FileChoice) -> ModelSpec {
        ModelSpec::Hub(HubSpec { repository: repository.into(), revision: revision.map(Into::into), choice })
    }

    fn check(text: &str, expected: &ModelSpec) {
        assert_eq!(&ModelSpec::parse(text).unwrap(), expected, "{text}");
    }

    #[test]
    fn text_is_read_as_the_table_says() {
        let exactly = |file: &str| FileChoice::Exactly(file.into());
        check("smollm2", &ModelSpec::Name("smollm2".into()));
        check(" a.gguf ", &ModelSpec::Name("a.gguf".into()));
        check("o/r", &hub("o/r", None, FileChoice::Only));
        check("o/r:Q4_K_M", &hub("o/r", None, FileChoice::Matching("Q4_K_M".into())));
        check("o/r/f.gguf", &hub("o/r", None, exactly("f.gguf")));
        check("o/r/sub/f.gguf", &hub("o/r", None, exactly("sub/f.gguf")));
        check("o/r@v1/f.gguf", &hub("o/r", Some("v1"), exactly("f.gguf")));
        check("hf:o/r", &hub("o/r", None, FileChoice::Only));
        check("https://huggingface.co/o/r/", &hub("o/r", None, FileChoice::Only));
        check("https://huggingface.co/o/r/blob/main/f.gguf", &hub("o/r", Some("main"), exactly("f.gguf")));
        check(
            "https://huggingface.co/o/r/resolve/abc/f.gguf?download=true",
            &hub("o/r", Some("abc"), exactly("f.gguf")),
        );
        check("./o/r/f.gguf", &ModelSpec::Path("./o/r/f.gguf".into()));
        check("/o/r/f.gguf", &ModelSpec::Path("/o/r/f.gguf".into()));
        check("folder/f.gguf", &ModelSpec::Path("folder/f.gguf".into()));
    }

    #[test]
    fn nonsense_is_refused_with_its_reason() {
        for text in [
            "",
            "  ",
            "a\nb",
            "o/r/f.bin",
            "o/../f.gguf",
            "o/r/../../f.gguf",
            "hf:o",
            "hf:o/r?x",
            "o/r:",
            "o/r/f.gguf:Q4",
            "/",
            "o//r.gguf",
            "hf:o/r@../x",
        ] {
            match ModelSpec::parse(text) {
                Err(ModelError::InvalidSpec { .. }) => {}
                Ok(ModelSpec::Path(_)) if text == "/" => {}
                other => panic!("{text}: {other:?}"),
            }
        }
    }

    #[test]
    fn patterns_contain_or_glob() {
        let accepts = |pattern: &str, path| FileChoice::Matching(pattern.into()).accepts(path);
        assert!(accepts("q4_k_m", "Model-Q4_K_M.gguf"));
        assert!(accepts("*q4*.gguf", "model-q4_0.gguf"));
        assert!(accepts("model*", "model.gguf"));
        assert!(!accepts("*q5*", "model-q4_0.gguf"));
        assert!(!accepts("q4*", "model-q4_0.gguf"));
        assert!(!accepts("a*a", "a"));
    }

    #[test]
    fn parts_of_cut_models_are_known() {
        assert!(is_split_part("m-00001-of-00003.gguf"));
        assert!(is_split_part("sub/big-model-q4-00002-of-00005.gguf"));
        for whole in ["m.gguf", "m-1-of-3.gguf", "of-00003.gguf", "best-of-12345.gguf", "", "x"] {
            assert!(!is_split_part(whole), "{whole}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
            if let Ok(ModelSpec::Hub(spec)) = ModelSpec::parse(&text) {
                prop_assert_eq!(spec.repository.matches('/').count(), 1);
                prop_assert!(!spec.repository.contains(".."), "{}", spec.repository);
            }
        }
    }
}
