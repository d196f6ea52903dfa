//! The table as a page to read. Everything is in it: no script, no image, no other address.

use crate::{Code, FACADE, ROUTES, Route};
use std::fmt::Write;

/// The page's one style sheet, exactly as it stands between its tags: for the hash in a content security policy.
pub const STYLE: &str = "\
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem}\
h1 small{font-weight:400;opacity:.6}section{border-top:1px solid #8884;padding:.6rem 0}\
code{font:.92em ui-monospace,monospace;background:#8882;border-radius:3px;padding:.1em .3em}\
.m{font-weight:700;margin-right:.5em}.s{float:right;opacity:.7}table{border-collapse:collapse;margin:.4rem 0}\
td{border:1px solid #8884;padding:.15rem .5rem;vertical-align:top}p{margin:.3rem 0}pre{overflow:auto;background:#8882;padding:.6rem}";

const EXAMPLE: &str = r#"{ "to": [{"mobile": "13800000001"}, {"userid": "zhangsan"}, {"email": "li@example.com"}],
  "via": ["ding", "wecom", "mail"],
  "content": {"title": "报警", "markdown": "**磁盘** 91 %"},
  "labels": {"app": "ops"} }"#;

/// The page, as HTML.
#[must_use]
pub fn page() -> String {
    let mut html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>hongyan</title><style>{STYLE}</style></head><body>\
         <h1>hongyan 鸿雁 <small>{}</small></h1>\
         <p>Send <code>Authorization: Bearer hy_…</code>. Schemas: <a href=\"/openapi.json\">/openapi.json</a>.</p>\
         <p>请求头带 <code>Authorization: Bearer hy_…</code>；数据结构见 <a href=\"/openapi.json\">/openapi.json</a>。</p>\
         <pre>{}</pre>",
        env!("CARGO_PKG_VERSION"),
        escape(EXAMPLE),
    );
    for route in ROUTES {
        section(&mut html, route);
    }
    html.push_str("<section><h2>Facade 简化接口</h2><table>");
    for route in FACADE {
        let params: Vec<String> = route.params.iter().map(|param| format!("<code>{}</code>", param.name)).collect();
        let path = format!("POST <code>{}</code>", escape(route.path));
        row(&mut html, &[&path, &params.join(" "), &marked(route.summary_en), &marked(route.summary_zh)]);
    }
    html.push_str("</table></section><section><h2>Problems 错误</h2><table>");
    for code in Code::EVERY {
        row(
            &mut html,
            &[&format!("<code>{}</code>", code.name()), &code.status().to_string(), code.title(), code.title_zh()],
        );
    }
    html.push_str("</table></section></body></html>\n");
    html
}

fn section(html: &mut String, route: &Route) {
    let scope = route.scope.map_or("no key 无需密钥".to_owned(), |scope| format!("scope: {}", scope.name()));
    // Writing to a String cannot fail.
    let _ = write!(
        html,
        "<section id=\"{id}\"><span class=\"s\">{scope}</span><p><span class=\"m\">{method}</span><code>{path}</code></p>\
         <p>{en}</p><p>{zh}</p>",
        id = route.operation.name(),
        method = route.method.name(),
        path = escape(route.path),
        en = marked(route.summary_en),
        zh = marked(route.summary_zh),
    );
    if !route.query.is_empty() {
        html.push_str("<table>");
        for param in route.query {
            row(html, &[&format!("<code>?{}=</code>", escape(param.name)), &marked(param.en), &marked(param.zh)]);
        }
        html.push_str("</table>");
    }
    html.push_str("<table>");
    for answer in route.answers() {
        let codes: Vec<String> = answer.codes.iter().map(|code| format!("<code>{}</code>", code.name())).collect();
        row(html, &[&answer.status.to_string(), &marked(answer.en), &codes.join(" ")]);
    }
    html.push_str("</table></section>");
}

fn row(html: &mut String, cells: &[&str]) {
    html.push_str("<tr>");
    for cell in cells {
        let _ = write!(html, "<td>{cell}</td>");
    }
    html.push_str("</tr>");
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Escapes, and turns what stands between back ticks into code.
fn marked(text: &str) -> String {
    escape(text)
        .split('`')
        .enumerate()
        .map(|(i, part)| if i % 2 == 1 { format!("<code>{part}</code>") } else { part.to_owned() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_every_route_and_fetches_nothing() {
        let page = page();
        for route in ROUTES {
            assert!(page.contains(&format!("id=\"{}\"", route.operation.name())));
        }
        for outside in ["<script", "<img", "src=", "http://", "https://", "@import"] {
            assert!(!page.contains(outside), "{outside}");
        }
    }
}
