//! Names: what a name that is not there was meant to be, and letters that look like others.

/// `Userlds`, with an l for an I: the name as it was meant.
pub(super) fn meant(name: &str) -> Option<String> {
    const STEMS: [&str; 11] =
        ["user", "dept", "department", "chat", "corp", "agent", "open", "union", "msg", "task", "media"];
    let (stem, ending) =
        if let Some(stem) = name.strip_suffix("lds") { (stem, "Ids") } else { (name.strip_suffix("ld")?, "Id") };
    let last = stem.trim_end_matches('_').to_ascii_lowercase();
    STEMS.iter().any(|known| last.ends_with(known)).then(|| format!("{stem}{ending}"))
}

/// The nearest of some names, when it is near enough to have been meant.
pub(super) fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = if name.len() < 6 { 1 } else { 2 };
    names
        .into_iter()
        .map(|other| (distance(name, other), other))
        .filter(|(distance, _)| (1..=allowed).contains(distance))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other)
}

/// How many letters must be put in, taken out or changed; the case of a letter does not count, save that a difference
/// in case alone is one. Names too long to be mistyped are far from everything.
pub(super) fn distance(a: &str, b: &str) -> usize {
    if a.len() > 64 || b.len() > 64 || a.len().abs_diff(b.len()) > 3 {
        return usize::MAX;
    }
    let (low_a, low_b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
    if low_a == low_b {
        return usize::from(a != b);
    }
    let (a, b) = (low_a.as_bytes(), low_b.as_bytes());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let next = (corner + usize::from(x != y)).min(row[j] + 1).min(row[j + 1] + 1);
            corner = std::mem::replace(&mut row[j + 1], next);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_look_alike_are_told() {
        assert_eq!(meant("Userlds").as_deref(), Some("UserIds"));
        assert_eq!(meant("chatld").as_deref(), Some("chatId"));
        for name in ["fields", "holds", "build", "userIds", "world", "chat"] {
            assert_eq!(meant(name), None, "{name}");
        }
    }

    #[test]
    fn the_nearest_name_is_the_one_that_was_meant() {
        assert_eq!(nearest("errocode", ["errcode", "errmsg"]), Some("errcode"));
        assert_eq!(nearest("userids", ["userIds"]), Some("userIds"));
        assert_eq!(nearest("httpget", ["httpGet", "httpPut"]), Some("httpGet"));
        assert_eq!(nearest("chatid", ["errcode", "access_token"]), None);
        assert_eq!(nearest("errcode", ["errcode"]), None);
    }
}
