//! `--define`: values for variables, and where they come from.

use crate::exit::Usage;
use crate::lang::told;
use hongyan_script::Value;
use std::collections::BTreeMap;

/// Reads every `NAME=VALUE`; `sandbox` is what the sandbox says of itself, where there is one.
pub(super) fn read(defines: &[String], sandbox: Option<&serde_json::Value>) -> anyhow::Result<BTreeMap<String, Value>> {
    defines.iter().map(|text| one(text, sandbox)).collect()
}

fn one(text: &str, sandbox: Option<&serde_json::Value>) -> anyhow::Result<(String, Value)> {
    let Some((name, value)) = text.split_once('=') else {
        return Err(
            Usage(told!("--define {}: expected NAME=VALUE" ; "--define {}：应为 NAME=VALUE", shown(text))).into()
        );
    };
    let (name, typed) = name.strip_suffix(':').map_or((name, false), |name| (name, true));
    let mut letters = name.chars();
    let first = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if !first || !letters.all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(Usage(
            told!("--define {}: a name is letters, digits and _" ; "--define {}：名称只含字母、数字和 _", shown(name)),
        )
        .into());
    }
    let value = if typed {
        Value::from_json_text(value).map_err(|_| Usage(told!("--define {name}:= expects JSON, such as {name}:=5" ; "--define {name}：= 之后应为 JSON，如 {name}：=5")))?
    } else {
        Value::text(written(name, value, sandbox)?)
    };
    Ok((name.to_owned(), value))
}

/// The text that a value stands for. No error repeats it.
fn written(name: &str, value: &str, sandbox: Option<&serde_json::Value>) -> anyhow::Result<String> {
    if let Some(variable) = value.strip_prefix("env:") {
        return std::env::var(variable)
            .map_err(|_| Usage(told!("--define {name}: the environment has no variable {variable}" ; "--define {name}：环境中没有变量 {variable}")).into());
    }
    if let Some(file) = value.strip_prefix('@') {
        let text = std::fs::read_to_string(file).map_err(|error| {
            Usage(
                told!("--define {name}: {file} cannot be read: {error}" ; "--define {name}：{file} 无法读取：{error}"),
            )
        })?;
        // The line break at the end belongs to the file, not to the secret.
        return Ok(text.trim_end_matches(['\n', '\r']).to_owned());
    }
    if let Some(path) = value.strip_prefix("sandbox:") {
        let Some(sandbox) = sandbox else {
            return Err(Usage(
                told!("--define {name}=sandbox:… needs --sandbox" ; "--define {name}=sandbox:… 需要 --sandbox"),
            )
            .into());
        };
        let pointer = format!("/{}", path.replace('.', "/"));
        return match sandbox.pointer(&pointer) {
            Some(serde_json::Value::String(text)) => Ok(text.clone()),
            Some(number @ serde_json::Value::Number(_)) => Ok(number.to_string()),
            _ => Err(Usage(told!("--define {name}: the sandbox has no {path}; wecom.secret, dingtalk.app_key and smtp.password are some that it has" ; "--define {name}：模拟平台没有 {path}；可用的如 wecom.secret、dingtalk.app_key、smtp.password")).into()),
        };
    }
    Ok(value.strip_prefix("text:").unwrap_or(value).to_owned())
}

/// As much of a mistyped definition as is surely no secret.
fn shown(text: &str) -> &str {
    if text.len() <= 12 { text } else { "…" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_is_as_it_is_or_comes_from_somewhere() {
        let sandbox = json!({"wecom": {"secret": "s", "agent_id": 7}});
        let read = |text: &str| one(text, Some(&sandbox));
        let text = |text: &str| Value::text(text);
        for (given, value) in [
            ("A=b=c", text("b=c")),
            ("A=", text("")),
            ("A=text:@x", text("@x")),
            ("A=sandbox:wecom.secret", text("s")),
            ("A=sandbox:wecom.agent_id", text("7")),
            ("A:=5", Value::Int(5)),
            ("A:=true", Value::Bool(true)),
        ] {
            assert!(read(given).unwrap() == ("A".into(), value), "{given}");
        }
        for given in ["A", "1A=b", "A B=c", "A:=[", "A=env:HONGYAN_NO_SUCH", "A=@/no/such", "A=sandbox:wecom.none"] {
            assert!(read(given).unwrap_err().is::<Usage>(), "{given}");
        }
        assert!(one("A=sandbox:wecom.secret", None).is_err());
    }
}
