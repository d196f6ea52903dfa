//! The table as OpenAPI 3.1.

use crate::{CONTENT_TYPE, FACADE, Operation, Problem, ROUTES, Route, request};
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The interface as an OpenAPI 3.1 document. Schemas that occur more than once stand under `components`.
#[must_use]
pub fn openapi() -> Value {
    let settings = |path: &str| {
        let path = path.to_owned();
        SchemaSettings::draft2020_12().with(|settings| settings.definitions_path = path.into())
    };
    let mut generator = settings("/components/schemas").into_generator();
    // What is asked for is less than what is answered with, and ruled by more than its types.
    let mut asked = settings(ASKED).for_deserialize().into_generator();
    let problem = generator.subschema_for::<Problem>();
    let mut paths: Map<String, Value> = Map::new();
    for route in ROUTES {
        let entry = paths.entry(route.path).or_insert_with(|| json!({}));
        entry[route.method.name().to_lowercase()] = operation(route, &mut generator, &mut asked, problem.as_value());
    }
    for route in FACADE {
        paths.insert(route.path.to_owned(), json!({"post": route.describe()}));
    }
    let mut schemas = generator.take_definitions(true);
    request::show_kept(&mut schemas);
    let mut requests = asked.take_definitions(true);
    request::refine(&mut requests);
    let mut paths = Value::Object(paths);
    join(&mut schemas, requests, &mut paths);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "hongyan",
            "summary": "A message gateway for WeCom, DingTalk and e-mail.",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "bearerFormat": "hy_…"}},
        },
    })
}

/// Where the schemas of requests stand until they have their names.
const ASKED: &str = "/components/asked";

/// Puts the schemas of requests beside those of answers, and leads every reference to them. One that differs from the
/// answer's of the same name has a name of its own.
fn join(schemas: &mut Map<String, Value>, requests: Map<String, Value>, paths: &mut Value) {
    let differs = |name: &String, schema: &Value| {
        // A reference inside leads elsewhere as long as it is not lead to its place.
        let mut led = schema.clone();
        references(&mut led, &|target| Some(target.replace(ASKED, "/components/schemas")));
        schemas.get(name).is_some_and(|other| *other != led)
    };
    let mut own: BTreeSet<String> =
        requests.iter().filter(|(name, schema)| differs(name, schema)).map(|(name, _)| name.clone()).collect();
    // What holds one that differs, differs.
    loop {
        let holds = |schema: &Value| {
            let text = schema.to_string();
            own.iter().any(|name| text.contains(&format!("\"#{ASKED}/{name}\"")))
        };
        let more: Vec<String> = requests
            .iter()
            .filter(|(name, schema)| !own.contains(*name) && schemas.contains_key(*name) && holds(schema))
            .map(|(name, _)| name.clone())
            .collect();
        if more.is_empty() {
            break;
        }
        own.extend(more);
    }
    let place = |name: &str| if own.contains(name) { format!("{name}Request") } else { name.to_owned() };
    let lead = |value: &mut Value| {
        references(value, &|target| {
            let name = target.strip_prefix('#')?.strip_prefix(ASKED)?.strip_prefix('/')?;
            Some(format!("#/components/schemas/{}", place(name)))
        })
    };
    lead(paths);
    for (name, mut schema) in requests {
        lead(&mut schema);
        schemas.entry(place(&name)).or_insert(schema);
    }
}

/// Changes the references for which there is another target.
fn references(value: &mut Value, target: &dyn Fn(&str) -> Option<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if name == "$ref" => *text = target(text).unwrap_or_else(|| text.clone()),
                    _ => references(member, target),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| references(item, target)),
        _ => {}
    }
}

