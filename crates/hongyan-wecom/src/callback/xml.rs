//! The XML of callbacks: elements with text, nothing else. Attributes and comments are passed over; a document type
//! and entities other than XML's own five are refused, so nothing is ever expanded.

use quick_xml::{Reader, events::Event};

/// The largest document that is read, in bytes.
pub const MAX_BYTES: usize = 1 << 20;
/// The deepest nesting that is read.
pub const MAX_DEPTH: usize = 16;
/// The most elements of one document.
pub const MAX_ELEMENTS: usize = 4_096;

/// An element: its own text, and what is inside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    /// As it stands, case included.
    pub name: String,
    /// All its text, joined; blank text around children is dropped.
    pub text: String,
    /// In order; names may repeat.
    pub children: Vec<Element>,
}

/// Not a document that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unreadable;

impl Element {
    /// An element that holds text.
    #[must_use]
    pub fn text(name: &str, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), children: Vec::new() }
    }

    /// An element that holds others.
    #[must_use]
    pub fn of(name: &str, children: Vec<Self>) -> Self {
        Self { name: name.into(), text: String::new(), children }
    }

    /// The text of a child, the first of its name; empty when there is none.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.children.iter().find(|child| child.name == name).map_or("", |child| child.text.as_str())
    }

    /// Takes a child out, the first of its name.
    pub(super) fn take(&mut self, name: &str) -> Option<Self> {
        let at = self.children.iter().position(|child| child.name == name)?;
        Some(self.children.remove(at))
    }

    /// Takes a child's text out; empty when there is none.
    pub(super) fn take_text(&mut self, name: &str) -> String {
        self.take(name).map(|child| child.text).unwrap_or_default()
    }

    /// Reads a document with one root.
    pub(super) fn read(document: &str) -> Result<Self, Unreadable> {
        if document.len() > MAX_BYTES {
            return Err(Unreadable);
        }
        let mut reader = Reader::from_str(document.trim_start_matches('\u{feff}'));
        let mut open: Vec<Self> = Vec::new();
        let mut root = None;
        let mut count = 0;
        loop {
            match reader.read_event().map_err(|_| Unreadable)? {
                Event::Start(start) => {
                    count += 1;
                    if root.is_some() || open.len() >= MAX_DEPTH || count > MAX_ELEMENTS {
                        return Err(Unreadable);
                    }
                    open.push(Self::text(name(start.name().as_ref())?, ""));
                }
                Event::Empty(start) => {
                    count += 1;
                    let Some(parent) = open.last_mut().filter(|_| count <= MAX_ELEMENTS) else {
                        return Err(Unreadable);
                    };
                    parent.children.push(Self::text(name(start.name().as_ref())?, ""));
                }
                Event::End(_) => {
                    let mut element = open.pop().ok_or(Unreadable)?;
                    if !element.children.is_empty() && element.text.trim().is_empty() {
                        element.text.clear();
                    }
                    match open.last_mut() {
                        Some(parent) => parent.children.push(element),
                        None => root = Some(element),
                    }
                }
                Event::Text(text) => {
                    let text = text.decode().map_err(|_| Unreadable)?;
                    match open.last_mut() {
                        Some(element) => element.text.push_str(&text),
                        None if text.trim().is_empty() => {}
                        None => return Err(Unreadable),
                    }
                }
                Event::CData(text) => {
                    let text = text.decode().map_err(|_| Unreadable)?;
                    open.last_mut().ok_or(Unreadable)?.text.push_str(&text);
                }
                Event::GeneralRef(reference) => {
                    let c = match reference.resolve_char_ref().map_err(|_| Unreadable)? {
                        Some(c) => c,
                        None => match reference.decode().map_err(|_| Unreadable)?.as_ref() {
                            "lt" => '<',
                            "gt" => '>',
                            "amp" => '&',
                            "quot" => '"',
                            "apos" => '\'',
                            _ => return Err(Unreadable),
                        },
                    };
                    open.last_mut().ok_or(Unreadable)?.text.push(c);
                }
                Event::DocType(_) => return Err(Unreadable),
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
                Event::Eof => return root.filter(|_| open.is_empty()).ok_or(Unreadable),
            }
        }
    }

    /// The document as the platform writes it: numbers bare, texts as CDATA.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let mut xml = String::new();
        self.write(&mut xml);
        xml
    }

    fn write(&self, xml: &mut String) {
        let bare = self.text.bytes().all(|byte| byte.is_ascii_digit());
        xml.push('<');
        xml.push_str(&self.name);
        xml.push('>');
        if bare {
            xml.push_str(&self.text);
        } else {
            // XML knows no way to write control characters.
            let text: String =
                self.text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t')).collect();
            xml.push_str("<![CDATA[");
            xml.push_str(&text.replace("]]>", "]]]]><![CDATA[>"));
            xml.push_str("]]>");
        }
        for child in &self.children {
            child.write(xml);
        }
        xml.push_str("</");
        xml.push_str(&self.name);
        xml.push('>');
    }
}

fn name(bytes: &[u8]) -> Result<&str, Unreadable> {
    std::str::from_utf8(bytes).map_err(|_| Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let document = Element::of(
            "xml",
            vec![
                Element::text("Content", "a]]>b <c> & 早\n"),
                Element::text("CreateTime", "1700000001"),
                Element::of("List", vec![Element::text("Item", "x"), Element::text("Item", "")]),
            ],
        );
        assert_eq!(Element::read(&document.to_xml()).unwrap(), document);
    }

    #[test]
    fn the_five_entities_and_character_references_are_read() {
        let read =
            Element::read("<?xml version=\"1.0\"?><!-- c --><xml a=\"b\"><T> a&lt;&amp;&#x65E9; </T><E/></xml>\n");
        let read = read.unwrap();
        assert_eq!((read.get("T"), read.get("E"), read.get("None")), (" a<&早 ", "", ""));
    }

    #[test]
    fn what_could_grow_or_is_no_document_is_refused() {
        let deep = |n: usize| format!("{}{}", "<a>".repeat(n), "</a>".repeat(n));
        assert!(Element::read(&deep(MAX_DEPTH)).is_ok());
        let wide = format!("<a>{}</a>", "<b/>".repeat(MAX_ELEMENTS));
        let large = format!("<a>{}</a>", "x".repeat(MAX_BYTES));
        for bad in [
            "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
            "<!DOCTYPE a><a/>",
            "<a>&b;</a>",
            "<a>&#0;</a>",
            "<a>",
            "</a>",
            "<a></b>",
            "<a></a><b></b>",
            "x<a></a>",
            "",
            "{}",
            &deep(MAX_DEPTH + 1),
            &deep(100_000),
            &wide,
            &large,
        ] {
            assert!(Element::read(bad).is_err(), "{}", &bad[..bad.len().min(60)]);
        }
    }
}
