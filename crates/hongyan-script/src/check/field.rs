//! What is read from an answer: fields that the operation has, and those of another.

use super::{Findings, endpoint::Operation, name, rule};
use crate::span::Span;

/// Judges a field that is read from an answer of an operation.
pub(super) fn check(operation: Option<&'static Operation>, field: &str, at: Span, findings: &mut Findings) {
    let Some(operation) = operation else {
        // Other interfaces have fields of their own; only the two that everybody means are known to be misspelled.
        if let Some(meant @ ("errcode" | "errmsg")) = name::nearest(field, ["errcode", "errmsg"])
            && name::distance(field, meant) == 1
            && !field.eq_ignore_ascii_case(meant)
        {
            misspelt(field, meant, at, findings);
        }
        return;
    };
    if operation.answers(field) {
        return;
    }
    if operation.makes_chat() && field == "access_token" {
        findings.add(
            &rule::CHATID_FROM_TOKEN,
            at,
            format!("{} answers no access_token: this is NULL, and the chat's id is lost", operation.short()),
            format!("{} 的应答里没有 access_token：这里得到 NULL，群聊标识就丢了", operation.short()),
            "body.chatid",
        );
        return;
    }
    let known = ["errcode", "errmsg"].into_iter().chain(operation.answer.iter().copied());
    if let Some(meant) = name::nearest(field, known) {
        misspelt(field, meant, at, findings);
        return;
    }
    let fields: Vec<&str> = ["errcode", "errmsg"].into_iter().chain(operation.answer.iter().copied()).collect();
    findings.add(
        &rule::NO_SUCH_FIELD,
        at,
        format!("{} answers no {field}: this is NULL", operation.short()),
        format!("{} 的应答里没有 {field}：这里得到 NULL", operation.short()),
        format!("one of {}", fields.join(", ")),
    );
}

fn misspelt(field: &str, meant: &str, at: Span, findings: &mut Findings) {
    findings.add(
        &rule::MISSPELT_FIELD,
        at,
        format!("there is no {field} in the answer: this is NULL"),
        format!("应答里没有 {field}：这里得到 NULL"),
        format!("body.{meant}"),
    );
}

/// Says that an answer has no numbered elements.
pub(super) fn indexed(operation: &Operation, at: Span, findings: &mut Findings) {
    let right = match operation.list {
        Some(list) => format!("body.{list}[0]"),
        None => "body.FIELD".to_owned(),
    };
    findings.add(
        &rule::INDEX_ON_DICTIONARY,
        at,
        format!("the answer of {} is a dictionary and has no element by number", operation.short()),
        format!("{} 的应答是字典，没有数字下标", operation.short()),
        right,
    );
}
