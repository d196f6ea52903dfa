//! Channels that send nothing.

use async_trait::async_trait;
use hongyan_core::{
    Address, AddressKind, Call, Capabilities, Channel, Content, Dedup, Format, Group, Health, Outcome, Reason,
    Receipts, RecipientState, Resolution, Target, TargetResult, Unfit,
};
use hongyan_endpoint::{Class, Fault, Known, Who, known};
use std::{borrow::Cow, time::Duration};

const KNOWN: Known =
    known("40035", Class::Permanent, Who::Sender, ("no such person", "查无此人"), ("check the id", "请核对 ID"));

/// Takes every call; whoever is called `ghost` is refused.
pub(crate) struct FakeChannel {
    capabilities: Capabilities,
    broken: bool,
}

fn capabilities(channel: &'static str, groups: Vec<Group>) -> Capabilities {
    Capabilities {
        channel,
        groups,
        looked_up: &[AddressKind::Mobile],
        formats: &[Format::Text, Format::Markdown],
        attachments: false,
        dedup: Dedup::None,
        receipts_for: None,
        recall_for: Some(Duration::from_secs(60)),
        concurrency: 4,
        rates: Vec::new(),
    }
}

impl FakeChannel {
    pub(crate) fn people() -> Self {
        let groups = vec![
            Group::of(&[AddressKind::Userid, AddressKind::Mobile], 100),
            Group::of(&[AddressKind::Department], 20),
        ];
        Self { capabilities: capabilities("people", groups), broken: false }
    }

    pub(crate) fn mailboxes() -> Self {
        let mut capabilities = capabilities("mailboxes", vec![Group::of(&[AddressKind::Email], 50)]);
        capabilities.formats = &[Format::Text, Format::Markdown, Format::Html];
        capabilities.attachments = true;
        Self { capabilities, broken: false }
    }

    /// Panics when asked whether a content fits, and cannot log in.
    pub(crate) fn broken() -> Self {
        Self { broken: true, ..Self::people() }
    }
}

#[async_trait]
impl Channel for FakeChannel {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn parts<'a>(&self, content: &'a Content, _suffix: &str) -> Result<Vec<Cow<'a, Content>>, Unfit> {
        assert!(!self.broken, "an invented mistake in a channel");
        let size = content.text.as_ref().map_or(0, String::len);
        if size > 2_048 {
            return Err(Unfit {
                field: "text".into(),
                message: format!("takes {size} bytes, at most 2048 are allowed"),
            });
        }
        // Halves, at this invented mark.
        if let Some((first, second)) = content.text.as_deref().and_then(|text| text.split_once("<<cut>>")) {
            let part = |text: &str| Cow::Owned(Content { text: Some(text.into()), ..content.clone() });
            return Ok(vec![part(first), part(second)]);
        }
        Ok(vec![Cow::Borrowed(content)])
    }

    async fn resolve(&self, addresses: &[Address]) -> Result<Vec<Resolution>, Fault> {
        let id = |a: &Address| {
            if a.kind == AddressKind::Mobile { Resolution::Id(a.value.clone()) } else { Resolution::Itself }
        };
        Ok(addresses.iter().map(id).collect())
    }

    async fn deliver(&self, call: &Call<'_>) -> Outcome {
        let refused = |target: &Target| TargetResult {
            index: target.index,
            state: RecipientState::Refused,
            reason: Some(Reason { code: KNOWN.code.into(), words: "no such user".into() }),
        };
        let exceptions = call.targets.iter().filter(|t| t.address.value == "ghost").map(refused).collect();
        Outcome::Taken { handle: Some("7".into()), exceptions }
    }

    async fn receipts(&self, _handle: &str, _targets: &[Target]) -> Result<Receipts, Fault> {
        Ok(Receipts { results: Vec::new(), finished: true })
    }

    async fn recall(&self, _handle: &str) -> Result<(), Fault> {
        Ok(())
    }

    async fn probe(&self) -> Result<(), Fault> {
        if self.broken { Err(Fault::refused("40035", "who are you", Some(&KNOWN))) } else { Ok(()) }
    }

    fn health(&self) -> Health {
        Health { token: "none".into(), trouble: None }
    }

    fn explain(&self, code: &str) -> Option<&'static Known> {
        (code == KNOWN.code).then_some(&KNOWN)
    }
}
