//! API keys: made, kept as hashes, recognised.
//!
//! A key is `hy_`, ten characters that name it, `_`, and 43 characters of base64url: 256 random bits, which is why
//! a plain SHA-256 is all that is kept. [`ApiKeys`] holds every key in memory and follows the store: a key that another
//! process makes is known at its first use, one that it revokes is refused within two seconds.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hongyan_api::{Code, Problem};
use hongyan_core::{Admin, KeyRow, Scope, StoreError, Time};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use subtle::ConstantTimeEq;
use tokio::time::Instant;

const PREFIX: &str = "hy_";
const ID_CHARS: usize = 10;
const SECRET_CHARS: usize = 43;
const ID_ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// How often the store is read again.
pub const RELOAD_EVERY: Duration = Duration::from_secs(2);
/// The store is asked about keys that nobody knows at most this often, however many are tried.
const ASK_EVERY: Duration = Duration::from_millis(100);

/// Makes a key: the key itself, to be shown once, and what to keep of it.
///
/// # Errors
/// [`StoreError::Failed`] when the machine gives no random bytes.
pub fn mint(name: &str, scopes: Vec<Scope>, accounts: Vec<String>, now: Time) -> Result<(String, KeyRow), StoreError> {
    let mut random = [0_u8; ID_CHARS + 32];
    getrandom::fill(&mut random).map_err(|e| StoreError::Failed(format!("no random bytes: {e}")))?;
    let (id, secret) = random.split_at(ID_CHARS);
    let id: String = id.iter().map(|byte| char::from(ID_ALPHABET[usize::from(byte & 31)])).collect();
    let key = format!("{PREFIX}{id}_{}", URL_SAFE_NO_PAD.encode(secret));
    let row = KeyRow { id, name: name.into(), hash: hash(&key), scopes, accounts, made_at: now, revoked_at: None };
    Ok((key, row))
}

/// Makes an admin key when the store holds no key at all; the caller shows it once.
///
/// # Errors
/// [`StoreError`] when the keys cannot be read or the new one not written; [`StoreError::Failed`] without random bytes.
pub async fn ensure_first(keys: &dyn Admin, now: Time) -> Result<Option<String>, StoreError> {
    if !keys.keys().await?.is_empty() {
        return Ok(None);
    }
    let (key, row) = mint("first", vec![Scope::Admin], Vec::new(), now)?;
    keys.add_key(row).await?;
    Ok(Some(key))
}

fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

/// The public part of something that looks like a key.
fn id_of(key: &str) -> Option<&str> {
    let rest = key.strip_prefix(PREFIX)?;
    let id = rest.get(..ID_CHARS)?;
    let secret = rest.get(ID_CHARS..)?.strip_prefix('_')?;
    (secret.len() == SECRET_CHARS).then_some(id)
}

/// Who calls.
#[derive(Debug)]
pub struct Caller {
    /// The key's id: the scope of idempotency keys.
    pub id: String,
    hash: [u8; 32],
    scopes: Vec<Scope>,
    accounts: Vec<String>,
}

impl Caller {
    /// One who knows an account's own secret: everything, with this account.
    #[must_use]
    pub fn owner(account: &str) -> Self {
        Self {
            id: format!("account {account}"),
            hash: [0; 32],
            scopes: vec![Scope::Admin],
            accounts: vec![account.to_owned()],
        }
    }

