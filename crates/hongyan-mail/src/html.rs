//! HTML as plain text: the part beside it, for readers that show no HTML and for filters that want one.
//!
//! Not a browser: tags are dropped, blocks stand on lines of their own, links keep their addresses, entities are read.
//! O(n) in the HTML's length, whatever it holds.

/// Whether a text holds a tag or an entity.
#[must_use]
pub fn has_markup(body: &str) -> bool {
    let last_end = body.rfind('>').unwrap_or(0);
    let tag = body.match_indices('<').any(|(at, _)| at < last_end && begins_tag(&body[at + 1..]));
    tag || body.match_indices('&').any(|(at, _)| entity(&body[at..]).is_some())
}

fn begins_tag(rest: &str) -> bool {
    rest.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!'))
}

/// The words of HTML.
#[must_use]
pub fn plain_of(html: &str) -> String {
    let mut text = Text { out: String::with_capacity(html.len() / 2), as_is: false, link: None };
    let mut rest = html;
    let last_end = html.rfind('>').unwrap_or(0);
    while let Some(next) = rest.find(['<', '&']) {
        text.push(&rest[..next]);
        rest = &rest[next..];
        if let Some((letter, length)) = entity(rest) {
            text.out.push(letter);
            rest = &rest[length..];
            continue;
        }
        let at = html.len() - rest.len();
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.split_once("-->").map_or("", |(_, behind)| behind);
            continue;
        }
        let tag = rest.strip_prefix('<').filter(|tag| at < last_end && begins_tag(tag));
        let Some((tag, behind)) = tag.and_then(|tag| tag.split_once('>')) else {
            text.push(&rest[..1]);
            rest = &rest[1..];
            continue;
        };
        rest = behind;
        let name: String = tag.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '/').collect();
        let name = name.to_ascii_lowercase();
        match name.trim_end_matches('/') {
            "script" | "style" | "head" | "title" => rest = behind_end(rest, &name),
            name => text.tag(name, tag),
        }
    }
    text.push(rest);
    text.out.trim().to_owned()
}

struct Text {
    out: String,
    /// Inside `<pre>`.
    as_is: bool,
    /// The address of the link that is open, and where its words begin.
    link: Option<(String, usize)>,
}

impl Text {
    fn tag(&mut self, name: &str, tag: &str) {
        match name {
            "pre" => self.as_is = true,
            "/pre" => self.as_is = false,
            "br" => self.out.push('\n'),
            "a" => self.link = attribute(tag, "href").map(|address| (address, self.out.len())),
            "/a" => self.end_link(),
            "img" => self.push(&attribute(tag, "alt").unwrap_or_default()),
            "td" | "th" if !self.out.ends_with('\n') && !self.out.is_empty() => self.out.push(' '),
            "li" => {
                self.break_line();
                self.out.push_str("- ");
            }
            "p" | "/p" | "div" | "/div" | "tr" | "/tr" | "/li" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "/h1"
            | "/h2" | "/h3" | "/h4" | "/h5" | "/h6" | "table" | "/table" | "ul" | "/ul" | "ol" | "/ol" | "hr"
            | "blockquote" | "/blockquote" => self.break_line(),
            _ => {}
        }
    }

    fn break_line(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    /// The address behind a link's words, where they are not the address themselves.
    fn end_link(&mut self) {
        let Some((address, from)) = self.link.take() else { return };
        let words = self.out.get(from..).unwrap_or_default().trim();
        let goes_somewhere = ["http://", "https://"].iter().any(|scheme| address.starts_with(scheme));
        if goes_somewhere && words != address {
            let gap = if words.is_empty() { "" } else { " " };
            self.out.push_str(&format!("{gap}({address})"));
        }
    }

    /// Text between tags: runs of white space are one space, outside `<pre>`.
    fn push(&mut self, piece: &str) {
        if self.as_is {
            self.out.push_str(piece);
            return;
        }
        for letter in piece.chars() {
            if !letter.is_ascii_whitespace() {
                self.out.push(letter);
            } else if !self.out.is_empty() && !self.out.ends_with([' ', '\n']) {
                self.out.push(' ');
            }
        }
    }
}

/// The value of a tag's attribute, its entities read.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let at = tag
        .as_bytes()
        .windows(name.len() + 1)
        .position(|seen| seen[0].is_ascii_whitespace() && seen[1..].eq_ignore_ascii_case(name.as_bytes()))?;
    let value = tag.get(at + 1 + name.len()..)?.trim_start().strip_prefix('=')?.trim_start();
    let value = match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split(quote).next()?,
        _ => value.split_ascii_whitespace().next()?,
    };
    let mut read = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(next) = rest.find('&') {
        read.push_str(&rest[..next]);
        rest = &rest[next..];
        let (letter, length) = entity(rest).unwrap_or(('&', 1));
        read.push(letter);
        rest = &rest[length..];
    }
    read.push_str(rest);
    Some(read)
}

