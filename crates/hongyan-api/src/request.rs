//! What requests have to be beyond their types: the rules that the gateway checks by hand, as far as JSON Schema can
//! say them.
//!
//! Types give the names and kinds of fields; here stands what a field may hold and what goes with what. The gateway's
//! checks are the law and this is their description; `cargo xtask schemathesis` compares the two.

use crate::{DEFAULT_PAGE, MAX_BATCH, MAX_MEMBERS, MAX_PAGE, Param, ParamKind};
use hongyan_core::RecipientState;
use serde_json::{Map, Value, json};

/// A line with at least one visible character: `trim` leaves something, and nothing in it is a control character.
const LINE: &str = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$";
/// As [`LINE`], with line breaks and tabs.
const TEXT: &str = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$";
/// No control character; nothing at all is fine.
const PLAIN: &str = r"^[^\u0000-\u001f\u007f-\u009f]*$";
/// As [`PLAIN`], with line breaks.
const LINES: &str = r"^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f]*$";
/// A file's name.
const NAME: &str =
    r#"^[^\u0000-\u001f\u007f-\u009f/\\"]*[^\s\u0000-\u001f\u007f-\u009f/\\".][^\u0000-\u001f\u007f-\u009f/\\"]*$"#;
/// An attachment's name.
const ATTACHED: &str =
    r"^[^\u0000-\u001f\u007f-\u009f/\\]*[^\s\u0000-\u001f\u007f-\u009f/\\][^\u0000-\u001f\u007f-\u009f/\\]*$";
/// An address of a page.
const PAGE: &str = r"^https?://[^\s\u0000-\u001f\u007f-\u009f]+$";
/// Standard base64 with padding.
const BASE64: &str =
    "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)$";
/// The same, or nothing.
const BASE64_OR_NOTHING: &str = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$";
/// A mailbox, of which no character has to be quoted; a part of its domain may be Chinese, short enough for its
/// punycode.
const EMAIL: &str = r"^[A-Za-z0-9!#$%&'*+/=?^_`{}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{}~-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?|[\u4e00-\u9fa5]{1,12})(?:\.(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?|[\u4e00-\u9fa5]{1,12}))+$";
/// What stands before the `@` has at most 64 bytes (RFC 5321).
const LOCAL: &str = "^[^@]{1,64}@";
/// A media type, in ASCII.
const MEDIA_TYPE: &str = r"^[\u0020-\u007e]*/[\u0020-\u007e]*$";
/// Characters of a chat's name that some platform takes: WeCom 50, DingTalk 20.
const CHAT_NAME: usize = 50;
/// A department's number.
const NUMBER: &str = "^[0-9]{1,18}$";
/// What is neither empty nor has spaces around it, nor a comma, a bar or a control character.
const ID: &str =
    r"^[^\s,|\u0000-\u001f\u007f-\u009f](?:[^,|\u0000-\u001f\u007f-\u009f]*[^\s,|\u0000-\u001f\u007f-\u009f])?$";

/// Everything that a content can be, of which it is one.
const FORMS: [&str; 13] = [
    "text", "markdown", "html", "image", "file", "voice", "video", "link", "card", "news", "table", "template",
    "native",
];

