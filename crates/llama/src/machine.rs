//! What the machine offers: cores and memory.

use std::collections::HashSet;
use std::fs;

/// Models below this many parameters run on one thread: their operations are so short that handing them to a
/// second thread costs more than it saves.
const TINY: u64 = 8_000_000;

/// Threads for a model of a size, on the machine as it is now.
///
/// llama.cpp's threads wait for each other by spinning after every operation, hundreds of times a token: one that is
/// kept from its core stops all. Measured on two cores while others kept them busy (SmolLM2-135M, 16 sequences):
/// one thread 31–35 tokens/s, two threads 6–14 with ggml's own pool and 3.4 with OpenMP, which is why OpenMP is not
/// built in. So cores that are busy when the model is loaded are left to those who use them. The number of threads
/// changes no bit of the logits.
pub(crate) fn threads(parameters: u64) -> u32 {
    if parameters < TINY {
        1
    } else {
        idle(cores(), &fs::read_to_string("/proc/loadavg").unwrap_or_default())
    }
}

/// Cores without the whole ones that `/proc/loadavg` reports busy over the last minute; at least one.
fn idle(cores: u32, load: &str) -> u32 {
    let busy: f64 = load.split_whitespace().next().and_then(|text| text.parse().ok()).unwrap_or(0.0);
    cores.saturating_sub(busy as u32).max(1)
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
    fn busy_cores_are_left_alone() {
        assert_eq!(idle(8, "0.93 1.00 9.0 1/99 1234"), 8);
        assert_eq!(idle(8, "2.10 1.00 9.0 1/99 1234"), 6);
        assert_eq!(idle(2, "14.0 1.00 9.0 1/99 1234"), 1);
        assert_eq!(idle(2, ""), 2);
    }

    #[test]
    fn memory_is_read_in_kib() {
        assert_eq!(kib("MemTotal: 9 kB\nMemAvailable:   42 kB\n", "MemAvailable:"), Some(42));
        assert_eq!(kib("nothing", "MemAvailable:"), None);
    }
}
