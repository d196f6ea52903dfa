//! What is counted. Handles are made at the start, so that counting allocates nothing.

use hongyan_core::DeliveryState;
use hongyan_endpoint::Class;
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AttemptLabels {
    account: String,
    class: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AccountLabels {
    account: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallbackLabels {
    account: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DepthLabels {
    account: String,
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: &'static str,
    status: u32,
}

/// One account's handles.
struct PerAccount {
    classes: Vec<(&'static str, Counter)>,
    seconds: Histogram,
    resting: Gauge,
    rests: Vec<(&'static str, Counter)>,
}

/// Everything that is counted.
pub(crate) struct Metrics {
    registry: Registry,
    /// Messages accepted, and the time that it took.
    pub(crate) accepted: (Counter, Histogram),
    requests: Family<RequestLabels, Counter>,
    callbacks: Family<CallbackLabels, Counter>,
    depths: Family<DepthLabels, Gauge>,
    accounts: BTreeMap<Arc<str>, PerAccount>,
}

impl Metrics {
    pub(crate) fn new<'a>(accounts: impl Iterator<Item = &'a Arc<str>>) -> Self {
        let mut registry = Registry::with_prefix("hongyan");
        let accepted = Counter::default();
        registry.register("accepted", "Messages accepted", accepted.clone());
        let accept_seconds = Histogram::new(ACCEPT_SECONDS);
        registry.register_with_unit(
            "accept",
            "Time from a request's head to the answer that it is on disk",
            Unit::Seconds,
            accept_seconds.clone(),
        );
        let requests = Family::<RequestLabels, Counter>::default();
        registry.register("http_requests", "Requests answered", requests.clone());
        let callbacks = Family::<CallbackLabels, Counter>::default();
        registry.register("callbacks", "Callbacks pushed by the platforms", callbacks.clone());
        let depths = Family::<DepthLabels, Gauge>::default();
        registry.register("deliveries", "Deliveries in each state", depths.clone());
        let attempts = Family::<AttemptLabels, Counter>::default();
        registry.register("attempts", "Calls made, by what became of them", attempts.clone());
        let seconds = Family::<AccountLabels, Histogram, fn() -> Histogram>::new_with_constructor(|| {
            Histogram::new(CALL_SECONDS)
        });
        registry.register_with_unit("attempt", "Time that a call took", Unit::Seconds, seconds.clone());
        let resting = Family::<AccountLabels, Gauge>::default();
        registry.register("account_resting", "1 while the account rests: nothing can leave", resting.clone());
        let rests = Family::<AttemptLabels, Counter>::default();
        registry.register("account_rests", "Times that the account began to rest, by the fault's class", rests.clone());
        let accounts = accounts
            .map(|name| {
                let account = name.to_string();
                let classes = CLASSES
                    .iter()
                    .map(|class| {
                        (*class, attempts.get_or_create_owned(&AttemptLabels { account: account.clone(), class }))
                    })
                    .collect();
                let rests = CLASSES[1..]
                    .iter()
                    .map(|class| {
                        (*class, rests.get_or_create_owned(&AttemptLabels { account: account.clone(), class }))
                    })
                    .collect();
                let labels = AccountLabels { account };
                let resting = resting.get_or_create_owned(&labels);
                let handles = PerAccount { classes, seconds: seconds.get_or_create_owned(&labels), resting, rests };
                (Arc::clone(name), handles)
            })
            .collect();
        Self { registry, accepted: (accepted, accept_seconds), requests, callbacks, depths, accounts }
    }

    pub(crate) fn request(&self, route: &'static str, status: u16) {
        self.requests.get_or_create(&RequestLabels { route, status: u32::from(status) }).inc();
    }

    /// `outcome` is `new`, `repeat` or `refused`.
    pub(crate) fn callback(&self, account: &str, outcome: &'static str) {
        self.callbacks.get_or_create(&CallbackLabels { account: account.to_owned(), outcome }).inc();
    }

    pub(crate) fn attempted(&self, account: &str, class: &'static str, took: Duration) {
        let Some(handles) = self.accounts.get(account) else { return };
        if let Some((_, counter)) = handles.classes.iter().find(|(name, _)| *name == class) {
            counter.inc();
        }
        handles.seconds.observe(took.as_secs_f64());
    }

    pub(crate) fn rested(&self, account: &str, class: &'static str, rests: bool) {
        let Some(handles) = self.accounts.get(account) else { return };
        handles.resting.set(i64::from(rests));
        if let Some((_, counter)) = handles.rests.iter().find(|(name, _)| rests && *name == class) {
            counter.inc();
        }
    }

    /// Takes over how many deliveries are in each state; what is not named is zero.
    pub(crate) fn depths(&self, rows: &[(String, DeliveryState, u64)]) {
        for account in self.accounts.keys() {
            for state in DeliveryState::EVERY {
                let count = rows.iter().find(|(name, at, _)| **name == **account && at == state).map_or(0, |row| row.2);
                let labels = DepthLabels { account: account.to_string(), state: state.name() };
                self.depths.get_or_create(&labels).set(i64::try_from(count).unwrap_or(i64::MAX));
            }
        }
    }

    /// As OpenMetrics text, without the lines of accounts that are not `visible`.
    pub(crate) fn text(&self, visible: impl Fn(&str) -> bool) -> String {
        let every = self.every();
        every.split_inclusive('\n').filter(|line| account_of(line).is_none_or(|name| visible(&name))).collect()
    }

    fn every(&self) -> String {
        let mut out = String::with_capacity(8 * 1024);
        // Writing to a String cannot fail.
        let _ = text::encode(&mut out, &self.registry);
        out
    }
}

/// The account that a line of the text names, where it names one.
fn account_of(line: &str) -> Option<String> {
    let labels = line.split_once('{')?.1;
    let value = labels.strip_prefix("account=\"").or_else(|| Some(labels.split_once(",account=\"")?.1))?;
    let mut name = String::new();
    let mut chars = value.chars();
    loop {
        match chars.next()? {
            '"' => return Some(name),
            '\\' => name.push(match chars.next()? {
                'n' => '\n',
                other => other,
            }),
            other => name.push(other),
        }
    }
}

const CLASSES: [&str; 6] = [
    "taken",
    Class::RETRY.name(),
    Class::RefreshToken.name(),
    Class::throttled(0).name(),
    Class::Permanent.name(),
    Class::Ambiguous.name(),
];
const ACCEPT_SECONDS: [f64; 12] = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];
const CALL_SECONDS: [f64; 12] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_whose_it_is() {
        for (line, account) in [
            ("hongyan_attempts_total{account=\"ding\",class=\"taken\"} 1", Some("ding")),
            ("hongyan_attempt_seconds_bucket{le=\"0.1\",account=\"a\\\"b\"} 1", Some("a\"b")),
            ("hongyan_accepted_total 1", None),
            ("hongyan_http_requests_total{route=\"x\",status=\"200\"} 1", None),
            ("# HELP hongyan_attempts Calls made", None),
        ] {
            assert_eq!(account_of(line).as_deref(), account, "{line}");
        }
    }

    #[test]
    fn what_is_hidden_is_in_no_line_and_the_rest_is_unchanged() {
        let names: [Arc<str>; 2] = ["ding".into(), "mail".into()];
        let metrics = Metrics::new(names.iter());
        metrics.attempted("mail", "taken", Duration::from_millis(3));
        metrics.depths(&[("mail".into(), DeliveryState::Pending, 2)]);
        metrics.callback("mail", "new");
        assert_eq!(metrics.text(|_| true), metrics.every());
        let some = metrics.text(|name| name == "ding");
        assert!(!some.contains("mail") && some.contains("account=\"ding\"") && some.ends_with("# EOF\n"), "{some}");
    }
}
