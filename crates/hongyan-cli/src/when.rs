//! Times for people: this machine's zone (`TZ`), which is shown.

use crate::lang::told;
use hongyan_core::{Clock, clock::System};
use jiff::{Timestamp, Zoned, civil, tz::TimeZone};

/// `2026-12-01 09:00:00 +08:00`; what is no RFC 3339 time stays as it is.
pub(crate) fn local(rfc3339: &str) -> String {
    match rfc3339.parse::<Timestamp>() {
        Ok(time) => shown(time, TimeZone::system()),
        Err(_) => rfc3339.to_owned(),
    }
}

/// A moment as people type it, as RFC 3339: with its zone, or in this machine's zone, or as long ago (`90m`, `24h`, `7d`).
pub(crate) fn moment(text: &str) -> Result<String, String> {
    let now = Timestamp::from_millisecond(System.now().millis()).unwrap_or_default();
    resolve(text, &now.to_zoned(TimeZone::system()))
}

fn resolve(text: &str, now: &Zoned) -> Result<String, String> {
    let at = if let Ok(time) = text.parse::<Timestamp>() {
        Some(time)
    } else if let Ok(local) = text.parse::<civil::DateTime>() {
        local.to_zoned(now.time_zone().clone()).ok().map(|time| time.timestamp())
    } else {
        ago(text).and_then(|seconds| now.timestamp().checked_sub(jiff::SignedDuration::from_secs(seconds)).ok())
    };
    at.map(|time| format!("{time:.3}")).ok_or_else(|| {
        told!(
            "expected a time such as 2026-12-01, 2026-12-01T09:00:00+08:00, or 90m, 24h, 7d ago" ;
            "应为时间，如 2026-12-01、2026-12-01T09:00:00+08:00，或 90m、24h、7d(之前)"
        )
    })
}

/// Seconds of `30s`, `90m`, `24h`, `7d`.
fn ago(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let each = match unit {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(each)
}

/// `2026-12-01T09:00:00.123+08:00`: RFC 3339, for logs.
pub(crate) fn precise(time: hongyan_core::Time) -> String {
    let zone = TimeZone::system();
    let time = Timestamp::from_millisecond(time.millis()).unwrap_or_default().to_zoned(zone);
    time.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
}

fn shown(time: Timestamp, zone: TimeZone) -> String {
    time.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S %:z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_shown_in_its_zone_with_the_zone() {
        let time: Timestamp = "2026-12-01T01:00:00.123Z".parse().unwrap();
        assert_eq!(shown(time, TimeZone::get("Asia/Shanghai").unwrap()), "2026-12-01 09:00:00 +08:00");
        assert_eq!(shown(time, TimeZone::UTC), "2026-12-01 01:00:00 +00:00");
        assert_eq!(shown(time, TimeZone::get("America/New_York").unwrap()), "2026-11-30 20:00:00 -05:00");
        assert_eq!(local("soon"), "soon");
    }

    #[test]
    fn a_moment_is_typed_with_its_zone_in_ours_or_as_long_ago() {
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        let now = "2026-12-01T01:00:00Z".parse::<Timestamp>().unwrap().to_zoned(shanghai);
        for (text, expected) in [
            ("2026-12-01T09:00:00+08:00", "2026-12-01T01:00:00.000Z"),
            ("2026-12-01", "2026-11-30T16:00:00.000Z"),
            ("2026-12-01T09:00", "2026-12-01T01:00:00.000Z"),
            ("2026-12-01 09:00:00", "2026-12-01T01:00:00.000Z"),
            ("90m", "2026-11-30T23:30:00.000Z"),
            ("7d", "2026-11-24T01:00:00.000Z"),
        ] {
            assert_eq!(resolve(text, &now).as_deref(), Ok(expected), "{text}");
        }
        for wrong in ["yesterday", "7", "7y", "-7d", "", "2026-13-01", "99999999999999999999d"] {
            assert!(resolve(wrong, &now).is_err(), "{wrong}");
        }
    }
}
