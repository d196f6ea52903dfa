//! The cached directory: from mobile numbers and mail addresses to platform ids, misses too.
//!
//! Look-ups cost API calls, and WeCom blocks a company's look-ups for a day when too many miss.

use hongyan_core::{Address, AddressKind, Bilingual, Reason, Resolution, names_several};
use hongyan_endpoint::{Class, Fault};
use std::{
    collections::HashMap,
    future::Future,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::{task::JoinSet, time::Instant};

/// How long a found id is trusted.
const FOUND_FOR: Duration = Duration::from_secs(24 * 3_600);
/// How long a miss is trusted: people are added.
const MISSED_FOR: Duration = Duration::from_secs(600);
/// Entries kept; past it, lapsed ones go first, then all.
const CAPACITY: usize = 100_000;
/// Look-ups under way at once.
const PARALLEL: usize = 8;

/// Found ids and misses of one account.
#[derive(Default)]
pub(crate) struct Directory {
    // A std mutex: never held across await.
    known: Mutex<HashMap<(AddressKind, String), (Resolution, Instant)>>,
}

impl Directory {
    /// Resolves addresses in order; `look_up` is asked for those of `kinds` that are not cached.
    /// `nobody` says which of the platform's codes mean that there is no such person.
    pub(crate) async fn resolve<F>(
        &self,
        addresses: &[Address],
        kinds: &[AddressKind],
        nobody: &[&str],
        look_up: impl Fn(Address) -> F,
    ) -> Result<Vec<Resolution>, Fault>
    where
        F: Future<Output = Result<String, Fault>> + Send + 'static,
    {
        let mut out: Vec<Option<Resolution>> = addresses
            .iter()
            .map(|address| if kinds.contains(&address.kind) { self.cached(address) } else { Some(Resolution::Itself) })
            .collect();
        let mut waiting = (0..addresses.len()).filter(|i| out[*i].is_none()).collect::<Vec<_>>().into_iter();
        let mut running = JoinSet::new();
        loop {
            while running.len() < PARALLEL
                && let Some(i) = waiting.next()
            {
                let answer = look_up(addresses[i].clone());
                running.spawn(async move { (i, answer.await) });
            }
            let Some(joined) = running.join_next().await else { break };
            let (i, answer) = joined.map_err(|e| Fault::transport("net.lost", e.to_string()))?;
            let resolution = match answer {
                Ok(id) => match several(&id) {
                    None => Resolution::Id(id),
                    Some(why) => Resolution::Nobody(Fault::ours(
                        "invalid_recipient",
                        format!("the platform's directory gave an id that {why}"),
                        Reason::error_code("invalid_recipient"),
                    )),
                },
                Err(fault) if fault.class() == Class::Permanent && nobody.contains(&fault.code()) => {
                    Resolution::Nobody(fault)
                }
                Err(fault) => return Err(fault),
            };
            self.keep(&addresses[i], resolution.clone());
            out[i] = Some(resolution);
        }
        Ok(out.into_iter().flatten().collect())
    }

    fn cached(&self, address: &Address) -> Option<Resolution> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (resolution, until) = known.get(&(address.kind, address.value.to_lowercase()))?;
        (Instant::now() < *until).then(|| resolution.clone())
    }

    fn keep(&self, address: &Address, resolution: Resolution) {
        let now = Instant::now();
        let life = if matches!(resolution, Resolution::Nobody(_)) { MISSED_FOR } else { FOUND_FOR };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= CAPACITY {
            known.retain(|_, (_, until)| *until > now);
            if known.len() >= CAPACITY {
                known.clear();
            }
        }
        known.insert((address.kind, address.value.to_lowercase()), (resolution, now + life));
    }
}

/// Why an id that a directory answered is none of one person.
fn several(id: &str) -> Option<Bilingual> {
    if id.trim().is_empty() || id.chars().any(char::is_control) {
        return Some(Bilingual::fixed("is empty or holds a control character", "为空或含有控制字符"));
    }
    names_several(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, atomic::AtomicUsize, atomic::Ordering};

    async fn ask(directory: &Directory, calls: &Arc<AtomicUsize>, mobiles: &[&str]) -> Result<Vec<Resolution>, Fault> {
        let addresses: Vec<Address> = mobiles.iter().map(|m| Address::new(AddressKind::Mobile, *m)).collect();
        let calls = Arc::clone(calls);
        directory
            .resolve(&addresses, &[AddressKind::Mobile], &["60121"], move |address| {
                calls.fetch_add(1, Ordering::SeqCst);
                async move {
                    match address.value.as_str() {
                        "0" => Err(Fault::refused("60121", "nobody", None)),
                        "9" => Err(Fault::transport("net.timeout", "")),
                        mobile => Ok(format!("u{mobile}")),
                    }
                }
            })
            .await
    }

    #[tokio::test(start_paused = true)]
    async fn found_and_missed_are_remembered_for_their_time() {
        let (directory, calls) = (Directory::default(), Arc::default());
        let first = ask(&directory, &calls, &["1", "0"]).await.unwrap();
        assert_eq!(first[0], Resolution::Id("u1".into()));
        assert!(matches!(first[1], Resolution::Nobody(_)));
        ask(&directory, &calls, &["1", "0"]).await.unwrap();
        assert_eq!(calls.load(Ordering::SeqCst), 2);
        tokio::time::advance(MISSED_FOR).await;
        ask(&directory, &calls, &["1", "0"]).await.unwrap();
        assert_eq!(calls.load(Ordering::SeqCst), 3, "only the miss is asked again");
    }

    #[tokio::test]
    async fn an_answer_that_names_several_reaches_nobody() {
        for answer in ["@all", "a|b", "a,b", "<@all>", "", "a\n"] {
            let address = [Address::new(AddressKind::Mobile, "1")];
            let found = Directory::default()
                .resolve(&address, &[AddressKind::Mobile], &[], |_| async move { Ok(answer.to_owned()) })
                .await
                .unwrap();
            assert!(
                matches!(&found[0], Resolution::Nobody(fault) if fault.code() == "invalid_recipient"),
                "{answer:?}: {found:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_failed_look_up_is_not_a_miss() {
        let (directory, calls) = (Directory::default(), Arc::default());
        assert_eq!(ask(&directory, &calls, &["1", "9"]).await.unwrap_err().code(), "net.timeout");
        assert!(ask(&directory, &calls, &["9"]).await.is_err());
    }
}
