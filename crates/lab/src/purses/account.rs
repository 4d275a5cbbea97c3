//! A step that pays for something and keeps an account: `a=15,left=42`, or `b=12,over=3` once more than all is spent.

use crate::line::number;

/// The step that pays this much, with the account after it.
pub(crate) fn line(name: &str, paid: u32, left: i64) -> String {
    let (word, amount) = if left < 0 { ("over", -left) } else { ("left", left) };
    format!("{name}={paid},{word}={amount}")
}

/// What a step says: for what, how much is paid, and what is left.
pub(crate) fn read(line: &str) -> Option<(&str, u64, i64)> {
    let (taken, account) = line.trim().split_once(',')?;
    let (name, paid) = taken.split_once('=')?;
    let (word, amount) = account.split_once('=')?;
    let amount = i64::try_from(number(amount)?).ok()?;
    let left = match word {
        "left" => amount,
        "over" if amount > 0 => -amount,
        _ => return None,
    };
    Some((name, number(paid)?, left))
}
