//! Reads on behind what is wrong, so that all of it is told at once: a key that there is not is left out, and the value
//! of one that has a default is replaced by that.

use hongyan_endpoint::{Flaw, Invalid};
use serde_json::{Map, Value};

/// Reads a value; what is wrong on the way is noted. `None` where something is wrong that nothing stands in for.
pub(super) fn read<T>(
    mut value: Value,
    defaults: &Value,
    reader: impl Fn(Value) -> Result<T, Invalid>,
    wrong: &mut Vec<Invalid>,
) -> Option<T> {
    loop {
        match reader(value.clone()) {
            Ok(read) => return Some(read),
            Err(invalid) => {
                let mended = mend(&mut value, defaults, &invalid);
                wrong.push(invalid);
                mended?;
            }
        }
    }
}

/// Takes away what is wrong; `None` where that cannot be.
fn mend(value: &mut Value, defaults: &Value, invalid: &Invalid) -> Option<()> {
    let (members, name) = holder(value.as_object_mut()?, &invalid.field)?;
    if invalid.flaw == Flaw::Unknown {
        return members.remove(&name).map(drop);
    }
    let default = defaults.pointer(&format!("/{}", invalid.field.replace('.', "/")))?;
    let given = members.get_mut(&name)?;
    // A default that is wrong itself would be put back for ever.
    (given != default).then(|| *given = default.clone())
}

/// The object that holds what a dotted path names, and the name there; names may have dots.
fn holder<'a>(members: &'a mut Map<String, Value>, path: &str) -> Option<(&'a mut Map<String, Value>, String)> {
    if members.contains_key(path) {
        return Some((members, path.to_owned()));
    }
    let below = |name: &String| path.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('.'));
    let name = members.keys().filter(|name| below(name)).max_by_key(|name| name.len())?.clone();
    let rest = &path[name.len() + 1..];
    holder(members.get_mut(&name)?.as_object_mut()?, rest)
}
