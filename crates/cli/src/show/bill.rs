//! The ledger as text.

use super::{count, flops, seconds};
use deliberate_search::{Ledger, Usage};

/// What the seconds of a ledger are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Time {
    /// One search after the other.
    InTurn,
    /// Searches side by side, maybe in several processes; this one's own time and tokens stand beside their sum.
    SideBySide { elapsed_seconds: f64, drawn: u64 },
}

/// The bill, one line a role, without a newline at the end.
pub(crate) fn bill(ledger: &Ledger, saved: u32, time: Time) -> String {
    let stopped =
        if saved > 0 { format!(" · {saved} generations saved by stopping early") } else { String::new() };
    let mut lines = vec![format!(
        "{} generations · {} tokens drawn · {}{stopped}",
        ledger.generations,
        count(ledger.charged.units),
        flops(ledger.flops()),
    )];
    for (role, usage) in
        [("proposer", ledger.proposer), ("verifier", ledger.verifier), ("reviser", ledger.reviser)]
    {
        if usage != Usage::default() {
            lines.push(format!(
                "{role:8}  prefilled {} · cached {} · decoded {} · {}",
                count(usage.prefilled),
                count(usage.cached),
                count(usage.decoded),
                flops(usage.flops)
            ));
        }
    }
    let decoded = ledger.proposer.decoded + ledger.verifier.decoded + ledger.reviser.decoded;
    let rate = |tokens: u64, seconds: f64| if seconds > 0.0 { tokens as f64 / seconds } else { 0.0 };
    match time {
        Time::InTurn => {
            let rate = rate(decoded, ledger.seconds);
            lines.push(format!("wall time {} ({rate:.0} tokens/s)", seconds(ledger.seconds)));
        }
        Time::SideBySide { elapsed_seconds, drawn } => {
            lines.push(format!(
                "search time {}, summed over searches side by side and over all processes of this run",
                seconds(ledger.seconds)
            ));
            let rate = rate(drawn, elapsed_seconds);
            lines.push(format!(
                "wall time {} in this process ({} tokens drawn, {rate:.0} tokens/s)",
                seconds(elapsed_seconds),
                count(drawn)
            ));
        }
    }
    if ledger.failures > 0 {
        lines.push(format!("{} draws or verifications failed (--verbose says why)", ledger.failures));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_searches_side_by_side_is_not_called_wall_time() {
        let ledger = Ledger { seconds: 40.0, ..Ledger::default() };
        assert!(bill(&ledger, 0, Time::InTurn).contains("wall time 40.0 s"));
        let text = bill(&ledger, 0, Time::SideBySide { elapsed_seconds: 10.0, drawn: 500 });
        assert!(text.contains("search time 40.0 s") && text.contains("wall time 10.0 s"), "{text}");
        assert!(text.contains("50 tokens/s"), "{text}");
    }
}
