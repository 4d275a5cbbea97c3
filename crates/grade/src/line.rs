//! Unions of intervals in one normal form: flat, sorted, with touching parts joined.

use crate::value::{End, Value};

/// The parts of a union. Intervals and sets of real constants are joined where they meet, so that
/// `(0,1] \cup (1,2]` has the single part `(0,2]`; anything else is left as it stands.
pub(crate) fn parts(value: &Value) -> Vec<Value> {
    let mut flat = Vec::new();
    if let Value::Difference(terms) = value
        && let Some(parts) = without_points(terms)
    {
        return parts;
    }
    flatten(value, &mut flat);
    let spans: Option<Vec<Span>> = flat.iter().map(Span::of).collect();
    match spans {
        Some(spans) => joined(spans),
        None => flat,
    }
}

/// The parts as one value; `None` if there are none.
pub(crate) fn of(mut parts: Vec<Value>) -> Option<Value> {
    if parts.len() > 1 { Some(Value::Union(parts)) } else { parts.pop() }
}

/// What two sets of reals have in common, in the same form; `None` if they are not both known by their ends.
pub(crate) fn intersection(a: &Value, b: &Value) -> Option<Vec<Value>> {
    let spans = |value| parts(value).iter().map(Span::of).collect::<Option<Vec<_>>>();
    let (first, second) = (spans(a)?, spans(b)?);
    let common = first.iter().flat_map(|one| second.iter().filter_map(|other| one.common(other))).collect();
    Some(joined(common))
}

/// `\mathbb{R} \setminus \{1, 2\}` as the intervals between the points.
fn without_points(terms: &[Value]) -> Option<Vec<Value>> {
    let [from, Value::Set(points)] = terms else { return None };
    let mut spans: Vec<Span> = parts(from).iter().map(Span::of).collect::<Option<_>>()?;
    for point in points {
        let Span { from: at, low, .. } = Span::of(&Value::Set(vec![point.clone()]))?;
        let end = || End { closed: false, ..low.clone() };
        let mut next = Vec::with_capacity(spans.len() + 1);
        for span in spans {
            if span.from < at && at < span.to {
                next.push(Span { from: span.from, to: at, low: span.low, high: end() });
                next.push(Span { from: at, to: span.to, low: end(), high: span.high });
            } else if at.total_cmp(&span.from).is_eq() && span.from < span.to {
                next.push(Span { low: end(), ..span });
            } else if at.total_cmp(&span.to).is_eq() && span.from < span.to {
                next.push(Span { high: end(), ..span });
            } else if at.total_cmp(&span.from).is_ne() {
                next.push(span);
            }
        }
        spans = next;
    }
    Some(joined(spans))
}

fn flatten(value: &Value, into: &mut Vec<Value>) {
    match value {
        Value::Union(parts) => parts.iter().for_each(|part| flatten(part, into)),
        Value::Set(members) => into.extend(members.iter().map(|member| Value::Set(vec![member.clone()]))),
        Value::Tuple(pair) if pair.len() == 2 => {
            let end = |value: &Value| End { value: Some(Box::new(value.clone())), closed: false };
            into.push(Value::Interval { low: end(&pair[0]), high: end(&pair[1]), variable: None });
        }
        Value::Interval { low, high, .. } => {
            into.push(Value::Interval { low: low.clone(), high: high.clone(), variable: None });
        }
        other => into.push(other.clone()),
    }
}

/// An interval with its ends as numbers, for ordering only.
struct Span {
    from: f64,
    to: f64,
    low: End,
    high: End,
}

impl Span {
    /// The reals in both.
    fn common(&self, other: &Self) -> Option<Self> {
        // Of two ends at one place, the open one leaves less.
        let (from, low) =
            if self.from > other.from || self.from.total_cmp(&other.from).is_eq() && !self.low.closed {
                (self.from, &self.low)
            } else {
                (other.from, &other.low)
            };
        let (to, high) = if self.to < other.to || self.to.total_cmp(&other.to).is_eq() && !self.high.closed {
            (self.to, &self.high)
        } else {
            (other.to, &other.high)
        };
        let point = from.total_cmp(&to).is_eq() && low.closed && high.closed;
        (from < to || point).then(|| Self { from, to, low: low.clone(), high: high.clone() })
    }

    fn of(value: &Value) -> Option<Self> {
        let number = |value: &Value| match value {
            Value::Scalar(scalar) => scalar.value.as_f64(),
            _ => None,
        };
        match value {
            Value::Interval { low, high, .. } => {
                let from = low.value.as_deref().map_or(Some(f64::NEG_INFINITY), number)?;
                let to = high.value.as_deref().map_or(Some(f64::INFINITY), number)?;
                (from <= to).then(|| Self { from, to, low: low.clone(), high: high.clone() })
            }
            Value::Set(members) => {
                let at = number(members.first()?)?;
                let end = || End { value: Some(Box::new(members[0].clone())), closed: true };
                Some(Self { from: at, to: at, low: end(), high: end() })
            }
            _ => None,
        }
    }
}

fn joined(mut spans: Vec<Span>) -> Vec<Value> {
    spans.sort_by(|a, b| a.from.total_cmp(&b.from).then(b.low.closed.cmp(&a.low.closed)));
    let mut result: Vec<Span> = Vec::new();
    for span in spans {
        let close = |a: f64, b: f64| a.total_cmp(&b).is_eq() || (a - b).abs() <= 1e-13 * a.abs();
        match result.last_mut() {
            Some(last)
                if span.from < last.to && !close(span.from, last.to)
                    || close(span.from, last.to) && (span.low.closed || last.high.closed) =>
            {
                if span.to > last.to || (close(span.to, last.to) && span.high.closed) {
                    last.to = span.to;
                    last.high = span.high;
                }
            }
            _ => result.push(span),
        }
    }
    result
        .into_iter()
        .map(|span| Value::Interval { low: span.low, high: span.high, variable: None })
        .collect()
}
