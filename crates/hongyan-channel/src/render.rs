//! From the portable content to words: what several channels share.

use crate::table_view;
use hongyan_core::{
    Address, AddressKind, Bilingual, Card, Content, Flaw, Link, Reason, RecipientState, Target, TargetResult,
    Templated, Unfit, bilingual,
};
use hongyan_endpoint::Platform;
use hongyan_text::{Dialect, Form, TooLong, grid::literal, split_measured};
use serde_json::Value;
use std::borrow::Cow;

/// Most parts of one message: whoever gets more is not informed but flooded.
const MOST_PARTS: usize = 20;

/// The words of a text message: the title, where there is one, is the first line.
pub(crate) fn plain(content: &Content) -> Cow<'_, str> {
    let text = content.text.as_deref().unwrap_or_default();
    match &content.title {
        Some(title) => Cow::Owned(format!("{title}\n{text}")),
        None => Cow::Borrowed(text),
    }
}

/// The field of `content` that holds its form.
pub(crate) fn form(content: &Content) -> &'static str {
    match content.form() {
        Ok(Templated::Ready(form)) => form.name(),
        _ => "",
    }
}

/// What a platform refuses of an object that was made of this content, or of the platform's own.
pub(crate) fn unfit<P: Platform>(content: &Content, kind: &Bilingual, refused: Unfit) -> Unfit {
    let known = P::error_code(refused.code);
    let refused = refused.explained(known);
    let field = refused.field.clone();
    if content.native.is_none() {
        let Bilingual { en, zh } = kind;
        let subject = bilingual!("as a {en}, {field}"; "作为{zh}，{field}");
        return refused.of(subject).at(form(content));
    }
    // The whole object has no path of its own.
    let field = if field == "msg" { "native".into() } else { format!("native.{field}") };
    refused.at(field)
}

/// Markdown in a dialect, below its title as a heading: DingTalk shows its own in the list of chats alone, WeCom has
/// none. Words that begin with the title need no second one.
pub(crate) fn titled(title: Option<&str>, markdown: &str, dialect: Dialect) -> String {
    let words = hongyan_text::render(markdown, dialect);
    let Some(title) = title.map(str::trim).filter(|title| !title.is_empty() && *title != table_view::UNTITLED) else {
        return words;
    };
    if begins_with(markdown, title) {
        return words;
    }
    let (level, gap) = if dialect == Dialect::DingTalk { ("###", "\n\n") } else { ("#", "\n") };
    let heading = format!("{level} {}", literal(&title.replace(['\r', '\n'], " ")));
    format!("{}{gap}{words}", hongyan_text::render(&heading, dialect))
}

/// Whether the first line of words is the title or goes on from it, brackets and emoji before them aside. The number of
/// a part is no line of its own.
fn begins_with(markdown: &str, title: &str) -> bool {
    // No more is looked at than the beginning, whatever it is marked with.
    let head: Vec<&str> = markdown.lines().filter(|line| !line.trim().is_empty()).take(3).collect();
    let plain = hongyan_text::render(&head.join("\n\n"), Dialect::Plain);
    let number = |line: &str| {
        let inside = line.strip_prefix('(').and_then(|line| line.strip_suffix(')'));
        inside.is_some_and(|inside| inside.contains('/') && inside.bytes().all(|b| b.is_ascii_digit() || b == b'/'))
    };
    let first = plain.lines().map(str::trim).find(|line| !line.is_empty() && !number(line)).unwrap_or_default();
    let words = |text: &str| text.trim_start_matches(|c: char| !c.is_alphanumeric()).to_owned();
    let (line, title) = match (words(first), words(title)) {
        (_, empty) if empty.is_empty() => (first.to_owned(), title.to_owned()),
        both => both,
    };
    // `Title` does not begin with `T`.
    let latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    line.strip_prefix(title.as_str())
        .is_some_and(|rest| !(latin(title.chars().next_back()) && latin(rest.chars().next())))
}

