//! What the machine offers: cores and memory.

use std::collections::HashSet;
use std::fs;

/// Models below this many parameters run on one thread: their operations are so short that handing them to a
/// second thread costs more than it saves.
const TINY: u64 = 8_000_000;

/// Threads for a model of a size.
pub(crate) fn threads(parameters: u64) -> u32 {
    if parameters < TINY { 1 } else { cores() }
}

/// Physical cores that this process may use; hyper-threads share the arithmetic units that inference is bound by.
fn cores() -> u32 {
    let usable = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u32;
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    physical(&info).map_or(usable, |physical| physical.clamp(1, usable))
}

/// Distinct pairs of socket and core in the text of `/proc/cpuinfo`.
fn physical(info: &str) -> Option<u32> {
    let mut cores = HashSet::new();
    let mut socket = "0";
    for line in info.lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        match name.trim() {
            "physical id" => socket = value.trim(),
            "core id" => {
                cores.insert((socket, value.trim()));
            }
            _ => {}
        }
    }
    (!cores.is_empty()).then_some(cores.len() as u32)
}

/// Bytes of memory that can be had without swapping; `None` where the system does not tell.
pub(crate) fn available_memory() -> Option<u64> {
    kib(&fs::read_to_string("/proc/meminfo").ok()?, "MemAvailable:")?.checked_mul(1024)
}

fn kib(info: &str, name: &str) -> Option<u64> {
    info.lines().find_map(|line| line.strip_prefix(name))?.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hyper_threads_are_not_cores() {
        let thread = |socket, core| format!("processor : 0\nphysical id : {socket}\ncore id : {core}\n\n");
        let info = [thread(0, 0), thread(0, 0), thread(0, 1), thread(1, 0)].concat();
        assert_eq!(physical(&info), Some(3));
        assert_eq!(physical("processor: 0"), None);
        assert!(cores() >= 1);
    }

    #[test]
    fn memory_is_read_in_kib() {
        assert_eq!(kib("MemTotal: 9 kB\nMemAvailable:   42 kB\n", "MemAvailable:"), Some(42));
        assert_eq!(kib("nothing", "MemAvailable:"), None);
    }
}
