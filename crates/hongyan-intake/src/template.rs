//! Templates: compiled at the start, filled with a message's `data`, bounded in work and in size.
//!
//! Data means itself: in HTML and in Markdown its marks are escaped, unless a template says `{{ value | safe }}`. What is
//! no text is written as JSON writes it.

use hongyan_api::{Code, Problem};
use hongyan_core::{Bilingual, Content, bilingual};
use hongyan_endpoint::Invalid;
use hongyan_text::data;
use minijinja::{AutoEscape, Environment, ErrorKind, Output, State, UndefinedBehavior};
use serde::Deserialize;
use serde_json::Value;
use std::{borrow::Cow, collections::BTreeMap, io};

/// Instructions that one field may take.
const FUEL: u64 = 200_000;
/// Bytes that one field may fill.
const MAX_BYTES: usize = 1024 * 1024;

/// A content with gaps.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateConfig {
    /// As [`Content::title`].
    pub title: Option<String>,
    /// As [`Content::text`].
    pub text: Option<String>,
    /// As [`Content::markdown`].
    pub markdown: Option<String>,
    /// As [`Content::html`].
    pub html: Option<String>,
}

impl TemplateConfig {
    /// The forms, by field.
    fn forms(&self) -> [(&'static str, Option<&str>); 4] {
        [
            ("title", self.title.as_deref()),
            ("text", self.text.as_deref()),
            ("markdown", self.markdown.as_deref()),
            ("html", self.html.as_deref()),
        ]
    }

    /// What can be said of it without its data.
    ///
    /// # Errors
    /// The field, and what is wrong with it.
    pub fn validate(&self) -> Result<(), Invalid> {
        let content = Content {
            title: self.title.clone(),
            text: self.text.clone(),
            markdown: self.markdown.clone(),
            html: self.html.clone(),
            ..Content::default()
        };
        content.form().map_err(|unfit| Invalid::unfit(unfit.field.clone(), unfit.text()))?;
        for (field, source) in self.forms() {
            if let Some(source) = source {
                let environment = environment();
                let compiled = environment.template_from_str(source).map(drop);
                compiled.map_err(|e| Invalid::unfit(field, bilingual!("is not a template: {e}"; "不是模板：{e}")))?;
                check(&environment, source).map_err(|why| Invalid::unfit(field, why))?;
            }
        }
        Ok(())
    }
}

/// Every configured template.
pub struct Templates {
    environment: Environment<'static>,
    /// By name, the fields that are given.
    fields: BTreeMap<String, Vec<&'static str>>,
}

impl Templates {
    /// Compiles all of them.
    ///
    /// # Errors
    /// What the template engine says, with the template's name.
    pub fn compile(templates: &BTreeMap<String, TemplateConfig>) -> Result<Self, String> {
        let mut environment = environment();
        let mut fields = BTreeMap::new();
        for (name, template) in templates {
            let mut given = Vec::new();
            for (field, source) in template.forms() {
                let Some(source) = source else { continue };
                environment
                    .add_template_owned(inner_name(name, field), source.to_owned())
                    .map_err(|e| format!("templates.{name}.{field}: {e}"))?;
                check(&environment, source).map_err(|words| format!("templates.{name}.{field}: {words}"))?;
                given.push(field);
            }
            fields.insert(name.clone(), given);
        }
        Ok(Self { environment, fields })
    }

    /// The content that a template becomes with its data.
    pub(crate) fn fill(&self, name: &str, content: Content) -> Result<Content, Problem> {
        let Some(fields) = self.fields.get(name) else {
            return Err(Problem::new(
                Code::InvalidField,
                format!("no template is called {name:?}"),
                format!("没有名为 {name:?} 的模板"),
            )
            .at("content.template"));
        };
        let data = content.data.unwrap_or_else(|| Value::Object(serde_json::Map::new()));
        if !data.is_object() {
            return Err(Problem::field(Code::InvalidField, "content.data", ("expected an object", "应为对象")));
        }
        let data = minijinja::Value::from(minijinja::value::Serde(&data));
        let mut filled = Content { attachments: content.attachments, title: content.title, ..Content::default() };
        for field in fields {
            let text = self.render(name, field, &data)?;
            match *field {
                "title" => filled.title = Some(text),
                "text" => filled.text = Some(text),
                "markdown" => filled.markdown = Some(data::settle(&text)),
                _ => filled.html = Some(text),
            }
        }
        Ok(filled)
    }