/// Recipients whom a robot's message of this kind cannot mention: the group has it, and they are not called.
pub(crate) fn unmentioned(targets: &[Target], can: impl Fn(&Address) -> bool) -> Vec<TargetResult> {
    let wanted = |address: &Address| match address.kind {
        AddressKind::All => address.mentions_all(),
        _ => true,
    };
    let missed = targets.iter().filter(|target| wanted(&target.address) && !can(&target.address));
    let result = |target: &Target| TargetResult {
        index: target.index,
        state: RecipientState::Sent,
        reason: Some(Reason::ours("not_mentioned")),
    };
    missed.map(result).collect()
}

/// Recipients of a call that is only planned.
pub(crate) fn planned(to: &[Address]) -> Vec<Target> {
    (0..).zip(to).map(|(index, address)| Target { index, address: address.clone(), resolved: None }).collect()
}

/// A link's target with nothing in it that would end it.
fn target(url: &str) -> String {
    url.replace('\\', "%5C").replace('<', "%3C").replace('>', "%3E")
}

/// A page as CommonMark: head line, words, picture.
pub(crate) fn page(link: &Link) -> String {
    let title = literal(&link.title.split_whitespace().collect::<Vec<_>>().join(" "));
    let mut out = format!("**[{title}](<{}>)**", target(&link.url));
    for line in link.text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        out.push_str(&format!("\n\n{}", literal(line)));
    }
    if let Some(picture) = &link.picture {
        out.push_str(&format!("\n\n![](<{}>)", target(picture)));
    }
    out
}

/// Several pages as CommonMark, below one another.
pub(crate) fn pages(links: &[Link]) -> String {
    links.iter().map(page).collect::<Vec<_>>().join("\n\n")
}

/// A card as CommonMark: its words, then its buttons as links, each on a line of its own.
pub(crate) fn linked(card: &Card) -> String {
    let title = |title: &str| literal(&title.split_whitespace().collect::<Vec<_>>().join(" "));
    let buttons = card.buttons.iter().map(|button| format!("[{}](<{}>)", title(&button.title), target(&button.url)));
    std::iter::once(card.markdown.clone()).chain(buttons).collect::<Vec<_>>().join("\n\n")
}

/// The content with something added to its text.
pub(crate) fn suffixed<'a>(content: &'a Content, suffix: &str) -> Cow<'a, Content> {
    if suffix.is_empty() {
        return Cow::Borrowed(content);
    }
    let mut content = content.clone();
    let card = content.card.as_mut().map(|card| &mut card.markdown);
    let link = content.link.as_mut().map(|link| &mut link.text);
    for words in [content.text.as_mut(), content.markdown.as_mut(), card, link].into_iter().flatten() {
        words.push_str(suffix);
    }
    if content.table.is_some() && content.text.is_none() {
        content.text = Some(suffix.trim().to_owned());
    }
    Cow::Owned(content)
}

