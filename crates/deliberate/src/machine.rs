//! What the machine says of itself.

/// An entry of `/proc/meminfo`, `MemAvailable:` for example, in bytes; none where there is no such file.
pub fn memory(entry: &str) -> Option<u64> {
    let info = std::fs::read_to_string("/proc/meminfo").ok()?;
    let kib = info.lines().find_map(|line| line.strip_prefix(entry))?.trim().strip_suffix("kB")?;
    kib.trim().parse::<u64>().ok()?.checked_mul(1024)
}
