//! The NPY format of `NumPy`, version 1.0.

/// A matrix of 64-bit floats by rows.
pub fn npy(numbers: &[f64], columns: usize) -> Vec<u8> {
    let rows = numbers.len() / columns.max(1);
    let mut header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
    // Magic, version, length and header together end at a multiple of 64, with a line feed.
    let padding = 63 - (10 + header.len()) % 64;
    header.push_str(&" ".repeat(padding));
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend_from_slice(&(header.len() as u16).to_le_bytes());
    bytes.extend_from_slice(header.as_bytes());
    bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_begins_at_a_multiple_of_64_and_is_all_there() {
        for columns in [1, 2, 64] {
            let numbers: Vec<f64> = (0..128).map(f64::from).collect();
            let bytes = npy(&numbers, columns);
            let data = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
            assert_eq!((data % 64, bytes[data - 1], bytes.len() - data), (0, b'\n', 128 * 8));
            let header = std::str::from_utf8(&bytes[10..data]).unwrap();
            assert!(header.contains(&format!("'shape': ({}, {columns})", 128 / columns)), "{header}");
            assert_eq!(bytes[data + 8..data + 16], 1.0f64.to_le_bytes());
        }
    }
}