/// Behind the end of an element whose content is no text.
fn behind_end<'a>(rest: &'a str, name: &str) -> &'a str {
    let end = format!("</{name}");
    let found = rest.as_bytes().windows(end.len()).position(|seen| seen.eq_ignore_ascii_case(end.as_bytes()));
    let Some(at) = found else { return "" };
    rest[at..].split_once('>').map_or("", |(_, behind)| behind)
}

/// The character that an entity at the head of a text stands for, and the entity's length.
fn entity(text: &str) -> Option<(char, usize)> {
    let inner = text.strip_prefix('&')?;
    let end = inner.bytes().take(10).position(|byte| byte == b';')?;
    let name = &inner[..end];
    let letter = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" | "ensp" | "emsp" | "thinsp" => ' ',
        "hellip" => '…',
        "mdash" => '—',
        "ndash" => '–',
        "middot" => '·',
        "bull" => '•',
        "ldquo" => '“',
        "rdquo" => '”',
        "lsquo" => '‘',
        "rsquo" => '’',
        "laquo" => '«',
        "raquo" => '»',
        "times" => '×',
        "deg" => '°',
        "yen" => '¥',
        "euro" => '€',
        "copy" => '©',
        "reg" => '®',
        "larr" => '←',
        "rarr" => '→',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|c| !c.is_control() || *c == '\n')?
        }
    };
    Some((letter, end + 2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn markup_is_told_from_text() {
        for (body, markup) in [
            ("plain", false),
            ("1 < 2 and 3 > 2", false),
            ("R&D; a & b", false),
            ("a<br>b", true),
            ("<pre>x</pre>", true),
            ("a &lt; b", true),
            ("<", false),
            ("a <b", false),
        ] {
            assert_eq!(has_markup(body), markup, "{body}");
        }
    }

    #[test]
    fn html_has_a_plain_form() {
        for (html, text) in [
            ("<pre>a  b\n c</pre>", "a  b\n c"),
            ("a<br>b<br/>c", "a\nb\nc"),
            ("<p>one</p>\n<p>two  words</p>", "one\ntwo words"),
            ("<style>p{}</style><b>x</b>&nbsp;&#40511;&#x1F9BF;", "x 鸿🦿"),
            ("<TITLE>no</Title><STYLE>a>b</sTYLE>x", "x"),
            ("<!-- a > b -->x", "x"),
            ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
            ("<ul><li>甲</li><li>乙</li></ul>后", "- 甲\n- 乙\n后"),
            (
                r#"看<a class=x href="https://a.example/?a=1&amp;b=2">看板</a>。"#,
                "看看板 (https://a.example/?a=1&b=2)。",
            ),
            ("<a href=https://a.example>https://a.example</a>", "https://a.example"),
            ("<a href='javascript:x()'>点</a><a data-href=https://a.example>无</a>", "点无"),
            (r#"<a href="https://a.example"><img alt="图" src="x"></a>"#, "图 (https://a.example)"),
            ("a < b &unknown; <unfinished", "a < b &unknown; <unfinished"),
        ] {
            assert_eq!(plain_of(html), text, "{html}");
        }
    }

    proptest! {
        #[test]
        fn any_html_has_one(html in "([<>/&;a-z\"'= \n]|<a href=|</a>|<style>|</style>|<!--|-->|&lt;|李){0,60}") {
            let text = plain_of(&html);
            prop_assert!(text.len() <= html.len() * 2 + 16);
        }
    }
}
