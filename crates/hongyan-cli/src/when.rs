//! Times for people: this machine's zone (`TZ`), which is shown.

use jiff::{Timestamp, tz::TimeZone};

/// `2026-12-01 09:00:00 +08:00`; what is no RFC 3339 time stays as it is.
pub(crate) fn local(rfc3339: &str) -> String {
    match rfc3339.parse::<Timestamp>() {
        Ok(time) => shown(time, TimeZone::system()),
        Err(_) => rfc3339.to_owned(),
    }
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
}