/// Adds what is known of each request's schema.
pub(crate) fn refine(definitions: &mut Map<String, Value>) {
    let patches = [
        (
            "Message",
            json!({"properties": {
                "to": {"minItems": 1, "maxItems": 10_000},
                "labels": {"maxProperties": 16,
                    "propertyNames": {"minLength": 1, "maxLength": 64, "pattern": PLAIN},
                    "additionalProperties": {"maxLength": 256, "pattern": PLAIN}},
            }}),
        ),
        (
            "MessageBatch",
            json!({"properties": {
                "messages": {"minItems": 1, "maxItems": MAX_BATCH},
                "keys": {"minItems": 1, "maxItems": MAX_BATCH, "items": {"minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}},
            }}),
        ),
        (
            "Address",
            json!({"oneOf": addresses(), "properties": {
                "userid": {"maxLength": 320, "pattern": ID},
                "mobile": {"maxLength": 320, "pattern": "^([+][0-9]+ )?[0-9+-]+$"},
                "email": {"maxLength": 254, "pattern": EMAIL, "allOf": [{"pattern": LOCAL}]},
                "cc": {"maxLength": 254, "pattern": EMAIL, "allOf": [{"pattern": LOCAL}]},
                "bcc": {"maxLength": 254, "pattern": EMAIL, "allOf": [{"pattern": LOCAL}]},
                "name": {"maxLength": 255, "pattern": LINE},
                "department": {"maxLength": 320, "pattern": "^[0-9]+$"},
                "tag": {"maxLength": 320, "pattern": "^[0-9]+$"},
                "chat": {"maxLength": 320, "pattern": ID},
                "all": {"enum": [true, null]},
            }}),
        ),
        (
            "Mailbox",
            json!({"properties": {
                "email": {"maxLength": 254, "pattern": EMAIL, "allOf": [{"pattern": LOCAL}]},
                "name": {"maxLength": 255, "pattern": LINE},
            }}),
        ),
        (
            "Content",
            json!({"oneOf": forms(), "properties": {
                "title": {"pattern": LINE},
                "text": {"pattern": TEXT},
                "markdown": {"pattern": TEXT},
                "html": {"pattern": TEXT},
                "news": {"minItems": 1, "maxItems": 8},
                "native": {"type": ["object", "null"]},
            }}),
        ),
        (
            "Media",
            json!({"oneOf": one_of(&["media", "base64", "media_id"], |name| match name {
                "base64" => json!({"required": ["base64", "name"], "properties": {"name": {"type": "string"}}}),
                _ => json!({}),
            }), "properties": {
                "media": {"minLength": 1},
                "media_id": {"minLength": 1},
                "base64": {"minLength": 1, "pattern": BASE64},
                "name": {"maxLength": 255, "pattern": NAME},
                "seconds": {"minimum": 1, "maximum": 59},
            }}),
        ),
        (
            "Link",
            json!({"properties": {
                "title": {"pattern": TEXT}, "text": {"pattern": LINES}, "url": {"pattern": PAGE}, "picture": {"pattern": PAGE},
            }}),
        ),
        ("Card", json!({"properties": {"markdown": {"pattern": TEXT}, "buttons": {"minItems": 1, "maxItems": 6}}})),
        ("Button", json!({"properties": {"title": {"pattern": TEXT}, "url": {"pattern": PAGE}}})),
        (
            "Attachment",
            json!({"properties": {
                "name": {"pattern": ATTACHED},
                "media_type": {"pattern": MEDIA_TYPE},
                "base64": {"pattern": BASE64_OR_NOTHING},
            }}),
        ),
        (
            "Table",
            json!({"oneOf": one_of(&["rows", "records", "csv", "media"], |name| match name {
            "rows" => json!({"required": ["rows", "columns"], "properties": {"columns": {"type": "array"}}}),
            _ => json!({"properties": {"columns": {"type": "null"}}}),
        }), "properties": {"kept": {"type": "null", "anyOf": null}}}),
        ),
        (
            "ChatOrder",
            json!({"properties": {
                "name": {"maxLength": CHAT_NAME, "pattern": LINE},
                "owner": {"pattern": LINE},
                "members": {"minItems": 1, "maxItems": MAX_MEMBERS, "items": {"pattern": LINE}},
                "id": {"minLength": 1, "pattern": PLAIN},
            }}),
        ),
        (
            "ChatChange",
            json!({
                "anyOf": [
                    {"required": ["name"], "properties": {"name": {"type": "string"}}},
                    {"required": ["owner"], "properties": {"owner": {"type": "string"}}},
                    {"required": ["add"], "properties": {"add": {"minItems": 1}}},
                    {"required": ["remove"], "properties": {"remove": {"minItems": 1}}},
                ],
                "properties": {
                    "name": {"maxLength": CHAT_NAME, "pattern": LINE},
                    "owner": {"pattern": LINE},
                    "add": {"maxItems": MAX_MEMBERS, "items": {"pattern": LINE}},
                    "remove": {"maxItems": MAX_MEMBERS, "items": {"pattern": LINE}},
                },
            }),
        ),
    ];
    for (name, patch) in patches {
        if let Some(definition) = definitions.get_mut(name) {
            merge(definition, patch);
        }
    }
}

/// Adds what an accepted content has beside what was given: hongyan keeps it there, and the ledger shows it.
pub(crate) fn show_kept(definitions: &mut Map<String, Value>) {
    let kept = |words: &str| json!({"type": ["object", "null"], "description": words});
    if let Some(content) = definitions.get_mut("Content") {
        let patch = json!({"properties": {
            "given": kept("what hongyan keeps of a message that came by a platform's own path"),
            "mail": kept("what hongyan keeps for the heads of a message's mails"),
        }});
        merge(content, patch);
    }
}

/// Alternatives of which one field is given, the others absent or `null`; `also` says what goes with one.
fn one_of(names: &[&str], also: impl Fn(&str) -> Value) -> Vec<Value> {
    names
        .iter()
        .map(|name| {
            let others = names.iter().filter(|other| *other != name);
            let mut properties: Map<String, Value> =
                others.map(|other| ((*other).to_owned(), json!({"type": "null"}))).collect();
            properties.insert((*name).to_owned(), json!({"not": {"type": "null"}}));
            let mut schema = json!({"required": [name], "properties": properties});
            merge(&mut schema, also(name));
            schema
        })
        .collect()
}

fn addresses() -> Vec<Value> {
    let names: Vec<&str> = hongyan_core::AddressKind::EVERY.iter().map(|kind| kind.name()).collect();
    one_of(&names, |name| match name {
        // A name stands beside an email only, and a mention beside everybody.
        "email" => json!({"properties": {"mention": {"type": "null"}}}),
        "all" => json!({"properties": {"name": {"type": "null"}}}),
        _ => json!({"properties": {"name": {"type": "null"}, "mention": {"type": "null"}}}),
    })
}

fn forms() -> Vec<Value> {
    let mut forms = one_of(&FORMS, |form| {
        let mut also = json!({"properties": {}});
        match form {
            "markdown" | "card" => {
                also = json!({"required": [form, "title"], "properties": {"title": {"type": "string"}}})
            }
            // A text beside it is the plain part.
            "html" => also = json!({"required": [form, "title"], "properties": {"title": {"type": "string"}}}),
            _ => {}
        }
        if matches!(form, "image" | "file" | "video") {
            // Only a voice has seconds.
            also["properties"][form] = json!({"properties": {"seconds": {"type": "null"}}});
        }
        if form != "template" {
            also["properties"]["data"] = json!({"type": "null"});
        }
        also
    });
    for (form, schema) in FORMS.iter().zip(&mut forms) {
        if matches!(*form, "html" | "table")
            && let Some(properties) = schema["properties"].as_object_mut()
        {
            // The plain part, and the words before it.
            properties.remove("text");
        }
    }
    forms
}

/// A patch laid over a schema; `null` takes a member away.
fn merge(into: &mut Value, patch: Value) {
    match (into, patch) {
        (Value::Object(into), Value::Object(patch)) => {
            for (name, value) in patch {
                if value.is_null() {
                    into.remove(&name);
                } else {
                    merge(into.entry(name).or_insert(Value::Null), value);
                }
            }
        }
        (into, patch) => *into = patch,
    }
}

/// The schema of a query parameter.
pub(crate) fn query(kind: ParamKind) -> Value {
    match kind {
        ParamKind::Text => json!({"type": "string"}),
        ParamKind::Line => json!({"type": "string", "pattern": LINE}),
        ParamKind::FileName => json!({"type": "string", "maxLength": 255, "pattern": NAME}),
        ParamKind::Limit => json!({"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": DEFAULT_PAGE}),
        ParamKind::Number => json!({"type": "integer", "format": "int64"}),
        ParamKind::MessageId => json!({"type": "string", "pattern": "^m[0-7][0-9a-hjkmnp-tv-z]{12}$"}),
        // Narrower than what is read: the twenty-ninth and later have months of their own.
        ParamKind::Time => json!({
            "type": "string", "examples": ["2026-12-01T09:00:00+08:00"],
            "pattern": "^20[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]{1,3})?(?:Z|[+-](?:0[0-9]|1[0-2]):[0-5][0-9])$",
        }),
        ParamKind::Wait => {
            json!({"type": "string", "pattern": "^(?:(?:[0-9]|[12][0-9]|30)s?|(?:[0-9]{1,4}|[12][0-9]{4}|30000)ms)$"})
        }
        ParamKind::State => {
            json!({"enum": RecipientState::EVERY.iter().map(|state| state.name()).collect::<Vec<_>>()})
        }
        ParamKind::FileId => json!({"type": "string", "pattern": "^f[0-9a-f]{24}$"}),
        ParamKind::Department => json!({"type": "string", "pattern": NUMBER}),
    }
}

/// Query parameters of which exactly one is given: one parameter to OpenAPI, an object that is spread out.
pub(crate) fn choice(params: &[Param]) -> Value {
    let one = |param: &Param| {
        let mut properties = Map::new();
        properties.insert(param.name.to_owned(), query(param.kind));
        json!({"type": "object", "required": [param.name], "properties": properties, "additionalProperties": false})
    };
    json!({"oneOf": params.iter().map(one).collect::<Vec<_>>()})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_laid_over_a_schema_that_is_there() {
        let document = crate::openapi();
        let schemas = &document["components"]["schemas"];
        for (name, pointer, value) in [
            ("Message", "/properties/to/minItems", json!(1)),
            ("MessageBatch", "/properties/messages/maxItems", json!(1_000)),
            ("MessageBatch", "/properties/keys/minItems", json!(1)),
            ("Address", "/oneOf/6/required/0", json!("all")),
            ("Address", "/oneOf/0/properties/mention/type", json!("null")),
            ("Content", "/oneOf/2/required/1", json!("title")),
            ("Media", "/properties/base64/pattern", json!(BASE64)),
            ("Link", "/properties/url/pattern", json!(PAGE)),
            ("Card", "/properties/buttons/maxItems", json!(6)),
            ("Button", "/properties/url/pattern", json!(PAGE)),
            ("Attachment", "/properties/name/pattern", json!(ATTACHED)),
            ("Table", "/properties/kept/type", json!("null")),
            ("ChatOrder", "/properties/members/minItems", json!(1)),
            ("ChatOrder", "/properties/name/maxLength", json!(CHAT_NAME)),
            ("ChatChange", "/anyOf/2/properties/add/minItems", json!(1)),
        ] {
            let schema = schemas.get(format!("{name}Request")).unwrap_or(&schemas[name]);
            assert_eq!(schema.pointer(pointer), Some(&value), "{name}{pointer}");
        }
        // An answer is under no such rule: the ledger shows what it has.
        assert!(schemas["Content"].get("oneOf").is_none());
        assert!(schemas["ContentRequest"].to_string().contains("#/components/schemas/MediaRequest"));
        assert!(!document.to_string().contains("/components/asked"));
    }

    #[test]
    fn what_has_to_be_in_the_query_is_said_so() {
        let document = crate::openapi();
        let parameter = |path: &str| document["paths"][path]["get"]["parameters"].as_array().unwrap().last().unwrap();
        let account = document["paths"]["/v1/chats"]["get"]["parameters"][0].clone();
        assert_eq!((&account["name"], &account["required"]), (&json!("account"), &json!(true)));
        let all = |path: &str| document["paths"][path]["get"]["parameters"].as_array().unwrap().clone();
        for (path, start) in [("/v1/messages", "^m"), ("/v1/media", "^f")] {
            let cursor = all(path).into_iter().find(|parameter| parameter["name"] == "cursor").unwrap();
            assert!(cursor["schema"]["pattern"].as_str().unwrap().starts_with(start), "{cursor}");
        }
        let by = parameter("/v1/contacts/{account}/people");
        assert_eq!((&by["required"], by["schema"]["oneOf"].as_array().map(Vec::len)), (&json!(true), Some(3)));
    }
}
