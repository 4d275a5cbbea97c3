//! The text form of a budget: `16`, `4000tokens`, `2e12flops`, or several joined by commas.

use deliberate_search::Budget;

/// A search holds its whole tree in memory; above this, running out of it would be the likely end.
pub const MOST_GENERATIONS: u32 = 65_536;

/// Reads a budget; a bare number is generations.
///
/// # Errors
/// What is wrong with it, and how it is written.
pub fn parse(text: &str) -> Result<Budget, String> {
    let mut budget = Budget::default();
    for part in text.split(',').map(str::trim) {
        let digits =
            part.find(|c: char| c.is_ascii_alphabetic() && !matches!(c, 'e' | 'E')).unwrap_or(part.len());
        let (number, unit) = part.split_at(digits);
        let number: f64 = number.trim().parse().map_err(|_| {
            format!("`{part}` is no budget (use 16, 4000tokens or 2e12flops, joined by commas)")
        })?;
        let whole = number.fract() == 0.0 && number <= 2_f64.powi(53);
        if !number.is_finite() || number <= 0.0 {
            return Err(format!("a budget of `{part}` allows nothing; it must be above 0"));
        }
        if number > f64::from(MOST_GENERATIONS) && matches!(unit.trim(), "" | "generations") {
            return Err(format!(
                "a budget of `{part}` is out of reach (at most {MOST_GENERATIONS} generations)"
            ));
        }
        let twice = match unit.trim() {
            "" | "generations" if whole => budget.generations.replace(number as u32).is_some(),
            "tokens" if whole => budget.units.replace(number as u64).is_some(),
            "flops" => budget.flops.replace(number).is_some(),
            "" | "generations" | "tokens" => return Err(format!("`{part}` is not a whole number")),
            other => return Err(format!("unknown unit `{other}` (use generations, tokens or flops)")),
        };
        if twice {
            return Err(format!("`{part}` limits the same unit twice"));
        }
    }
    Ok(budget)
}

/// The text form.
pub fn format(budget: &Budget) -> String {
    let parts = [
        budget.generations.map(|n| n.to_string()),
        budget.units.map(|n| format!("{n}tokens")),
        budget.flops.map(|n| format!("{n:e}flops")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_reads_as_it_is_written() {
        for text in ["16", "4000tokens", "2e12flops", "16,4000tokens,1.5e12flops"] {
            assert_eq!(format(&parse(text).unwrap()), text);
        }
        assert_eq!(parse("16 generations, 5 tokens").unwrap(), parse("16,5tokens").unwrap());
    }

    #[test]
    fn a_useless_budget_is_an_error() {
        for text in [
            "0",
            "-1",
            "nothing",
            "",
            "1.5",
            "16,8",
            "NaN",
            "inf",
            "1e30",
            "5seconds",
            "0tokens",
            "4000000000",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