    fn render(&self, name: &str, field: &str, data: &minijinja::Value) -> Result<String, Problem> {
        let problem = |detail: Bilingual| Problem::field(Code::InvalidField, "content.data", detail);
        let said = |error: minijinja::Error| {
            problem(match error.kind() {
                ErrorKind::OutOfFuel => {
                    bilingual!("template {name:?} takes too long with this data"; "模板 {name:?} 用这些数据填充耗时过长")
                }
                ErrorKind::WriteFailure => bilingual!(
                    "template {name:?} becomes longer than {MAX_BYTES} bytes";
                    "模板 {name:?} 填充后超过 {MAX_BYTES} 字节"
                ),
                _ => bilingual!("template {name:?} cannot be filled: {error}"; "模板 {name:?} 无法填充：{error}"),
            })
        };
        let template = self.environment.get_template(&inner_name(name, field)).map_err(said)?;
        let mut out = Bounded(Vec::new());
        template.render_captured_to(data.clone(), &mut out).map_err(said)?;
        String::from_utf8(out.0)
            .map_err(|_| problem(bilingual!("template {name:?} does not give text"; "模板 {name:?} 给出的不是文本")))
    }
}

/// The template engine, as all templates are read by it.
fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(FUEL));
    // A value that is missing is an error, not a gap in a message to people.
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|name| match name.rsplit_once(':') {
        Some((_, "html")) => AutoEscape::Html,
        Some((_, "markdown")) => AutoEscape::Custom("markdown".into()),
        _ => AutoEscape::None,
    });
    environment.set_formatter(write);
    environment
}

/// The engine escapes by the field.
fn inner_name(name: &str, field: &str) -> String {
    format!("{name}:{field}")
}

/// Writes a value into a template of its kind.
fn write(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &minijinja::Value) -> Result<(), minijinja::Error> {
    let text: Cow<'_, str> = match value.as_str() {
        Some(text) => Cow::Borrowed(text),
        None if value.is_undefined() => return Ok(()),
        // The engine would write None, True and ['a'].
        None => serde_json::to_string(value).map_or_else(|_| value.to_string().into(), Cow::Owned),
    };
    let written = match state.auto_escape() {
        _ if value.is_safe() => out.write_str(&text),
        AutoEscape::Html => return minijinja::escape_formatter(out, state, &minijinja::Value::from(&*text)),
        AutoEscape::Custom(_) => out.write_str(&data::mark(&text)),
        _ => out.write_str(&text),
    };
    written.map_err(minijinja::Error::from)
}