fn operation(route: &Route, generator: &mut SchemaGenerator, asked: &mut SchemaGenerator, problem: &Value) -> Value {
    let mut parameters: Vec<Value> = path_parameters(route.path)
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
        .collect();
    if route.one_of_query {
        let words: Vec<String> =
            route.query.iter().map(|param| format!("`{}`: {} / {}", param.name, param.en, param.zh)).collect();
        parameters.push(json!({
            "name": "by", "in": "query", "required": true, "style": "form", "explode": true,
            "schema": request::choice(route.query),
            "description": format!("one of these: {}", words.join("; ")),
        }));
    } else {
        parameters.extend(route.query.iter().map(|param| {
            json!({
                "name": param.name, "in": "query", "schema": request::query(param.kind), "required": param.required,
                "description": format!("{} / {}", param.en, param.zh),
            })
        }));
    }
    if route.idempotent {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
            "description": "the same key with the same body is the same request; with another body it is a 409",
        }));
    }
    let response = route.response.map(|schema| schema(generator));
    let responses: Map<String, Value> = route
        .answers()
        .into_iter()
        .map(|status| {
            let codes: Vec<&str> = status.codes.iter().map(|code| code.name()).collect();
            let problem = json!({"allOf": [problem, {"properties": {"code": {"enum": codes}}}]});
            let content = if status.status < 300 {
                match &response {
                    Some(schema) => json!({route.media_type: {"schema": schema}}),
                    None => json!({route.media_type: {}}),
                }
            } else if status.reply {
                json!({route.media_type: {"schema": response}, CONTENT_TYPE: {"schema": problem}})
            } else {
                json!({CONTENT_TYPE: {"schema": problem}})
            };
            let mut answer = json!({"description": status.en, "content": content});
            if status.status < 300
                && let Some(links) = links(route.operation)
            {
                answer["links"] = links;
            }
            (status.status.to_string(), answer)
        })
        .collect();
    let mut operation = json!({
        "operationId": route.operation.name(),
        "summary": route.summary_en,
        "description": route.summary_zh,
        "parameters": parameters,
        "responses": responses,
    });
    match route.scope {
        Some(scope) => {
            operation["security"] = json!([{"key": []}]);
            operation["x-scope"] = json!(scope.name());
        }
        None => operation["security"] = json!([]),
    }
    if route.upload {
        let file = json!({"type": "string", "format": "binary", "minLength": 1});
        let form = json!({"type": "object", "required": ["file"], "properties": {"file": &file}});
        operation["requestBody"] = json!({"required": true, "content": {
            "application/octet-stream": {"schema": file},
            "multipart/form-data": {"schema": form},
        }});
    }
    if let Some(schema) = route.request {
        let schema = schema(asked);
        operation["requestBody"] = json!({"required": true, "content": {"application/json": {"schema": schema}}});
    }
    operation
}

/// What can be asked next, of what an answer names.
fn links(operation: Operation) -> Option<Value> {
    let body = |member: &str| format!("$response.body#/{member}");
    let (to, parameters): (&[Operation], Value) = match operation {
        Operation::SendMessage => (
            &[
                Operation::GetMessage,
                Operation::ListRecipients,
                Operation::ListReaders,
                Operation::RecallMessage,
                Operation::RetryMessage,
                Operation::CancelMessage,
            ],
            json!({"id": body("id")}),
        ),
        Operation::PutFile => (&[Operation::GetFile, Operation::GetContent], json!({"id": body("id")})),
        Operation::CreateChat => {
            (&[Operation::GetChat, Operation::ChangeChat], json!({"account": body("account"), "id": body("id")}))
        }
        _ => return None,
    };
    let link = |to: &Operation| (to.name().to_owned(), json!({"operationId": to.name(), "parameters": parameters}));
    Some(Value::Object(to.iter().map(link).collect()))
}

/// The names that stand in braces.
fn path_parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_references(value: &Value, out: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    match value {
                        Value::String(target) if key == "$ref" => out.push(target.clone()),
                        _ => all_references(value, out),
                    }
                }
            }
            Value::Array(list) => list.iter().for_each(|value| all_references(value, out)),
            _ => {}
        }
    }

    #[test]
    fn every_route_is_described_and_every_reference_leads_somewhere() {
        let document = openapi();
        for route in ROUTES {
            let operation = &document["paths"][route.path][route.method.name().to_lowercase()];
            assert_eq!(operation["operationId"], route.operation.name());
        }
        let mut targets = Vec::new();
        all_references(&document, &mut targets);
        assert!(targets.len() > 20);
        for target in targets {
            let pointer = target.strip_prefix('#').expect("a reference within the document");
            assert!(document.pointer(pointer).is_some(), "{target}");
        }
    }
}
