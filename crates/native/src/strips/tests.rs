//! Facts about products in eight bits.

use super::*;

/// Digits and scales of a matrix `[outputs, inputs]`, from a seed.
fn eight(outputs: usize, inputs: usize, mut seed: u32) -> Eight {
    let mut next = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed >> 24
    };
    let digits = (0..outputs * inputs).map(|_| (next() as u8).cast_signed()).collect();
    let scales = (0..outputs * inputs / BLOCK).map(|_| next() as f32 / 8192.0).collect();
    Eight { digits, scales }
}

fn packed(outputs: usize, inputs: usize, eight: &Eight) -> Strips {
    // The last output comes first.
    let row = |output: usize| Some((0, outputs - 1 - output));
    let layout = Layout { outputs, inputs, columns: inputs, row: &row, column: None };
    Strips::pack(&layout, &[eight])
}

/// Rows of which some are very large, some small, and some parts nothing.
fn inputs(rows: usize, inputs: usize) -> Vec<Lanes> {
    let value = |at: usize| {
        let size = [1.0, 1e4, 1e-3, 0.0][at / BLOCK % 4];
        ((at * 7919 % 2027) as f32 / 1013.0 - 1.0) * size
    };
    let all: Vec<f32> = (0..rows * inputs).map(value).collect();
    all.as_chunks().0.iter().map(|&lanes| Lanes::from_array(lanes)).collect()
}

#[test]
fn every_kernel_gives_the_bits_of_every_other_whatever_the_number_of_rows() {
    let (outputs, width) = (70, 160);
    let mut strips = packed(outputs, width, &eight(outputs, width, 1));
    assert_eq!(strips.output_lanes(), 6);
    let data = inputs(25, width);
    let mut expected: Vec<Vec<u32>> = Vec::new();
    for kernel in Kernel::all() {
        strips.kernel = kernel;
        for count in [1, 2, 3, 4, 5, 6, 7, 13, 23, 25] {
            let mut rounded = Rounded::default();
            let rows = Rows { data: &data[..count * width / WIDTH], stride: width / WIDTH };
            let mut found = vec![vec![0; 6 * WIDTH]; count];
            strips.multiply(
                rounded.take(rows, width, false),
                0..strips.output_lanes() / 2,
                &mut |row, panel, sums| {
                    for (place, sum) in sums.iter().flat_map(|lanes| lanes.to_array()).enumerate() {
                        found[row][panel * 2 * WIDTH + place] = sum.to_bits();
                    }
                },
            );
            let known = expected.len().min(count);
            assert_eq!(found[..known], expected[..known], "{kernel:?}, {count} rows");
            if count > expected.len() {
                expected = found;
            }
        }
    }
}

#[test]
fn products_are_those_of_what_the_digits_stand_for() {
    let (outputs, width) = (40, 128);
    let eight = eight(outputs, width, 5);
    let strips = packed(outputs, width, &eight);
    let data = inputs(3, width);
    let mut rounded = Rounded::default();
    let rows = Rows { data: &data, stride: width / WIDTH };
    strips.multiply(
        rounded.take(rows, width, false),
        0..strips.output_lanes() / 2,
        &mut |row, panel, sums| {
            for (place, sum) in sums.iter().flat_map(|lanes| lanes.to_array()).enumerate() {
                let output = panel * 2 * WIDTH + place;
                let input = &flat(&data)[row * width..][..width];
                let weight = |at: usize| {
                    let place = (outputs - 1 - output) * width + at;
                    f64::from(eight.digits[place]) * f64::from(eight.scales[place / BLOCK])
                };
                let (mut exact, mut size) = (0.0, 0.0);
                if output < outputs {
                    for (at, &input) in input.iter().enumerate() {
                        exact += weight(at) * f64::from(input);
                        size += (weight(at) * f64::from(input)).abs();
                    }
                }
                // Half a step of 32767 of the largest input of a block, and what floats lose.
                assert!(
                    (f64::from(sum) - exact).abs() <= 1e-4 * size,
                    "{sum} instead of {exact} at {output}"
                );
            }
        },
    );
    let mut row = vec![0.0; width];
    strips.row(3, &mut row);
    let place = (outputs - 4) * width;
    assert_eq!(
        row[40].to_bits(),
        (f32::from(eight.digits[place + 40]) * eight.scales[(place + 40) / BLOCK]).to_bits()
    );
}
