//! For how long a server wants to be left alone, by the headers of its answer.

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use std::time::{Duration, SystemTime};

/// Longest pause that a server may ask for.
const LONGEST: Duration = Duration::from_secs(60);

/// What is counted in a time, as hosted endpoints name it: what remains of it, and when it begins anew.
const COUNTED: [(&str, &str); 2] = [
    ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
];

/// The pause that an answer asks for: by `Retry-After` where it says no, or because nothing remains of what is counted.
pub(crate) fn wanted(status: StatusCode, headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let after = text(RETRY_AFTER.as_str()).filter(|_| !status.is_success()).and_then(|after| {
        let date = || httpdate::parse_http_date(after).ok()?.duration_since(now).ok();
        seconds(after).or_else(date)
    });
    let used_up = COUNTED.iter().filter(|(remaining, _)| text(remaining) == Some("0"));
    let resets = used_up.filter_map(|(_, reset)| duration(text(reset)?));
    let wanted = after.into_iter().chain(resets).max()?;
    Some(wanted.min(LONGEST))
}

fn seconds(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.parse().ok()?).ok()
}

/// A time in seconds, or in the form of `6m0s` or `85ms`.
fn duration(text: &str) -> Option<Duration> {
    if let Some(plain) = seconds(text) {
        return Some(plain);
    }
    let mut whole = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit() && c != '.')?);
        let (unit, after) =
            after.split_at(after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len()));
        let factor = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        whole += Duration::try_from_secs_f64(number.parse::<f64>().ok()? * factor).ok()?;
        rest = after;
    }
    (!text.is_empty()).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderName, HeaderValue};

    fn check(status: u16, headers: &[(&'static str, &'static str)], expected: Option<f64>) {
        let pair = |&(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let found = wanted(StatusCode::from_u16(status).unwrap(), &headers.iter().map(pair).collect(), now);
        assert_eq!(found.map(|found| found.as_secs_f64()), expected, "{headers:?}");
    }

    #[test]
    fn what_a_server_asks_for_is_read_in_the_forms_that_are_in_use() {
        check(429, &[("retry-after", "7")], Some(7.0));
        check(503, &[("retry-after", " 0.5 ")], Some(0.5));
        check(429, &[("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT")], Some(10.0));
        check(429, &[("retry-after", "Sun, 06 Nov 1994 08:49:27 GMT")], None);
        check(200, &[("retry-after", "7")], None);
        check(429, &[("retry-after", "90000")], Some(60.0));
        let reset = ("x-ratelimit-reset-requests", "1m1.5s");
        check(200, &[("x-ratelimit-remaining-requests", "1"), reset], None);
        check(
            200,
            &[("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "6s")],
            Some(6.0),
        );
        check(
            200,
            &[("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "85ms")],
            Some(0.085),
        );
        check(200, &[("x-ratelimit-remaining-requests", "0"), reset], Some(60.0));
    }

    #[test]
    fn nonsense_is_no_pause() {
        for nonsense in ["", "soon", "-3", "NaN", "inf", "1e400", "6m0", "5 apples", "s", "1..2s", "9e9h"] {
            check(429, &[("retry-after", nonsense)], None);
            check(
                200,
                &[("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", nonsense)],
                None,
            );
        }
    }
}
