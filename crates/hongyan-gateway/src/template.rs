//! Templates: compiled at the start, filled with a message's `data`, bounded in work and in size.

use crate::config::TemplateConfig;
use hongyan_api::{Code, Problem};
use hongyan_core::Content;
use minijinja::{Environment, ErrorKind, UndefinedBehavior};
use serde_json::Value;
use std::{collections::BTreeMap, io};

/// Instructions that one field may take.
const FUEL: u64 = 200_000;
/// Bytes that one field may fill.
const MAX_BYTES: usize = 1024 * 1024;

/// Every configured template.
pub(crate) struct Templates {
    environment: Environment<'static>,
    /// By name, the fields that are given.
    fields: BTreeMap<String, Vec<&'static str>>,
}

impl Templates {
    /// # Errors
    /// What the template engine says, with the template's name.
    pub(crate) fn compile(templates: &BTreeMap<String, TemplateConfig>) -> Result<Self, String> {
        let mut environment = Environment::new();
        environment.set_fuel(Some(FUEL));
        // A value that is missing is an error, not a gap in a message to people.
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let mut fields = BTreeMap::new();
        for (name, template) in templates {
            let mut given = Vec::new();
            for (field, source) in template.forms() {
                let Some(source) = source else { continue };
                environment
                    .add_template_owned(inner_name(name, field), source.to_owned())
                    .map_err(|e| format!("templates.{name}.{field}: {e}"))?;
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
            return Err(Problem::field(Code::InvalidField, "content.data", "expected an object"));
        }
        let data = minijinja::Value::from(minijinja::value::Serde(&data));
        let mut filled = Content { attachments: content.attachments, title: content.title, ..Content::default() };
        for field in fields {
            let text = self.render(name, field, &data)?;
            match *field {
                "title" => filled.title = Some(text),
                "text" => filled.text = Some(text),
                "markdown" => filled.markdown = Some(text),
                _ => filled.html = Some(text),
            }
        }
        Ok(filled)
    }

    fn render(&self, name: &str, field: &str, data: &minijinja::Value) -> Result<String, Problem> {
        let problem = |detail: String| Problem::field(Code::InvalidField, "content.data", detail);
        let said = |error: minijinja::Error| {
            problem(match error.kind() {
                ErrorKind::OutOfFuel => format!("template {name:?} takes too long with this data"),
                ErrorKind::WriteFailure => format!("template {name:?} becomes longer than {MAX_BYTES} bytes"),
                _ => format!("template {name:?} cannot be filled: {error}"),
            })
        };
        let template = self.environment.get_template(&inner_name(name, field)).map_err(said)?;
        let mut out = Bounded(Vec::new());
        template.render_captured_to(data.clone(), &mut out).map_err(said)?;
        String::from_utf8(out.0).map_err(|_| problem(format!("template {name:?} does not give text")))
    }
}

/// The engine escapes by the name's ending: HTML only.
fn inner_name(name: &str, field: &str) -> String {
    format!("{name}:{field}.{}", if field == "html" { "html" } else { "txt" })
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
}
