//! What each scalar function does with a row.

use super::{Cell, Outcome, Row};
use hongyan_embed::{Engine, EngineError, HttpArguments, HttpMethod, Kind, MailArguments, http_json, mail_json};

pub(super) fn get(engine: &Engine, row: Row<'_>) -> Outcome {
    http(engine, HttpMethod::Get, row)
}

pub(super) fn post(engine: &Engine, row: Row<'_>) -> Outcome {
    http(engine, HttpMethod::Post, row)
}

pub(super) fn put(engine: &Engine, row: Row<'_>) -> Outcome {
    http(engine, HttpMethod::Put, row)
}

pub(super) fn delete(engine: &Engine, row: Row<'_>) -> Outcome {
    http(engine, HttpMethod::Delete, row)
}

fn http(engine: &Engine, method: HttpMethod, row: Row<'_>) -> Outcome {
    let Some(url) = row.text(0) else { return Ok(None) };
    let arguments = HttpArguments {
        url,
        params: row.text(1),
        timeout_ms: row.integer(2),
        headers: row.text(3),
        config: row.text(4),
    };
    Ok(Some(http_json(&engine.http(method, &arguments)?)))
}

pub(super) fn send_email(engine: &Engine, row: Row<'_>) -> Outcome {
    let recipients = match row.0.get(2) {
        Some(Cell::Texts(all)) => {
            // A mail to some of a list would look like one to all of it.
            let Some(all) = all.iter().copied().collect::<Option<Vec<_>>>() else { return Ok(None) };
            Some(serde_json::json!(all).to_string())
        }
        _ => row.text(2).map(str::to_owned),
    };
    let (Some(user), Some(password), Some(recipients)) = (row.text(0), row.text(1), recipients) else {
        return Ok(None);
    };
    let arguments = MailArguments {
        user,
        password,
        recipient: &recipients,
        subject: row.text(3),
        body: row.text(4),
        msg: row.text(5),
    };
    Ok(Some(mail_json(&engine.send_email(&arguments)?)))
}

pub(super) fn email_smtp_config(engine: &Engine, row: Row<'_>) -> Outcome {
    let (Some(domain), Some(host)) = (row.text(0), row.text(1)) else { return Ok(None) };
    let port = match row.integer(2) {
        None => None,
        Some(port) => Some(u16::try_from(port).ok().filter(|port| *port > 0).ok_or_else(|| {
            let message = format!("email_smtp_config: port {port} is not between 1 and 65535 · 端口须为 1 至 65535");
            EngineError::new(Kind::Argument, message)
        })?),
    };
    engine.email_smtp_config(domain, host, port)?;
    Ok(Some("true".into()))
}

/// What a setting is, after it was changed if a value is given.
pub(super) fn config(engine: &Engine, row: Row<'_>) -> Outcome {
    let Some(name) = row.text(0) else { return Ok(None) };
    if row.0.len() > 1 {
        let Some(value) = row.text(1) else { return Ok(None) };
        engine.set(name, value)?;
    }
    engine.get(name).map(Some)
}

pub(super) fn submit(engine: &Engine, row: Row<'_>) -> Outcome {
    let Some(message) = row.text(0) else { return Ok(None) };
    let key = row.text(1);
    if row.0.len() > 1 && key.is_none() {
        // Whoever gives a key relies on it; without one, running the statement again would send again.
        let message = "hongyan_post: the key is NULL; leave it out to send without one · 幂等键为 NULL";
        return Err(EngineError::new(Kind::Argument, message));
    }
    Ok(Some(engine.submit(message, key)?.to_string()))
}

pub(super) fn status(engine: &Engine, row: Row<'_>) -> Outcome {
    let Some(id) = row.text(0) else { return Ok(None) };
    Ok(Some(engine.status(id)?.to_string()))
}
