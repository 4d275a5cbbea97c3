//! The ledger as text.

use super::{count, flops, seconds};
use deliberate_search::{Ledger, Usage};

/// The bill, one line a role, without a newline at the end.
pub(crate) fn bill(ledger: &Ledger, saved: u32) -> String {
    let stopped =
        if saved > 0 { format!(" · {saved} generations saved by stopping early") } else { String::new() };
    let mut lines = vec![format!(
        "{} generations · {} tokens drawn · {}{stopped}",
        ledger.generations,
        count(ledger.charged.tokens),
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
    let rate = if ledger.seconds > 0.0 { decoded as f64 / ledger.seconds } else { 0.0 };
    lines.push(format!("wall time {} ({rate:.0} tokens/s)", seconds(ledger.seconds)));
    if ledger.failures > 0 {
        lines.push(format!("{} draws or verifications failed (--verbose says why)", ledger.failures));
    }
    lines.join("\n")
}
