//! Which declared operation a request is for.

use crate::platform::PlatformKind;
use hongyan_endpoint::Declared;
use std::collections::HashMap;

/// A declared operation of a platform.
#[derive(Clone, Copy)]
pub(crate) struct Operation {
    pub(crate) platform: PlatformKind,
    pub(crate) declared: &'static dyn Declared,
}

/// Every declared operation of both platforms, by path.
pub(crate) struct OperationsByPath {
    exact: HashMap<&'static str, Vec<Operation>>,
    /// Those with a field in their path.
    with_fields: Vec<Operation>,
}

impl OperationsByPath {
    pub(crate) fn new() -> Self {
        let mut table = Self { exact: HashMap::new(), with_fields: Vec::new() };
        for platform in PlatformKind::ALL {
            for declared in platform.operations() {
                let operation = Operation { platform, declared };
                let path = declared.spec().path;
                if path.contains('{') {
                    table.with_fields.push(operation);
                } else {
                    table.exact.entry(path).or_default().push(operation);
                }
            }
        }
        table
    }

    /// The operation of a path, preferring the one of this method.
    pub(crate) fn find(&self, method: &str, path: &str) -> Option<Operation> {
        let path = hongyan_dingtalk::declared_path(path);
        let of = |operation: &&Operation| operation.declared.spec().method.as_str() == method;
        let exact = self.exact.get(path).map_or(&[][..], Vec::as_slice);
        let found = exact.iter().find(of).or_else(|| exact.first());
        let fits = |operation: &&Operation| operation.declared.spec().matches(path);
        let found = found.or_else(|| self.with_fields.iter().find(|one| of(one) && fits(one)));
        found.or_else(|| self.with_fields.iter().find(fits)).copied()
    }

    /// The operation of a name.
    pub(crate) fn named(&self, platform: PlatformKind, name: &str) -> Option<Operation> {
        let all = self.exact.values().flatten().chain(&self.with_fields);
        all.into_iter().find(|one| one.platform == platform && one.declared.spec().name == name).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_its_operation_whatever_the_method() {
        let table = OperationsByPath::new();
        let name = |method, path| table.find(method, path).map(|one| (one.platform, one.declared.spec().name));
        assert_eq!(name("GET", "/gettoken"), Some((PlatformKind::DingTalk, "token.get")));
        assert_eq!(name("POST", "/gettoken"), Some((PlatformKind::DingTalk, "token.get")));
        assert_eq!(name("GET", "/cgi-bin/gettoken"), Some((PlatformKind::WeCom, "token.get")));
        assert_eq!(name("POST", "/v1.0/oauth2/dingcorp/token"), Some((PlatformKind::DingTalk, "token.company")));
        assert_eq!(name("GET", "/user/list"), Some((PlatformKind::DingTalk, "user_v1.listbypage")));
        assert_eq!(name("GET", "/v1/messages"), None);
        assert_eq!(name("GET", "/cgi-bin/"), None);
    }
}
