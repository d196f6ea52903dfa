//! A part of a file that was asked for with `Range` (RFC 9110, section 14): one range of bytes.

use hongyan_endpoint::Sealed;

/// The answer with that part of its body; `None` when the header names no part of it.
pub(crate) fn part(mut sealed: Sealed, header: &str) -> Option<Sealed> {
    let total = sealed.body.len();
    let (first, last) = header.trim().strip_prefix("bytes=")?.split_once('-')?;
    let (first, last) = match (first.trim(), last.trim()) {
        ("", suffix) => (total.saturating_sub(suffix.parse().ok()?), total.checked_sub(1)?),
        (first, "") => (first.parse().ok()?, total.checked_sub(1)?),
        (first, last) => (first.parse().ok()?, last.parse::<usize>().ok()?.min(total.checked_sub(1)?)),
    };
    if first > last {
        return None;
    }
    sealed.status = 206;
    sealed.headers.push(("content-range", format!("bytes {first}-{last}/{total}")));
    sealed.body = sealed.body.get(first..=last)?.to_vec();
    Some(sealed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_part_is_cut_out_and_nonsense_is_not() {
        let cut = |header| {
            let sealed = part(Sealed { status: 200, headers: Vec::new(), body: b"0123456789".to_vec() }, header)?;
            Some((String::from_utf8(sealed.body).unwrap(), sealed.headers[0].1.clone()))
        };
        for (header, body, range) in [
            ("bytes=2-4", "234", "bytes 2-4/10"),
            ("bytes=8-", "89", "bytes 8-9/10"),
            ("bytes=-3", "789", "bytes 7-9/10"),
            ("bytes=0-99", "0123456789", "bytes 0-9/10"),
        ] {
            assert_eq!(cut(header), Some((body.into(), range.into())), "{header}");
        }
        for header in ["bytes=10-", "bytes=4-2", "bytes=x-1", "lines=1-2", "bytes=1", "bytes=0-1,3-4", "bytes=-0"] {
            assert_eq!(cut(header), None, "{header}");
        }
    }
}
