//! The table as OpenAPI 3.1.

use crate::{CONTENT_TYPE, FACADE, Problem, ROUTES, Route};
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

/// The interface as an OpenAPI 3.1 document. Schemas that occur more than once stand under `components`.
#[must_use]
pub fn openapi() -> Value {
    let mut generator = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        .into_generator();
    let problem = generator.subschema_for::<Problem>();
    let mut paths: Map<String, Value> = Map::new();
    for route in ROUTES {
        let entry = paths.entry(route.path).or_insert_with(|| json!({}));
        entry[route.method.name().to_lowercase()] = operation(route, &mut generator, problem.as_value());
    }
    for route in FACADE {
        paths.insert(route.path.to_owned(), json!({"post": route.describe()}));
    }
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
            "schemas": generator.take_definitions(true),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "bearerFormat": "hy_…"}},
        },
    })
}

fn operation(route: &Route, generator: &mut SchemaGenerator, problem: &Value) -> Value {
    let mut parameters: Vec<Value> = path_parameters(route.path)
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
        .collect();
    parameters.extend(route.query.iter().map(|param| {
        json!({
            "name": param.name, "in": "query", "schema": {"type": "string"},
            "description": format!("{} / {}", param.en, param.zh),
        })
    }));
    if route.idempotent {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
            "description": "the same key with the same body is the same request; with another body it is a 409",
        }));
    }
    let response = route.response.map(|schema| schema(generator));
    let responses: Map<String, Value> = route
        .statuses
        .iter()
        .map(|status| {
            let content = if status.status < 300 {
                match &response {
                    Some(schema) => json!({route.media_type: {"schema": schema}}),
                    None => json!({route.media_type: {}}),
                }
            } else if status.status == 422 && route.operation == crate::Operation::SendBatch {
                json!({route.media_type: {"schema": response}, CONTENT_TYPE: {"schema": problem}})
            } else {
                json!({CONTENT_TYPE: {"schema": problem}})
            };
            (status.status.to_string(), json!({"description": status.en, "content": content}))
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
        let form = json!({"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}});
        operation["requestBody"] = json!({"required": true, "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            "multipart/form-data": {"schema": form},
        }});
    }
    if let Some(schema) = route.request {
        let schema = schema(generator);
        operation["requestBody"] = json!({"required": true, "content": {"application/json": {"schema": schema}}});
    }
    operation
}

/// The names that stand in braces.
fn path_parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn references(value: &Value, out: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    match value {
                        Value::String(target) if key == "$ref" => out.push(target.clone()),
                        _ => references(value, out),
                    }
                }
            }
            Value::Array(list) => list.iter().for_each(|value| references(value, out)),
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
        references(&document, &mut targets);
        assert!(targets.len() > 20);
        for target in targets {
            let pointer = target.strip_prefix('#').expect("a reference within the document");
            assert!(document.pointer(pointer).is_some(), "{target}");
        }
    }
}
