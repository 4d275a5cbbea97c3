//! Pulls from a hub and a pip that the tests play themselves. No network.

mod fake_hub;
mod from_hub;
mod from_pip;
mod here;
mod killed;
mod support;
