//! Matrix products on one thread, through the `gemm` crate.

use std::ops::Range;

/// A matrix in a slice: entry (r, c) is at `r · row_stride + c · column_stride`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    data: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> View<'a> {
    /// `[rows, columns]` whose rows begin `stride` entries apart.
    pub(crate) fn strided(data: &'a [f32], rows: usize, columns: usize, stride: usize) -> Self {
        check(data.len(), rows, columns, stride);
        Self { data, rows, columns, row_stride: stride, column_stride: 1 }
    }

    /// `[rows, columns]` without gaps.
    pub(crate) fn new(data: &'a [f32], rows: usize, columns: usize) -> Self {
        Self::strided(data, rows, columns, columns)
    }

    /// How many rows it has.
    pub(crate) fn rows(self) -> usize {
        self.rows
    }

    /// How many columns it has.
    pub(crate) fn columns(self) -> usize {
        self.columns
    }

    /// Some of its columns.
    pub(crate) fn narrowed(self, columns: Range<usize>) -> Self {
        assert!(columns.end <= self.columns, "columns that are not there");
        let data = self.data.get(columns.start * self.column_stride..).unwrap_or_default();
        Self { data, columns: columns.len(), ..self }
    }

    /// Rows become columns.
    pub(crate) fn transposed(self) -> Self {
        Self {
            data: self.data,
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
        }
    }
}

/// A matrix to write to.
#[derive(Debug)]
pub(crate) struct ViewMut<'a> {
    data: &'a mut [f32],
    rows: usize,
    columns: usize,
    stride: usize,
}

impl<'a> ViewMut<'a> {
    /// `[rows, columns]` whose rows begin `stride` entries apart.
    pub(crate) fn strided(data: &'a mut [f32], rows: usize, columns: usize, stride: usize) -> Self {
        check(data.len(), rows, columns, stride);
        Self { data, rows, columns, stride }
    }

    /// `[rows, columns]` without gaps.
    pub(crate) fn new(data: &'a mut [f32], rows: usize, columns: usize) -> Self {
        Self::strided(data, rows, columns, columns)
    }

    /// `self = scale · left · right`.
    pub(crate) fn assign(mut self, left: View<'_>, right: View<'_>, scale: f32) {
        multiply(&mut self, left, right, scale, false);
    }

    /// `self += left · right`.
    pub(crate) fn add(mut self, left: View<'_>, right: View<'_>) {
        multiply(&mut self, left, right, 1.0, true);
    }
}

fn check(length: usize, rows: usize, columns: usize, stride: usize) {
    assert!(columns <= stride || rows <= 1, "rows overlap");
    assert!(rows == 0 || columns == 0 || (rows - 1) * stride + columns <= length, "the slice is too short");
}

fn multiply(to: &mut ViewMut<'_>, left: View<'_>, right: View<'_>, scale: f32, add: bool) {
    assert!(
        to.rows == left.rows && to.columns == right.columns && left.columns == right.rows,
        "shapes do not match: {}×{} = {}×{} · {}×{}",
        to.rows,
        to.columns,
        left.rows,
        left.columns,
        right.rows,
        right.columns
    );
    // SAFETY: `check` and `transposed` keep every entry of the three matrices inside their slices, the shapes match,
    // and `to.data` is borrowed exclusively.
    unsafe {
        gemm::gemm(
            to.rows,
            to.columns,
            left.columns,
            to.data.as_mut_ptr(),
            1,
            to.stride as isize,
            add,
            left.data.as_ptr(),
            left.column_stride as isize,
            left.row_stride as isize,
            right.data.as_ptr(),
            right.column_stride as isize,
            right.row_stride as isize,
            1.0,
            scale,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}