/// Whether all filters and tests that a template names are there: the engine would ask only when it comes to one.
///
/// # Errors
/// A sentence with the name.
fn check(environment: &Environment<'_>, source: &str) -> Result<(), Bilingual> {
    let mut state = environment.empty_state();
    for (kind, name) in names(source) {
        let asked = match kind {
            Named::Filter => state.apply_filter(name, &[]).map(drop),
            Named::Test => state.perform_test(name, &[]).map(drop),
        };
        match asked.map_err(|error| error.kind()) {
            Err(ErrorKind::UnknownFilter) => {
                return Err(bilingual!("there is no filter {name:?}"; "没有过滤器 {name:?}"));
            }
            Err(ErrorKind::UnknownTest) => return Err(bilingual!("there is no test {name:?}"; "没有测试 {name:?}")),
            _ => {}
        }
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Named {
    Filter,
    Test,
}

/// The filters (`| name`) and tests (`is name`) in a template that could be compiled.
fn names(source: &str) -> Vec<(Named, &str)> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(at) = rest.find("{") {
        rest = &rest[at..];
        let end = match rest.as_bytes() {
            [_, b'#', ..] => rest.find("#}"),
            [_, b'{' | b'%', ..] => {
                let length = tag(&rest[2..], &mut found);
                let is_raw = rest[2..2 + length].trim_matches(['-', '+', ' ']) == "raw";
                // What stands in such a block is no template.
                if is_raw { rest.find("endraw") } else { Some(2 + length) }
            }
            _ => Some(1),
        };
        rest = end.and_then(|end| rest.get(end..)).unwrap_or_default();
    }
    found
}

/// Reads one tag up to its end; gives its length.
fn tag<'a>(source: &'a str, found: &mut Vec<(Named, &'a str)>) -> usize {
    let name_of = |text: &'a str| {
        let end = text.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '.')).unwrap_or(text.len());
        &text[..end]
    };
    let mut at = 0;
    let mut before = "";
    while let Some(c) = source[at..].chars().next() {
        let here = &source[at..];
        match c {
            '"' | '\'' => {
                let mut escaped = false;
                let closes = |other: char| {
                    let closes = other == c && !escaped;
                    escaped = other == '\\' && !escaped;
                    closes
                };
                at += 1 + here[1..].find(closes).map_or(here.len() - 1, |end| end + 1);
            }
            '}' if here.starts_with("}}") => return at,
            '%' if here.starts_with("%}") => return at,
            '|' => {
                let name = name_of(here[1..].trim_start());
                if !name.is_empty() {
                    found.push((Named::Filter, name));
                }
                at += 1;
            }
            _ if c.is_alphabetic() || c == '_' => {
                let name = name_of(here);
                match (before, name) {
                    ("is", "not") => {}
                    ("is", _) => found.push((Named::Test, name)),
                    // The block of that name.
                    ("filter", _) => found.push((Named::Filter, name)),
                    _ => {}
                }
                if (before, name) != ("is", "not") {
                    before = name;
                }
                at += name.len().max(c.len_utf8());
            }
            _ => {
                if !c.is_whitespace() {
                    before = "";
                }
                at += c.len_utf8();
            }
        }
    }
    at
}

struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_BYTES {
            return Err(io::Error::other("too long"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn filled(data: Value) -> Result<Content, Problem> {
        let template = TemplateConfig {
            title: Some("{{ host }}".into()),
            html: Some(
                "<p>{{ host }}{% for i in many %}{% for j in many %}xxxxxxxxxxxxxxxx{% endfor %}{% endfor %}</p>"
                    .into(),
            ),
            ..TemplateConfig::default()
        };
        let templates = Templates::compile(&BTreeMap::from([("disk".to_owned(), template)])).unwrap();
        templates.fill("disk", Content { data: Some(data), ..Content::default() })
    }

    #[test]
    fn html_is_escaped_and_a_title_is_not() {
        let content = filled(json!({"host": "<a>", "many": []})).unwrap();
        assert_eq!(content.title.as_deref(), Some("<a>"));
        assert_eq!(content.html.as_deref(), Some("<p>&lt;a&gt;</p>"));
    }

    #[test]
    fn a_missing_value_and_endless_work_are_told() {
        assert!(filled(json!({"many": []})).unwrap_err().detail.contains("cannot be filled"));
        let many: Vec<u32> = (0..5_000).collect();
        let detail = filled(json!({"host": "a", "many": many})).unwrap_err().detail;
        assert!(detail.contains("too long") || detail.contains("longer than"), "{detail}");
    }

    fn one(template: TemplateConfig, data: Value) -> Content {
        let templates = Templates::compile(&BTreeMap::from([("t".to_owned(), template)])).unwrap();
        templates.fill("t", Content { data: Some(data), ..Content::default() }).unwrap()
    }

    fn markdown(source: &str, data: Value) -> String {
        let title = Some("t".into());
        one(TemplateConfig { title, markdown: Some(source.into()), ..TemplateConfig::default() }, data)
            .markdown
            .unwrap()
    }

    #[test]
    fn data_in_markdown_means_itself_unless_the_template_says_otherwise() {
        let data = json!({"expr": "rate(x[5m])*100*8", "md": "**重** [看板](https://a.cn)", "n": 91.5});
        for (source, shown) in [
            ("**表达式：** {{ expr }}", "表达式： rate(x[5m])*100*8"),
            ("`{{ expr }}` {{ n }} %", "rate(x[5m])*100*8 91.5 %"),
            ("{{ md }}", "**重** [看板](https://a.cn)"),
            ("{{ md | safe }}", "重 看板 (https://a.cn)"),
            ("{{ md | upper }}", "**重** [看板](HTTPS://A.CN)"),
            ("{{ expr | e }}", "rate(x[5m])*100*8"),
            ("{% for c in [md] %}- {{ c }}\n{% endfor %}", "- **重** [看板](https://a.cn)"),
        ] {
            let plain = hongyan_text::render(&markdown(source, data.clone()), hongyan_text::Dialect::Plain);
            assert_eq!(plain, shown, "{source}");
        }
        assert_eq!(markdown("`{{ expr }}`", data), "`rate(x[5m])*100*8`", "and is readable where it is code");
    }

    #[test]
    fn a_value_of_several_lines_leaves_its_place_as_it_was() {
        let data = json!({"log": "# h\r\n- l\n> q|r\n```", "absent": "---", "u": "http://x/a_b?h=*"});
        let source = "- 地址：<{{ u }}>\n- {{ absent }}\n\n| 日志 | x |\n| --- | --- |\n| {{ log }} | `{{ log }}` |\n\n> {{ log }}\n\n完";
        let text = hongyan_text::render(&markdown(source, data), hongyan_text::Dialect::Plain);
        let cell = "# h - l > q|r ";
        assert!(text.starts_with("- 地址：http://x/a_b?h=*\n- ---\n\n日志"), "{text}");
        assert!(text.contains(&format!("{cell}``` | {cell}ˋˋˋ\n\n> # h\n> - l\n> > q|r\n> ```\n\n完")), "{text}");
    }

    #[test]
    fn what_is_no_text_is_written_as_json_writes_it() {
        let data = json!({"v": [null, true, false, 1, 2.5, ["a", {"b": null}]], "big": 18_446_744_073_709_551_615_u64});
        let source = "{% for x in v %}{{ x }} {% endfor %}{{ big }}";
        let expected = r#"null true false 1 2.5 ["a",{"b":null}] 18446744073709551615"#;
        let text = TemplateConfig { text: Some(source.into()), ..TemplateConfig::default() };
        assert_eq!(one(text, data.clone()).text.as_deref(), Some(expected));
        let shown = hongyan_text::render(&markdown(source, data.clone()), hongyan_text::Dialect::Plain);
        assert_eq!(shown, expected);
        let html = TemplateConfig { title: Some("t".into()), html: Some(source.into()), ..TemplateConfig::default() };
        assert_eq!(one(html, data).html.unwrap(), expected.replace('"', "&quot;"));
    }

    #[test]
    fn a_filter_or_test_that_is_not_there_is_said_at_the_start() {
        for (source, words) in [
            ("{{ a | markdwon }}", Some("no filter \"markdwon\"")),
            ("{% if false %}{{ a|upper|nope(1) }}{% endif %}", Some("no filter \"nope\"")),
            ("{% filter nope %}a{% endfilter %}", Some("no filter \"nope\"")),
            ("{% if a is not odder %}{% endif %}", Some("no test \"odder\"")),
            ("{% set x = a|shout %}", Some("no filter \"shout\"")),
            (
                "{{ a | default(\"x | nope }}\") }} {% if a is defined and a is not none %}{{ a|e|safe }}{% endif %}",
                None,
            ),
            ("{# a | nope #}{% raw %}{{ a | nope }}{% endraw %} | nope is nope { | nope }", None),
            ("{{ a['is'] }} {{ this.is }} {{ 'it is nope' }}", None),
        ] {
            let template = TemplateConfig { text: Some(source.into()), ..TemplateConfig::default() };
            let compiled = Templates::compile(&BTreeMap::from([("t".to_owned(), template)])).map(drop);
            match words {
                None => assert_eq!(compiled, Ok(()), "{source}"),
                Some(words) => assert!(compiled.unwrap_err().contains(words), "{source}"),
            }
        }
    }
}