/// The content as one call each, where a call holds `limit` bytes of what `measure` measures. Text and markdown are
/// split; other forms must fit. `kind` is what a call is called in an error.
///
/// # Errors
/// [`Unfit`] naming the form.
pub(crate) fn parts<'a>(
    content: &'a Content,
    suffix: &str,
    kind: &Bilingual,
    limit: Option<usize>,
    measure: impl Fn(&Content) -> usize,
) -> Result<Vec<Cow<'a, Content>>, Unfit> {
    let whole = suffixed(content, suffix);
    let size = measure(&whole);
    let Some(limit) = limit.filter(|limit| size > *limit) else { return Ok(vec![whole]) };
    let unfit = |field: &'static str, flaw: Flaw| {
        let Bilingual { en, zh } = kind;
        Err(Unfit::new(field, flaw).of(bilingual!("as a {en}"; "作为{zh}")))
    };
    let (field, form, words) = match (&content.native, &content.markdown, &content.text) {
        (None, Some(markdown), _) => ("markdown", Form::Markdown, markdown),
        (None, None, Some(text)) => ("text", Form::Text, text),
        _ => return unfit(self::form(content), Flaw::bytes(size, limit)),
    };
    let with = |words: &str| {
        let words = Some(format!("{words}{suffix}"));
        let (text, markdown) = if form == Form::Text { (words, None) } else { (None, words) };
        Content { title: content.title.clone(), text, markdown, ..Content::default() }
    };
    match split_measured(words, form, limit, |part| measure(&with(part))) {
        Ok(parts) if parts.len() > MOST_PARTS => {
            let count = parts.len();
            let why = bilingual!(
                "takes {size} bytes, which are {count} parts, at most {MOST_PARTS} of {limit} bytes are sent: link to the rest";
                "占 {size} 字节，须分 {count} 条，最多发送 {MOST_PARTS} 条、每条 {limit} 字节：其余请用链接"
            );
            unfit(field, Flaw::Unfit(why))
        }
        Ok(parts) => Ok(parts.iter().map(|part| Cow::Owned(with(part))).collect()),
        Err(TooLong { size, limit }) => unfit(
            field,
            Flaw::Unfit(bilingual!(
                "holds a link, a line of code, a table's row or a title that cannot be split and takes {size} bytes of UTF-8, at most {limit} are allowed: shorten it";
                "含有不可拆分的链接、代码行、表格行或标题，占 {size} 字节（UTF-8），最多允许 {limit} 字节：请缩短"
            )),
        ),
    }
}

