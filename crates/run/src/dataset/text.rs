//! From the bytes of a file to its lines, or to what the file is instead.

use std::fmt;

/// Another kind of file than lines of JSON objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Foreign {
    what: &'static str,
    way_out: &'static str,
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, and is to be UTF-8 text with one JSON object a line ({})", self.what, self.way_out)
    }
}

const UTF_8: &[u8] = b"\xef\xbb\xbf";
const TABLE: &str = "convert it, for example with pandas: `pandas.read_parquet(…).to_json(…, orient=\"records\", lines=True)`";
const CSV: &str =
    "convert it, for example with pandas: `pandas.read_csv(…).to_json(…, orient=\"records\", lines=True)`";
const WIDE: &str = "save it as UTF-8, for example `iconv -f UTF-16 -t UTF-8 old > new`";
const WIDEST: &str = "save it as UTF-8, for example `iconv -f UTF-32 -t UTF-8 old > new`";

/// How files of other kinds begin; the longer beginning first.
const BEGINNINGS: [(&[u8], &str, &str); 19] = [
    (b"\xff\xfe\0\0", "UTF-32 text", WIDEST),
    (b"\0\0\xfe\xff", "UTF-32 text", WIDEST),
    (b"\xff\xfe", "UTF-16 text", WIDE),
    (b"\xfe\xff", "UTF-16 text", WIDE),
    (b"PAR1", "a Parquet file", TABLE),
    (b"ARROW1", "an Arrow file", TABLE),
    (b"Obj\x01", "an Avro file", TABLE),
    (b"SQLite format 3\0", "an SQLite database", "export its table as JSON lines"),
    (b"\x1f\x8b", "compressed with gzip", "unpack it with `gunzip`"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "unpack it with `unzstd`"),
    (b"BZh", "compressed with bzip2", "unpack it with `bunzip2`"),
    (b"\xfd7zXZ", "compressed with xz", "unpack it with `unxz`"),
    (b"PK\x03\x04", "a ZIP archive or a spreadsheet", "unpack it, or export the sheet"),
    (b"\x93NUMPY", "a NumPy array", "write its questions as JSON lines"),
    (b"\x80", "a Python pickle or other binary data", "write its questions as JSON lines"),
    (b"%PDF", "a PDF document", "write its questions as JSON lines"),
    (b"GGUF", "a model", "models are for --model"),
    (b"version https://git-lfs", "a pointer of Git LFS", "`git lfs pull` fetches what it stands for"),
    (b"\0\0\0\0", "binary or torn: it begins with NUL bytes", "fetch it again"),
];

/// The lines of a file that are not blank, each with its number from 1.
///
/// A byte order mark before the first is dropped. A file without any line feed whose lines end in carriage returns is
/// read as well: neither can stand in a JSON text.
///
/// # Errors
/// [`Foreign`] if it is no text of lines of JSON objects.
pub fn lines(bytes: &[u8]) -> Result<impl Iterator<Item = (usize, &[u8])>, Foreign> {
    if let Some(&(_, what, way_out)) = BEGINNINGS.iter().find(|(start, ..)| bytes.starts_with(start)) {
        return Err(Foreign { what, way_out });
    }
    let text = bytes.strip_prefix(UTF_8).unwrap_or(bytes);
    if let Some(foreign) = unmarked(text) {
        return Err(foreign);
    }
    let end = if text.contains(&b'\n') { b'\n' } else { b'\r' };
    let numbered = text.split(move |&byte| byte == end).enumerate().map(|(index, line)| (index + 1, line));
    Ok(numbered.filter(|(_, line)| !line.trim_ascii().is_empty()))
}

/// Other kinds that no mark gives away.
fn unmarked(text: &[u8]) -> Option<Foreign> {
    let foreign = |what, way_out| Some(Foreign { what, way_out });
    if let [a, 0, b, 0, ..] | [0, a, 0, b, ..] = text
        && a.is_ascii()
        && b.is_ascii()
    {
        return foreign("UTF-16 text", WIDE);
    }
    let first = text.split(|&byte| matches!(byte, b'\n' | b'\r')).map(<[u8]>::trim_ascii);
    let first = first.into_iter().find(|line| !line.is_empty())?;
    if first.starts_with(b"<") {
        return foreign("a web page or XML", "was it downloaded from the page instead of the file?");
    }
    let array = first.starts_with(b"[") && serde_json::from_slice::<Vec<serde::de::IgnoredAny>>(text).is_ok();
    if array {
        return foreign("one JSON array", "`jq -c '.[]' old > new` writes its objects a line each");
    }
    // An object of several lines: lines of objects end where they began.
    let object = first == b"{" && serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok();
    if object {
        return foreign("one JSON object over several lines", "`jq -c . old > new` writes it on one");
    }
    let objects = text.split(|&byte| byte == b'\n').any(|line| line.trim_ascii_start().starts_with(b"{"));
    if !objects && is_header(first) {
        return foreign("a table of separated values (CSV or TSV)", CSV);
    }
    None
}

/// Whether a line names columns: a few words between separators.
fn is_header(line: &[u8]) -> bool {
    let word = |cell: &[u8]| {
        let letters = cell.iter().all(|&byte| byte.is_ascii_alphanumeric() || b"_- \"'".contains(&byte));
        letters && (1..=32).contains(&cell.len())
    };
    let separated = |separator: u8| {
        let cells: Vec<&[u8]> = line.split(|&byte| byte == separator).map(<[u8]>::trim_ascii).collect();
        cells.len() > 1 && cells.iter().all(|cell| word(cell))
    };
    b",;\t|".iter().any(|&separator| separated(separator))
}
