//! What the platform answers to a call that it cannot read: a code of its own for some fields.

use crate::{Flaw, Invalid, Spec};

/// One declared refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeclaredRefusal {
    /// When it is given.
    pub when: When,
    /// The platform's code.
    pub code: &'static str,
    /// The platform's words; `{}` stands for the field's path.
    pub message: &'static str,
}

/// What is wrong with a call that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// This top-level field is not there.
    Missing(&'static str),
    /// This top-level field is not there, or something in it is missing or unfit.
    Unfit(&'static str),
    /// Any field is not there.
    MissingAny,
    /// Anything but a field that is not there.
    Misread,
    /// The whole, and no field in particular.
    Whole,
    /// The body is no JSON object.
    NoObject,
    /// The body is no form.
    NoForm,
    /// Whatever is wrong.
    Anything,
}

/// See [`When::Missing`].
#[must_use]
pub const fn missing(field: &'static str) -> When {
    When::Missing(field)
}

/// See [`When::Unfit`].
#[must_use]
pub const fn unfit(field: &'static str) -> When {
    When::Unfit(field)
}

impl When {
    fn is(self, invalid: &Invalid) -> bool {
        match self {
            Self::Missing(field) => invalid.misses(field),
            Self::Unfit(field) => invalid.top() == field,
            Self::MissingAny => invalid.misses(invalid.top()),
            Self::Misread => !invalid.misses(invalid.top()),
            Self::Whole => invalid.field.is_empty(),
            Self::NoObject => invalid.flaw == Flaw::NoObject,
            Self::NoForm => invalid.flaw == Flaw::NoForm,
            Self::Anything => true,
        }
    }
}

impl Spec {
    /// The code and the words with which the platform refuses a call that it cannot read; `None` where the operation
    /// has none of its own.
    #[must_use]
    pub fn refusal(&self, invalid: &Invalid) -> Option<(&'static str, String)> {
        let found = self.refuses.iter().find(|refusal| refusal.when.is(invalid))?;
        Some((found.code, invalid.put_into(found.message)))
    }
}

impl Invalid {
    /// Words of a platform, with the field's path in the place of `{}`.
    #[must_use]
    pub fn put_into(&self, message: &str) -> String {
        message.replace("{}", &self.field).trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_told_from_the_others() {
        let (absent, inner) =
            (Invalid::missing("a"), Invalid { flaw: Flaw::Missing, ..Invalid::unfit("a.b", ("", "")) });
        let (wrong, entire, none) = (Invalid::unfit("a[0]", ("", "")), Invalid::entire(("", "")), Invalid::no_object());
        let rows: [(When, [bool; 5]); 7] = [
            (missing("a"), [true, false, false, false, false]),
            (unfit("a"), [true, true, true, false, false]),
            (When::MissingAny, [true, false, false, false, false]),
            (When::Misread, [false, true, true, true, true]),
            (When::Whole, [false, false, false, true, true]),
            (When::NoObject, [false, false, false, false, true]),
            (When::Anything, [true; 5]),
        ];
        for (when, expected) in rows {
            assert_eq!([&absent, &inner, &wrong, &entire, &none].map(|invalid| when.is(invalid)), expected, "{when:?}");
        }
        assert_eq!(inner.put_into("no {}"), "no a.b");
        assert_eq!(entire.put_into("wrong {}"), "wrong");
    }
}
