//! Assignments: what a variable or an element is given, and what is wrong with giving it.

use super::{
    literal, name,
    placeholder::{is_placeholder, names_a_secret},
    rule,
    value::KnownValue,
    walk::Walk,
};
use crate::ast::{BinaryOperator, Expr, Name, Target};

impl Walk<'_> {
    /// A name that is given a value.
    pub(super) fn spelling(&mut self, name: &Name) {
        if let Some(meant) = name::meant(&name.text) {
            self.findings.add(
                &rule::MISSPELT_NAME,
                name.span,
                format!("{} has a small L where a capital I was meant", name.text),
                format!("{} 中的小写字母 l 应为大写字母 I", name.text),
                meant,
            );
        }
    }

    pub(super) fn assign(&mut self, target: &Target, operator: Option<BinaryOperator>, value: &Expr) {
        let known = self.expr(value);
        if target.indices.is_empty() {
            self.spelling(&target.name);
        }
        let name = &target.name.text;
        self.secret(target, value);
        let before = self.variables.get(name).cloned();
        if operator.is_some() && before.is_none() {
            self.undefined(name, target.name.span);
        }
        let derived = value.as_text().is_none();
        if target.indices.is_empty() {
            let overwritten = before.as_ref().is_some_and(|before| before.derived);
            if let Some(text) = value.as_text().filter(|text| overwritten && !text.is_empty() && is_placeholder(text)) {
                self.findings.add(
                    &rule::PLACEHOLDER_OVERWRITES,
                    target.span.to(value.span),
                    format!("{name} has its value already, and {text} takes its place"),
                    format!("{name} 已经有值，这里又被 {text} 覆盖"),
                    format!("leave this line out, or run with --keep {name}"),
                );
            }
            let known = match (operator, before) {
                (None, _) => known,
                (Some(BinaryOperator::Add), Some(before)) => before.value.join(&known),
                _ => KnownValue::Nothing,
            };
            // What took the value's place is no value: the next placeholder is as wrong as this one.
            let placeholder = overwritten && value.as_text().is_some_and(is_placeholder);
            self.put(name, known, derived || operator.is_some() || placeholder);
            return;
        }
        for index in &target.indices {
            self.expr(index);
        }
        let Some(before) = before else {
            self.undefined(name, target.name.span);
            return;
        };
        let key = target.indices.first().filter(|_| target.indices.len() == 1 && operator.is_none());
        let key = key.map(|key| self.expr(key)).and_then(|key| key.whole_text());
        let value = match (before.value, key) {
            (KnownValue::Dict { mut entries, complete }, Some(key)) => {
                entries.insert(key, known);
                KnownValue::Dict { entries, complete }
            }
            (KnownValue::Dict { entries, .. }, None) => KnownValue::Dict { entries, complete: false },
            (other, _) => other,
        };
        self.put(name, value, true);
    }

    /// A secret that is written down where a variable or a key is named after one.
    fn secret(&mut self, target: &Target, value: &Expr) {
        let Some(text) = value.as_text() else { return };
        let named = match target.indices.last() {
            Some(key) => key.as_text(),
            None => Some(&*target.name.text),
        };
        let plain =
            text.len() >= 4 && !text.contains(char::is_whitespace) && !text.contains("://") && !text.contains('=');
        if let Some(named) = named.filter(|named| names_a_secret(named) && plain && !is_placeholder(text)) {
            literal::secret(value.span, named, &mut self.findings);
        }
    }
}
