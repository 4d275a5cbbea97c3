//! **story**: word problems over a graph of quantities, in the spirit of GSM8K.
//!
//! `Ann has 12 pears. Tom has 3 times as many pears as Ann. Tom gives away 4. How many pears are left?` Steps name
//! whose quantity is computed: `Tom: 12*3=36`, `left: 36-4=32`.

mod build;
mod phrases;
mod read;
mod tell;
mod vocabulary;

pub(crate) use build::build;
pub(crate) use read::read;
pub(crate) use tell::words;
