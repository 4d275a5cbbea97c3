//! What one key may spend in a time.
//!
//! A quota is a bucket that fills evenly and holds what one period gives. What a question costs is known when it is
//! answered, so it is asked while anything is left, and its cost may leave a debt that has to be filled first.

use crate::solver::Spent;
use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Generations,
    Tokens,
}

impl Unit {
    const ALL: [(&str, Self); 2] = [("generations", Self::Generations), ("tokens", Self::Tokens)];

    /// How much of it was spent; tokens as in `usage.total_tokens`.
    fn of(self, spent: &Spent) -> f64 {
        match self {
            Self::Generations => spent.generations.into(),
            Self::Tokens => (spent.prompt_tokens + spent.completion_tokens) as f64,
        }
    }
}

const PERIODS: [(&str, u64); 4] = [("second", 1), ("minute", 60), ("hour", 3600), ("day", 86400)];

/// So many generations or tokens in a time: `600generations/hour`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Quota {
    amount: u32,
    unit: Unit,
    period: (&'static str, u64),
}

impl FromStr for Quota {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = || {
            let (amount, period) = text.split_once('/')?;
            let digits = amount.find(|character: char| !character.is_ascii_digit())?;
            let (amount, unit) = amount.split_at(digits);
            let amount = amount.parse().ok().filter(|&amount| amount > 0)?;
            let (_, unit) = *Unit::ALL.iter().find(|(name, _)| *name == unit)?;
            let period = *PERIODS.iter().find(|(name, _)| *name == period)?;
            Some(Self { amount, unit, period })
        };
        parsed().ok_or_else(|| {
            "a quota is a number of `generations` or `tokens` in a `second`, `minute`, `hour` or `day`: \
             600generations/hour"
                .to_owned()
        })
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = Unit::ALL.iter().find(|(_, unit)| *unit == self.unit).map_or("", |(name, _)| name);
        write!(f, "{}{unit}/{}", self.amount, self.period.0)
    }
}

impl Quota {
    fn a_second(&self) -> f64 {
        f64::from(self.amount) / self.period.1 as f64
    }
}

/// What is left of a quota.
#[derive(Debug)]
struct Bucket {
    quota: Quota,
    /// Below 0 is debt.
    left: f64,
    at: Instant,
}

impl Bucket {
    fn fill(&mut self, now: Instant) {
        let filled = self.left + now.duration_since(self.at).as_secs_f64() * self.quota.a_second();
        (self.left, self.at) = (filled.min(self.quota.amount.into()), now);
    }

    /// How long it takes until there is something to spend.
    fn missing(&self) -> Option<Duration> {
        (self.left < 1.0).then(|| Duration::from_secs_f64((1.0 - self.left) / self.quota.a_second()))
    }
}

/// What is left of all quotas of one key.
#[derive(Debug)]
pub(crate) struct Account(Mutex<Vec<Bucket>>);

impl Account {
    /// An account that is full.
    pub(crate) fn new(quotas: impl IntoIterator<Item = Quota>) -> Self {
        let full = |quota: Quota| Bucket { quota, left: quota.amount.into(), at: Instant::now() };
        Self(Mutex::new(quotas.into_iter().map(full).collect()))
    }

    fn filled<T>(&self, now: Instant, then: impl FnOnce(&mut [Bucket]) -> T) -> T {
        // A panic elsewhere leaves numbers that are as good as before.
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.iter_mut().for_each(|bucket| bucket.fill(now));
        then(&mut buckets)
    }

    /// The quota of which nothing is left, and how long until there is; the longest wait where there are several.
    pub(crate) fn exhausted(&self, now: Instant) -> Option<(Quota, Duration)> {
        self.filled(now, |buckets| {
            let empty = buckets.iter().filter_map(|bucket| Some((bucket.quota, bucket.missing()?)));
            empty.max_by_key(|(_, wait)| *wait)
        })
    }

    /// Takes what was spent.
    pub(crate) fn charge(&self, spent: &Spent, now: Instant) {
        self.filled(now, |buckets| {
            for bucket in buckets {
                bucket.left -= bucket.quota.unit.of(spent);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spent(generations: u32, tokens: u64) -> Spent {
        Spent { generations, prompt_tokens: tokens / 2, completion_tokens: tokens / 2, ..Spent::default() }
    }

    #[test]
    fn a_quota_reads_as_it_is_written() {
        for text in ["600generations/hour", "1tokens/second", "4000000000tokens/day", "5generations/minute"] {
            assert_eq!(text.parse::<Quota>().unwrap().to_string(), text);
        }
        for odd in ["", "600", "600/hour", "generations/hour", "0tokens/day", "-1tokens/day", "5tokens/week"]
        {
            assert!(odd.parse::<Quota>().unwrap_err().contains("600generations/hour"), "{odd}");
        }
    }

    #[test]
    fn what_is_spent_is_missing_until_the_bucket_fills_again() {
        let account = Account::new(["60generations/minute".parse().unwrap()]);
        let begin = Instant::now();
        let after = |seconds: u64| begin + Duration::from_secs(seconds);
        account.charge(&spent(59, 0), begin);
        assert_eq!(account.exhausted(begin), None, "one is left");
        account.charge(&spent(16, 0), begin);
        let (quota, wait) = account.exhausted(begin).unwrap();
        assert_eq!((quota.to_string().as_str(), wait.as_secs()), ("60generations/minute", 16));
        assert_eq!((account.exhausted(after(15)).is_some(), account.exhausted(after(16))), (true, None));
        account.charge(&spent(60, 0), after(3600));
        assert!(account.exhausted(after(3600)).is_some(), "it holds one period's worth and no more");
    }

    #[test]
    fn the_quota_that_takes_longest_is_waited_for() {
        let account =
            Account::new(["1generations/second", "100tokens/hour"].map(|quota| quota.parse().unwrap()));
        let begin = Instant::now();
        account.charge(&spent(1, 200), begin);
        let (quota, wait) = account.exhausted(begin).unwrap();
        assert_eq!(quota.to_string(), "100tokens/hour");
        assert!(wait > Duration::from_secs(3600), "a debt of 100 tokens is an hour");
    }
}
