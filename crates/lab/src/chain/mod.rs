//! **chain**: values defined from one another, modulo a prime.
//!
//! `Mod 53:`, `b=12`, `a=d-b`, `d=b*7`, `a=?`, each on a line. Steps name the definition, put values in, and give the result:
//! `d=b*7=12*7=31`. Written without spaces, for each costs a tiny model a token where digits are tokens of their own.

mod build;
mod read;

pub(crate) use build::{build, words};
pub(crate) use read::read;
