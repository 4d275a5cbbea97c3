//! What the machine offers: cores and memory.

use std::collections::HashSet;
use std::fs;
use std::time::Duration;

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
        return 1;
    }
    let times = || Times::read(&fs::read_to_string("/proc/stat").unwrap_or_default());
    let before = times();
    std::thread::sleep(LOOK);
    idle(cores(), before.busy_share_until(times()))
}

/// How long to look at what the cores are doing: the system counts their time in hundredths of a second.
const LOOK: Duration = Duration::from_millis(150);

/// Cores without those that others keep busy, to the nearest whole one; at least one.
fn idle(cores: u32, busy_share: f64) -> u32 {
    cores.saturating_sub((f64::from(cores) * busy_share).round() as u32).max(1)
}

/// Time that all cores together spent, from the first line of `/proc/stat`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Times {
    busy: u64,
    total: u64,
}

impl Times {
    /// Nothing, where the system does not tell.
    fn read(stat: &str) -> Self {
        let line = stat.lines().next().and_then(|line| line.strip_prefix("cpu ")).unwrap_or_default();
        let times: Vec<u64> = line.split_whitespace().take(8).map_while(|text| text.parse().ok()).collect();
        let total: u64 = times.iter().sum();
        // Idle, and waiting for a disk.
        let free: u64 = times.iter().skip(3).take(2).sum();
        Self { busy: total - free, total }
    }

    fn busy_share_until(self, later: Self) -> f64 {
        let total = later.total.saturating_sub(self.total);
        if total == 0 { 0.0 } else { later.busy.saturating_sub(self.busy) as f64 / total as f64 }
    }
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
        let at = |busy, idle| Times::read(&format!("cpu  {busy} 0 0 {idle} 5 0 0 0 0 0\ncpu0 1 1 1 1\n"));
        assert_eq!(at(100, 300), Times { busy: 100, total: 405 });
        let share = at(100, 300).busy_share_until(at(110, 320));
        assert!((share - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!((idle(8, 0.05), idle(8, 0.27), idle(2, 1.0), idle(2, 0.2)), (8, 6, 1, 2));
        assert!(Times::read("").busy_share_until(Times::read("nonsense")).abs() < 1e-12);
    }

    #[test]
    fn memory_is_read_in_kib() {
        assert_eq!(kib("MemTotal: 9 kB\nMemAvailable:   42 kB\n", "MemAvailable:"), Some(42));
        assert_eq!(kib("nothing", "MemAvailable:"), None);
    }
}
