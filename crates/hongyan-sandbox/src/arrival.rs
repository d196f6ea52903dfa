//! A call as it arrived: request line, query, headers and body, made into what declarations read.

use bytes::Bytes;
use hongyan_endpoint::Wire;
use http::{HeaderMap, Uri};

/// Reads a call as it came.
pub(crate) fn read(method: &'static str, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Wire {
    let header = |name| headers.get(name)?.to_str().ok();
    Wire::arrived(method, uri.path(), uri.query().unwrap_or_default(), header, body.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hongyan_dingtalk::DingTalk;
    use hongyan_endpoint::{Fixture, Platform};
    use hongyan_wecom::WeCom;
    use proptest::{
        prelude::*,
        test_runner::{Config, TestRunner},
    };
    use serde_json::Value;
    use std::path::Path;

    /// The call as it stands on the wire, read as the server reads it.
    fn travelled(call: &Wire) -> Wire {
        let mut headers = HeaderMap::new();
        for (name, value) in &call.headers {
            let name = http::HeaderName::from_bytes(name.as_bytes()).unwrap();
            headers.insert(name, value.parse().unwrap());
        }
        read(call.method, &call.target().parse().unwrap(), &headers, &Bytes::from(call.body.clone()))
    }

    /// Puts other words in the place of some of the example's: the `n`-th takes the `n`-th of `words`.
    fn reword(value: &mut Value, words: &mut dyn Iterator<Item = String>) {
        match value {
            // A file: its type has a grammar, its bytes are base64, and a quote in its name has no way to travel.
            Value::Object(members) if members.contains_key("bytes") => {
                if let (Some(name), Some(word)) = (members.get_mut("name"), words.next()) {
                    *name = word.replace('"', "'").into();
                }
            }
            Value::Object(members) => members.iter_mut().for_each(|(_, value)| reword(value, words)),
            Value::Array(items) => items.iter_mut().for_each(|item| reword(item, words)),
            Value::String(text) => {
                // Times, numbers and joined lists have a form of their own, as have files.
                let free = text.chars().any(char::is_alphabetic) && !text.contains([',', '|', '=', '{']);
                if free && let Some(word) = words.next() {
                    *text = word;
                }
            }
            _ => {}
        }
    }

    fn every_request_round_trips<P: Platform>(folder: &str) {
        let word = "[^\\p{Cc}]{1,12}|[a-z&=?/#%+ 鸿雁]{1,20}";
        let rounds_each = Config { cases: 64, failure_persistence: None, ..Config::default() };
        let rounds = std::cell::Cell::new(0);
        for declared in P::endpoints() {
            let spec = declared.spec();
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../{folder}/fixtures/{}.json", spec.name));
            let fixture: Fixture = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
            let example = fixture.request(spec).unwrap();
            TestRunner::new(rounds_each.clone())
                .run(&proptest::collection::vec(word, 0..8), |words| {
                    let mut request = example.clone();
                    reword(&mut request, &mut words.into_iter());
                    // Words that a type does not take (an enumeration) are refused before anything is sent.
                    let Ok(call) = declared.dry_run(request) else { return Ok(()) };
                    let arrived = declared.reread(&travelled(&call));
                    prop_assert_eq!(arrived.as_ref(), Ok(&call), "{}", spec.name);
                    rounds.set(rounds.get() + 1);
                    Ok(())
                })
                .unwrap();
        }
        let rounds = rounds.get();
        assert!(rounds > P::endpoints().len() * 40, "only {rounds} rounds");
    }

    #[test]
    fn every_request_of_dingtalk_arrives_as_it_was_sent() {
        every_request_round_trips::<DingTalk>("hongyan-dingtalk");
    }

    #[test]
    fn every_request_of_wecom_arrives_as_it_was_sent() {
        every_request_round_trips::<WeCom>("hongyan-wecom");
    }
}
