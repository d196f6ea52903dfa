//! Markdown as the HTML of a mail: nothing of the source is HTML, and styles stand inline, since mail programs drop
//! style sheets.

use crate::tree::{Block, Inline, MarkdownTable, is_harmless, words};
use pulldown_cmark::Alignment;

const BODY: &str = "font-family:sans-serif;line-height:1.6";
const QUOTE: &str = "margin:0;padding-left:1em;border-left:3px solid #ccc;color:#555";
const CODE: &str = "background:#f5f5f5;padding:8px;white-space:pre-wrap";
const TABLE: &str = "border-collapse:collapse";
const CELL: &str = "border:1px solid #ccc;padding:4px 8px";

/// The whole, in one `div`.
pub(crate) fn write(blocks: &[Block]) -> String {
    let mut out = format!("<div style=\"{BODY}\">\n");
    blocks.iter().for_each(|block| write_block(block, &mut out));
    out.push_str("</div>\n");
    out
}

fn write_block(block: &Block, out: &mut String) {
    match block {
        Block::Heading(level, line) => wrap(&format!("h{level}"), "", line, out),
        Block::Paragraph(line) => wrap("p", "", line, out),
        Block::Quote(inner) => {
            out.push_str(&format!("<blockquote style=\"{QUOTE}\">\n"));
            inner.iter().for_each(|block| write_block(block, out));
            out.push_str("</blockquote>\n");
        }
        Block::List(start, items) => write_list(*start, items, out),
        Block::Code(text) => out.push_str(&format!("<pre style=\"{CODE}\"><code>{}</code></pre>\n", escape(text))),
        Block::Table(table) => write_table(table, out),
        Block::Rule => out.push_str("<hr>\n"),
    }
}

fn wrap(tag: &str, attributes: &str, line: &[Inline], out: &mut String) {
    out.push_str(&format!("<{tag}{attributes}>{}</{tag}>\n", inlines(line)));
}

fn write_list(start: Option<u64>, items: &[Vec<Block>], out: &mut String) {
    let tag = if start.is_some() { "ol" } else { "ul" };
    match start {
        Some(first) if first != 1 => out.push_str(&format!("<ol start=\"{first}\">\n")),
        _ => out.push_str(&format!("<{tag}>\n")),
    }
    for item in items {
        out.push_str("<li>");
        let mut rest = item.as_slice();
        // The usual item is one line and needs no paragraph of its own.
        if let [Block::Paragraph(line), others @ ..] = rest {
            out.push_str(&inlines(line));
            rest = others;
        }
        rest.iter().for_each(|block| write_block(block, out));
        out.push_str("</li>\n");
    }
    out.push_str(&format!("</{tag}>\n"));
}

fn write_table(table: &MarkdownTable, out: &mut String) {
    out.push_str(&format!("<table style=\"{TABLE}\">\n"));
    for (i, row) in table.rows.iter().enumerate() {
        let tag = if i == 0 { "th" } else { "td" };
        out.push_str("<tr>");
        for (cell, alignment) in row.iter().zip(&table.columns) {
            let side = match alignment {
                Alignment::Center => ";text-align:center",
                Alignment::Right => ";text-align:right",
                Alignment::Left | Alignment::None => "",
            };
            out.push_str(&format!("<{tag} style=\"{CELL}{side}\">{}</{tag}>", inlines(cell)));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</table>\n");
}

fn inlines(line: &[Inline]) -> String {
    let mut out = String::new();
    for inline in line {
        match inline {
            Inline::Text(text) => out.push_str(&escape(text)),
            Inline::Code(text) => out.push_str(&format!("<code>{}</code>", escape(text))),
            Inline::Strong(inner) => out.push_str(&format!("<strong>{}</strong>", inlines(inner))),
            Inline::Emphasis(inner) => out.push_str(&format!("<em>{}</em>", inlines(inner))),
            Inline::Strike(inner) => out.push_str(&format!("<del>{}</del>", inlines(inner))),
            Inline::Colour(colour, inner) => match &colour.css {
                Some(css) => out.push_str(&format!("<span style=\"color:{css}\">{}</span>", inlines(inner))),
                None => out.push_str(&inlines(inner)),
            },
            Inline::Link(url, inner) if has_scheme(url, &["http:", "https:", "mailto:"]) => {
                let label = if inner.is_empty() { escape(url) } else { inlines(inner) };
                out.push_str(&format!("<a href=\"{}\">{label}</a>", escape(url)));
            }
            Inline::Link(_, inner) => out.push_str(&inlines(inner)),
            Inline::Image(url, alt) if has_scheme(url, &["http:", "https:"]) => {
                out.push_str(&format!("<img src=\"{}\" alt=\"{}\">", escape(url), escape(&words(alt))));
            }
            Inline::Image(_, alt) => out.push_str(&escape(&words(alt))),
            Inline::Break => out.push_str("<br>\n"),
        }
    }
    out
}

fn has_scheme(url: &str, schemes: &[&str]) -> bool {
    let starts = |scheme: &&str| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    is_harmless(url) && schemes.iter().any(starts)
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}