/// What came by the platform's own path, in parts within `limit`: the words of the message's object, which stand in one
/// of `kinds` (`msgtype`, member, form). Whole where it fits, where it has no such words, and where they cannot be
/// split: then the platform judges it.
pub(crate) fn given<'a>(
    content: &'a Content,
    kinds: &[(&str, &str, Form)],
    limit: Option<usize>,
    measure: impl Fn(&Content) -> usize,
) -> Vec<Cow<'a, Content>> {
    let whole = || vec![Cow::Borrowed(content)];
    let Some(native) = content.native.as_ref() else { return whole() };
    let kind = native.get("msgtype").and_then(Value::as_str).unwrap_or_default();
    let Some((kind, member, form)) = kinds.iter().find(|(known, ..)| *known == kind) else { return whole() };
    let Some(words) = native[kind][member].as_str() else { return whole() };
    let Some(limit) = limit.filter(|limit| measure(content) > *limit) else { return whole() };
    let with = |words: &str| {
        let mut part = content.clone();
        if let Some(place) = part.native.as_mut().and_then(|native| native.get_mut(kind)?.get_mut(member)) {
            *place = words.into();
        }
        part
    };
    match split_measured(words, *form, limit, |part| measure(&with(part))) {
        Ok(parts) if parts.len() <= MOST_PARTS => parts.iter().map(|part| Cow::Owned(with(part))).collect(),
        _ => whole(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: Bilingual = Bilingual::fixed("sample", "样例");

    fn text(text: &str) -> Content {
        Content { text: Some(text.into()), ..Content::default() }
    }

    fn size(content: &Content) -> usize {
        plain(content).len()
    }

    fn cut<'a>(content: &'a Content, suffix: &str, limit: usize) -> Result<Vec<Cow<'a, Content>>, Unfit> {
        parts(content, suffix, &SAMPLE, Some(limit), size)
    }

    #[test]
    fn a_title_stands_above_the_words_unless_they_begin_with_it() {
        for (title, markdown, ding, wecom) in [
            (Some("磁盘告警"), "**91 %**", "### 磁盘告警\n\n**91 %**", "# 磁盘告警\n**91 %**"),
            (Some("磁盘告警"), "## 磁盘告警 P1\n91 %", "## 磁盘告警 P1\n\n91 %", "## 磁盘告警 P1\n\n91 %"),
            (Some("磁盘告警"), "**【磁盘告警】**91 %", "**【磁盘告警】**91 %", "**【磁盘告警】**91 %"),
            (Some("磁盘告警"), "有磁盘告警", "### 磁盘告警\n\n有磁盘告警", "# 磁盘告警\n有磁盘告警"),
            (Some("T"), "# T\n正文", "# T\n\n正文", "# T\n\n正文"),
            (Some("T"), "(1/2)\n\n# T\n正文", "(1/2)\n\n# T\n\n正文", "(1/2)\n\n# T\n\n正文"),
            (Some("T"), "Top 5", "### T\n\nTop 5", "# T\nTop 5"),
            (Some("🔥"), "🔥 x", "🔥 x", "🔥 x"),
            (Some("a_b* 1. c"), "x", "### a_b* 1. c\n\nx", "# a_b* 1. c\nx"),
            (Some(" "), "x", "x", "x"),
            (None, "x", "x", "x"),
        ] {
            assert_eq!(titled(title, markdown, Dialect::DingTalk), ding, "{title:?}");
            for dialect in [Dialect::WeCom, Dialect::WeComV2] {
                assert_eq!(titled(title, markdown, dialect), wecom, "{title:?}");
            }
        }
    }

    #[test]
    fn what_fits_is_one_part_and_is_not_copied() {
        let content = text("short");
        let parts = cut(&content, "", 10).unwrap();
        assert!(matches!(parts[..], [Cow::Borrowed(_)]));
        assert_eq!(cut(&content, "!", 10).unwrap()[0].text.as_deref(), Some("short!"));
    }

    #[test]
    fn a_long_text_is_numbered_and_every_part_has_title_and_suffix() {
        let content = Content { title: Some("T".into()), ..text(&"words ".repeat(20)) };
        let parts = cut(&content, "!", 60).unwrap();
        let of = parts.len();
        assert!(of > 2);
        for (part, n) in parts.iter().zip(1..) {
            let text = part.text.as_deref().unwrap();
            assert!(text.starts_with(&format!("({n}/{of})\nwords")) && text.ends_with('!'), "{text}");
            assert!(size(part) <= 60 && part.title.as_deref() == Some("T"));
        }
        assert_eq!(parts, cut(&content, "!", 60).unwrap(), "the same at every attempt");
    }

    #[test]
    fn what_was_given_is_split_in_its_own_words_or_left_whole() {
        const KINDS: [(&str, &str, Form); 1] = [("text", "content", Form::Text)];
        let native = |words: &str| Content {
            native: Some(serde_json::json!({"msgtype": "text", "text": {"content": words}, "safe": 1})),
            given: Some(serde_json::Map::new()),
            ..Content::default()
        };
        let size = |content: &Content| content.native.as_ref().unwrap()["text"]["content"].as_str().map_or(0, str::len);
        let long = native(&"words ".repeat(20));
        let parts = given(&long, &KINDS, Some(60), size);
        assert!(parts.len() > 1 && parts.iter().all(|part| size(part) <= 60 && part.given.is_some()));
        assert!(parts.iter().all(|part| part.native.as_ref().unwrap()["safe"] == 1), "the rest stays");
        let whole = |content: &Content, limit| matches!(given(content, &KINDS, limit, size)[..], [Cow::Borrowed(_)]);
        assert!(whole(&native("short"), Some(60)) && whole(&long, None));
        assert!(whole(&native(&"words ".repeat(5_000)), Some(60)), "a flood is the platform's to judge");
        let other = Content { native: Some(serde_json::json!({"msgtype": "image"})), ..Content::default() };
        assert!(matches!(given(&other, &KINDS, Some(0), |_| 9)[..], [Cow::Borrowed(_)]));
    }

    #[test]
    fn what_cannot_be_split_is_unfit() {
        let native = Content { native: Some(serde_json::json!({"a": 1})), ..Content::default() };
        assert_eq!(parts(&native, "", &SAMPLE, Some(5), |_| 9).unwrap_err().field, "native");
        let link = text(&format!("see https://example.com/{}", "a".repeat(90)));
        let error = cut(&link, "", 50).unwrap_err();
        assert!(error.field == "text" && error.text().en.contains("cannot be split"), "{error}");
        let flood = text(&"words ".repeat(1_000));
        assert!(cut(&flood, "", 60).unwrap_err().text().en.contains("parts"));
    }
}