    /// Whether the key has a scope.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope) || self.scopes.contains(&Scope::Admin)
    }

    /// The accounts that the key is for; empty for all of them.
    #[must_use]
    pub fn accounts(&self) -> &[String] {
        &self.accounts
    }

    /// Whether something that was handed in for these sets of accounts, each apart, is the key's to see: as with
    /// messages, one that is for some accounts sees what is theirs alone.
    #[must_use]
    pub fn sees(&self, holders: &[Vec<String>]) -> bool {
        self.accounts.is_empty()
            || holders.iter().any(|accounts| self.barred(accounts.iter().map(String::as_str)).is_none())
    }

    /// The first of these accounts that the key may not use.
    pub fn barred<'a>(&self, accounts: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        if self.accounts.is_empty() {
            return None;
        }
        accounts.into_iter().find(|name| !self.accounts.iter().any(|allowed| allowed == name))
    }

    /// Refuses a key that may not use one of these accounts.
    ///
    /// # Errors
    /// [`Code::AccountForbidden`], naming the first of them.
    pub fn check_accounts<'a>(&self, accounts: impl IntoIterator<Item = &'a str>) -> Result<(), Problem> {
        self.barred(accounts).map_or(Ok(()), |account| {
            Err(Problem::new(
                Code::AccountForbidden,
                format!("the API key may not use account {account}"),
                format!("该 API 密钥不可使用账号 {account}"),
            ))
        })
    }
}

/// Every key in force, by id.
pub struct ApiKeys {
    store: Arc<dyn Admin>,
    rows: RwLock<HashMap<String, Arc<Caller>>>,
    /// When the store was last asked about a key that nobody knows; held while it is.
    asked: tokio::sync::Mutex<Option<Instant>>,
}

impl ApiKeys {
    /// Reads the keys of a store.
    ///
    /// # Errors
    /// [`StoreError`] when they cannot be read.
    pub async fn read(store: Arc<dyn Admin>) -> Result<Self, StoreError> {
        let keys = Self { store, rows: RwLock::default(), asked: tokio::sync::Mutex::default() };
        keys.reload().await?;
        Ok(keys)
    }

    /// Takes over what the store has now.
    ///
    /// # Errors
    /// [`StoreError`] when the keys cannot be read; those known stay in force.
    pub async fn reload(&self) -> Result<(), StoreError> {
        let rows = self.store.keys().await?;
        let fresh = rows
            .into_iter()
            .filter(|row| row.revoked_at.is_none())
            .map(|row| {
                let KeyRow { id, hash, scopes, accounts, .. } = row;
                (id.clone(), Arc::new(Caller { id, hash, scopes, accounts }))
            })
            .collect();
        *self.rows.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// The key of this id, if it is in force.
    pub fn get(&self, id: &str) -> Option<Arc<Caller>> {
        self.rows.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// As [`Self::recognise`], and for a key of which nobody has heard asks the store first: it may be a moment old.
    pub async fn recognise_new(&self, key: &str) -> Option<Arc<Caller>> {
        let id = id_of(key)?;
        if self.get(id).is_none() {
            let came = Instant::now();
            let mut asked = self.asked.lock().await;
            // Whoever held the lock meanwhile has asked for this one too.
            if asked.is_none_or(|at| at < came) {
                if let Some(at) = *asked {
                    tokio::time::sleep_until(at + ASK_EVERY).await;
                }
                *asked = Some(Instant::now());
                if let Err(error) = self.reload().await {
                    tracing::warn!(%error, "the keys could not be reread; those known stay in force");
                }
            }
        }
        self.recognise(key)
    }

    /// Whose key this is, if it is anybody's.
    pub fn recognise(&self, key: &str) -> Option<Arc<Caller>> {
        let caller = Arc::clone(self.rows.read().unwrap_or_else(PoisonError::into_inner).get(id_of(key)?)?);
        bool::from(hash(key).ct_eq(&caller.hash)).then_some(caller)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_named_by_its_id_and_kept_as_a_hash() {
        let (key, row) = mint("ops", vec![Scope::Send], vec![], Time::default()).unwrap();
        assert_eq!(key.len(), 3 + ID_CHARS + 1 + SECRET_CHARS);
        assert_eq!(id_of(&key), Some(row.id.as_str()));
        assert_eq!(hash(&key), row.hash);
        assert!(!format!("{row:?}").contains(&key));
        for bad in ["", "hy_", "hy_0123456789", "hy_0123456789_", "xx_0123456789_a", "hy_鸿雁鸿雁鸿雁鸿雁"] {
            assert_eq!(id_of(bad), None, "{bad}");
        }
    }
}
