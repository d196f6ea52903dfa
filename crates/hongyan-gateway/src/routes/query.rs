//! Headers and query parameters, read strictly.

use super::call::Call;
use axum::extract::Query;
use hongyan_api::{Code, DEFAULT_PAGE, LONGEST_WAIT, MAX_PAGE, Param, Problem, Route};
use hongyan_core::{Bilingual, Flaw, Time, bilingual};
use http::Uri;
use std::{collections::BTreeSet, time::Duration};

/// A bad query parameter.
pub(super) fn wrong(name: &str, detail: impl Into<Bilingual>) -> Problem {
    Problem::field(Code::InvalidQuery, name, detail)
}

/// Every query parameter, in order: of those that the route takes, none given twice.
pub(super) fn read(route: &Route, uri: &Uri) -> Result<Vec<(String, String)>, Problem> {
    if route.any_query || uri.query().is_none_or(str::is_empty) {
        return required(route, Vec::new());
    }
    let Query(pairs) =
        Query::<Vec<(String, String)>>::try_from_uri(uri).map_err(|_| Problem::bare(Code::InvalidQuery))?;
    let mut seen = BTreeSet::new();
    if let Some((name, _)) = pairs.iter().find(|(name, _)| !seen.insert(name)) {
        return Err(wrong(name, Flaw::Repeated.text()));
    }
    if let Some((name, _)) = pairs.iter().find(|(name, _)| !route.takes(name)) {
        return Err(wrong(name, ("there is no such parameter", "没有这个参数")));
    }
    required(route, pairs)
}

fn required(route: &Route, pairs: Vec<(String, String)>) -> Result<Vec<(String, String)>, Problem> {
    let given = |param: &Param| pairs.iter().any(|(name, _)| name == param.name);
    match route.query.iter().find(|param| param.required && !given(param)) {
        Some(param) => Err(wrong(param.name, ("is needed", "必填"))),
        None => Ok(pairs),
    }
}

/// `?limit=50`.
pub(super) fn limit(call: &Call) -> Result<usize, Problem> {
    let Some(value) = call.query("limit") else { return Ok(DEFAULT_PAGE) };
    let number = value.parse().ok().filter(|limit| (1..=MAX_PAGE).contains(limit));
    number.ok_or_else(|| wrong("limit", bilingual!("expected 1 to {MAX_PAGE}"; "应为 1 至 {MAX_PAGE}")))
}

/// `?since=2026-12-01T09:00:00+08:00`; a `+` that was not encoded has become a space on its way.
pub(super) fn time(name: &str, value: &str) -> Result<Time, Problem> {
    let zoned = value.replace(' ', "+");
    serde_json::from_value(zoned.into()).map_err(|_| {
        wrong(
            name,
            (
                "expected a time with its zone, such as 2026-12-01T09:00:00+08:00",
                "应为带时区的时间，如 2026-12-01T09:00:00+08:00",
            ),
        )
    })
}

/// `?wait=5s`; no time at all is none.
pub(super) fn wait(call: &Call) -> Result<Option<Duration>, Problem> {
    let Some(value) = call.query("wait") else { return Ok(None) };
    let span = duration(value).filter(|span| *span <= LONGEST_WAIT).ok_or_else(|| {
        wrong("wait", ("expected a time such as 5s or 500ms, at most 30s", "应为时长，如 5s 或 500ms，最长 30s"))
    })?;
    Ok(Some(span).filter(|span| !span.is_zero()))
}

fn duration(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" | "" => Some(Duration::from_secs(number)),
        _ => None,
    }
}

/// The `Idempotency-Key` header.
pub(super) fn idempotency_key(call: &Call) -> Result<Option<&str>, Problem> {
    let mut given = call.parts.headers.get_all("idempotency-key").iter();
    let value = match (given.next(), given.next()) {
        (None, _) => return Ok(None),
        (Some(value), None) => value.as_bytes(),
        (Some(_), Some(_)) => {
            return Err(Problem::field(Code::InvalidHeader, "idempotency-key", Flaw::Repeated.text()));
        }
    };
    std::str::from_utf8(value)
        .ok()
        .filter(|key| is_key(key))
        .map(Some)
        .ok_or_else(|| Problem::field(Code::InvalidHeader, "idempotency-key", KEY))
}

/// What an idempotency key is.
pub(super) const KEY: Bilingual =
    Bilingual::fixed("expected 1 to 255 visible ASCII characters", "应为 1 至 255 个可见 ASCII 字符");

/// Whether it can be an idempotency key.
pub(super) fn is_key(key: &str) -> bool {
    (1..=255).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_its_zone() {
        let encoded = time("since", "2026-12-01T09:00:00+08:00").unwrap();
        assert_eq!(encoded.to_string(), "2026-12-01T01:00:00.000Z");
        assert_eq!(time("since", "2026-12-01T09:00:00 08:00").unwrap(), encoded);
        assert_eq!(time("since", "2026-12-01").unwrap_err().field.as_deref(), Some("since"));
    }

    #[test]
    fn a_time_has_a_number_and_a_unit() {
        assert_eq!(duration("5s"), Some(Duration::from_secs(5)));
        assert_eq!(duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(duration("3"), Some(Duration::from_secs(3)));
        for bad in ["", "s", "-1s", "5m", "1.5s", "99999999999999999999s"] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }
}
