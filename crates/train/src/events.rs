//! Event files that `TensorBoard` reads: framed protocol-buffer records with scalars.
//!
//! Only what scalars need of the format is here (tensorflow/core/util/event.proto and summary.proto).

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// An open event file.
#[derive(Debug)]
pub(crate) struct Events {
    file: File,
}

impl Events {
    /// Begins a new file in `folder`. Later steps than `step` in older files of the folder become void.
    pub(crate) fn create(folder: &Path, step: u64) -> io::Result<Self> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let name = format!("events.out.tfevents.{:010}.{:09}.deliberate", now.as_secs(), now.subsec_nanos());
        let mut events = Self { file: File::create(folder.join(name))? };
        events.record(0, &text_field(3, b"brain.Event:2"))?;
        // A session log with the status START (1).
        events.record(step, &text_field(7, &number_field(1, 1)))?;
        Ok(events)
    }

    /// Writes scalars of one step.
    pub(crate) fn scalars(&mut self, step: u64, values: &[(&str, f64)]) -> io::Result<()> {
        let mut summary = Vec::new();
        for (tag, value) in values {
            let mut entry = text_field(1, tag.as_bytes());
            entry.push(2 << 3 | 5);
            entry.extend((*value as f32).to_le_bytes());
            summary.extend(text_field(1, &entry));
        }
        self.record(step, &text_field(5, &summary))
    }

    fn record(&mut self, step: u64, what: &[u8]) -> io::Result<()> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut event = vec![1 << 3 | 1];
        event.extend(now.as_secs_f64().to_le_bytes());
        event.extend(number_field(2, step));
        event.extend(what);
        self.file.write_all(&framed(&event))
    }
}

/// Length, its checksum, the data, their checksum.
fn framed(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    let mut frame = length.to_vec();
    frame.extend(masked(&length).to_le_bytes());
    frame.extend(data);
    frame.extend(masked(data).to_le_bytes());
    frame
}

/// The masked CRC-32C of `TFRecord` files.
fn masked(data: &[u8]) -> u32 {
    crc32c::crc32c(data).rotate_right(15).wrapping_add(0xa282_ead8)
}

fn number_field(field: u8, value: u64) -> Vec<u8> {
    let mut bytes = vec![field << 3];
    bytes.extend(varint(value));
    bytes
}

fn text_field(field: u8, data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![field << 3 | 2];
    bytes.extend(varint(data.len() as u64));
    bytes.extend(data);
    bytes
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_tensorflow() {
        // The first frame of every event file written by TensorFlow whose event has 24 bytes.
        assert_eq!(framed(&[0; 24])[..12], [24, 0, 0, 0, 0, 0, 0, 0, 0xa3, 0x7f, 0x4b, 0x22]);
    }

    #[test]
    fn scalars_are_a_summary_of_tags_and_floats() {
        let folder = tempfile::tempdir().unwrap();
        let mut events = Events::create(folder.path(), 0).unwrap();
        events.scalars(300, &[("loss", 1.5)]).unwrap();
        let file = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
        let bytes = std::fs::read(file).unwrap();
        let mut rest = bytes.as_slice();
        let mut payloads = Vec::new();
        while !rest.is_empty() {
            let length = u64::from_le_bytes(rest[..8].try_into().unwrap()) as usize;
            assert_eq!(rest[..length + 16], framed(&rest[12..12 + length]));
            payloads.push(&rest[12..12 + length]);
            rest = &rest[length + 16..];
        }
        let expected =
            [&[0x10, 0xac, 0x02, 0x2a, 0x0d, 0x0a, 0x0b, 0x0a, 0x04][..], b"loss", &[0x15, 0, 0, 0xc0, 0x3f]];
        assert_eq!(payloads[2][9..], expected.concat());
        assert!(payloads[0].ends_with(b"brain.Event:2"));
    }
}
