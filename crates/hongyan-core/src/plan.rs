//! From a message to its deliveries: who goes through which account, in how many calls.

use crate::{Address, AddressKind, Bilingual, Capabilities, Format, NewDelivery, Part, Wording, bilingual};
use hongyan_endpoint::mail_address;
use std::{borrow::Cow, collections::HashSet};

/// The deliveries that a message becomes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// In the order of the accounts, then of the audience.
    pub deliveries: Vec<NewDelivery>,
}

impl Plan {
    /// Puts a delivery for each part in the place of each delivery: `parts` says how many an account needs. The parts
    /// to the same recipients follow each other.
    #[must_use]
    pub fn in_parts(self, parts: impl Fn(&str) -> u32) -> Self {
        let split = |delivery: NewDelivery| {
            let of = parts(&delivery.account);
            let part = move |number| (of > 1).then_some(Part { number, of });
            (1..=of.max(1)).map(move |number| NewDelivery { part: part(number), ..delivery.clone() })
        };
        Self { deliveries: self.deliveries.into_iter().flat_map(split).collect() }
    }
}

/// Why a message cannot be planned; `field` is a dotted path into the message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct PlanError {
    /// The field at fault.
    pub field: String,
    /// What is wrong and what would do.
    pub message: Bilingual,
}

impl PlanError {
    fn at(field: impl Into<String>, message: impl Into<Bilingual>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// Splits an audience into calls within the accounts' limits, keeping order and dropping repeats.
///
/// `accounts` are those of the message (or its route), in order; `lookup` finds any account by name, for
/// entries that name their own. An entry goes to every one of its accounts that can reach its kind; an
/// entry that none can reach is an error. O(n) in recipients.
///
/// # Errors
/// [`PlanError`] naming `to`, `via`, `content` or an entry of `to`, `cc` or `bcc`.
pub fn plan<'a>(
    to: &[Address],
    accounts: &[&'a str],
    format: Format,
    has_attachments: bool,
    lookup: impl Fn(&str) -> Option<(&'a str, &'a Capabilities)>,
) -> Result<Plan, PlanError> {
    if to.is_empty() {
        return Err(PlanError::at("to", ("names nobody: give at least one recipient", "没有收件人：至少给出一个")));
    }
    let mut lanes: Vec<Lane<'a>> = Vec::new();
    for name in accounts {
        lane_of(&mut lanes, name, &lookup, || "via".into())?;
    }
    let shared = lanes.len();
    for (i, address) in to.iter().enumerate() {
        let mut reached = false;
        let mut tried = Vec::new();
        let own: Vec<usize> = if address.via.is_empty() {
            (0..shared).collect()
        } else {
            address
                .via
                .iter()
                .map(|name| lane_of(&mut lanes, name, &lookup, || format!("{}.via", field_of(to, i))))
                .collect::<Result<_, _>>()?
        };
        if own.is_empty() {
            return Err(PlanError::at(
                format!("{}.via", field_of(to, i)),
                ("no account: name one here, in via, or in a route", "没有账号：请在此处、via 或路由中指定"),
            ));
        }
        for lane in own {
            let lane = &mut lanes[lane];
            tried.push(lane.name);
            if let Some(group) = lane.capabilities.group_of(address.kind) {
                reached = true;
                lane.add(address, group);
            }
        }
        if !reached {
            let (kind, en, zh) = (address.kind.name(), tried.join(", "), tried.join("、"));
            return Err(PlanError::at(
                field_of(to, i),
                bilingual!("no account can reach {kind}: tried {en}"; "没有账号能送达 {kind}：已试 {zh}"),
            ));
        }
    }
    let lanes: Vec<Lane<'_>> = lanes.into_iter().filter(|lane| !lane.calls.is_empty()).collect();
    for lane in &lanes {
        let (name, channel, form) = (lane.name, lane.capabilities.channel, format.name());
        if !lane.capabilities.formats.contains(&format) {
            return Err(PlanError::at(
                format!("content.{form}"),
                bilingual!("account {name} ({channel}) cannot carry {form}"; "账号 {name}（{channel}）不能发送 {form}"),
            ));
        }
        if has_attachments && !lane.capabilities.attachments {
            return Err(PlanError::at(
                "content.attachments",
                bilingual!("account {name} ({channel}) cannot carry files"; "账号 {name}（{channel}）不能携带文件"),
            ));
        }
    }
    let deliveries = lanes
        .into_iter()
        .flat_map(|lane| {
            let account = lane.name;
            lane.calls.into_iter().map(move |call| NewDelivery {
                account: account.into(),
                recipients: call.recipients,
                part: None,
                wording: Wording::default(),
            })
        })
        .collect();
    Ok(Plan { deliveries })
}

/// One account's calls while they fill.
struct Lane<'a> {
    name: &'a str,
    capabilities: &'a Capabilities,
    seen: HashSet<(crate::AddressKind, String)>,
    calls: Vec<Filling>,
    /// Per list of the channel, the first call that still has room in it.
    open: Vec<usize>,
}

#[derive(Default)]
struct Filling {
    recipients: Vec<Address>,
    used: Vec<usize>,
}

impl Lane<'_> {
    fn add(&mut self, address: &Address, group: usize) {
        if !self.seen.insert(same(address)) {
            return;
        }
        let max = self.capabilities.groups[group].max.max(1);
        let apart = self.capabilities.groups[group].apart.is_some();
        let at = &mut self.open[group];
        while self.calls.get(*at).is_some_and(|call| call.used[group] >= max) {
            *at += 1;
        }
        if apart {
            *at = self.calls.len();
        }
        if self.calls.len() == *at {
            // No other list has room in a call that travels alone.
            let used = if apart { usize::MAX } else { 0 };
            self.calls.push(Filling { recipients: Vec::new(), used: vec![used; self.capabilities.groups.len()] });
        }
        let call = &mut self.calls[*at];
        call.used[group] = call.used[group].saturating_add(1);
        call.recipients.push(Address { via: Vec::new(), ..address.clone() });
    }
}

/// What makes two entries one recipient. User ids and mail addresses are compared without case, as the platforms do; who
/// is written to gets no copy beside that.
fn same(address: &Address) -> (AddressKind, String) {
    let value = address.on_wire().to_lowercase();
    match address.kind {
        AddressKind::Email | AddressKind::Cc | AddressKind::Bcc => {
            let wire = mail_address(&value).map(Cow::into_owned);
            (AddressKind::Email, wire.unwrap_or(value))
        }
        kind => (kind, value),
    }
}

/// The field of the message that an entry of its audience stands in: copies follow `to`.
fn field_of(audience: &[Address], at: usize) -> String {
    let kind = audience[at].kind;
    let name = match kind {
        AddressKind::Cc | AddressKind::Bcc => kind.name(),
        _ => return format!("to[{at}]"),
    };
    let before = audience[..at].iter().filter(|address| address.kind == kind).count();
    format!("{name}[{before}]")
}

fn lane_of<'a>(
    lanes: &mut Vec<Lane<'a>>,
    name: &str,
    lookup: &impl Fn(&str) -> Option<(&'a str, &'a Capabilities)>,
    field: impl Fn() -> String,
) -> Result<usize, PlanError> {
    if let Some(at) = lanes.iter().position(|lane| lane.name == name) {
        return Ok(at);
    }
    let (name, capabilities) = lookup(name).ok_or_else(|| {
        PlanError::at(field(), bilingual!("no account is called {name:?}"; "没有名为 {name:?} 的账号"))
    })?;
    lanes.push(Lane {
        name,
        capabilities,
        seen: HashSet::new(),
        calls: Vec::new(),
        open: vec![0; capabilities.groups.len()],
    });
    Ok(lanes.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dedup, Group};
    use proptest::prelude::*;

    fn capabilities(groups: Vec<Group>) -> Capabilities {
        Capabilities {
            channel: "test",
            groups,
            looked_up: &[],
            formats: &[Format::Text],
            attachments: false,
            dedup: Dedup::None,
            receipts_for: None,
            recall_for: None,
            concurrency: 1,
            rates: Vec::new(),
        }
    }

    fn ding() -> Capabilities {
        capabilities(vec![
            Group::chats(Dedup::None),
            Group::of(&[AddressKind::Userid, AddressKind::Mobile], 100),
            Group::of(&[AddressKind::Department], 20),
        ])
    }

    fn mail() -> Capabilities {
        capabilities(vec![Group::of(&[AddressKind::Email, AddressKind::Cc, AddressKind::Bcc], 50)])
    }

    fn planned(to: &[Address], accounts: &[&'static str]) -> Result<Plan, PlanError> {
        let (ding, mail) = (ding(), mail());
        plan(to, accounts, Format::Text, false, |name| match name {
            "ding" => Some(("ding", Box::leak(Box::new(ding.clone())))),
            "mail" => Some(("mail", Box::leak(Box::new(mail.clone())))),
            _ => None,
        })
    }

    fn users(n: usize) -> Vec<Address> {
        (0..n).map(|i| Address::new(AddressKind::Userid, format!("u{i}"))).collect()
    }

    #[test]
    fn two_hundred_and_fifty_people_are_three_calls() {
        let plan = planned(&users(250), &["ding"]).unwrap();
        let sizes: Vec<usize> = plan.deliveries.iter().map(|d| d.recipients.len()).collect();
        assert_eq!(sizes, [100, 100, 50]);
    }

    #[test]
    fn people_and_departments_share_a_call() {
        let mut to = users(150);
        to.extend((0..30).map(|i| Address::new(AddressKind::Department, i.to_string())));
        let plan = planned(&to, &["ding"]).unwrap();
        let sizes: Vec<usize> = plan.deliveries.iter().map(|d| d.recipients.len()).collect();
        assert_eq!(sizes, [120, 60]);
    }

    #[test]
    fn a_chat_travels_alone() {
        let chat = |id: &str| Address::new(AddressKind::Chat, id);
        let mut to = vec![chat("chat1")];
        to.extend(users(2));
        to.extend([chat("chat2"), Address::new(AddressKind::Department, "7")]);
        let plan = planned(&to, &["ding"]).unwrap();
        let calls: Vec<Vec<String>> =
            plan.deliveries.iter().map(|d| d.recipients.iter().map(ToString::to_string).collect()).collect();
        assert_eq!(calls, [vec!["chat:chat1"], vec!["userid:u0", "userid:u1", "department:7"], vec!["chat:chat2"]]);
    }

    #[test]
    fn a_recipient_is_named_once_whatever_the_case() {
        let to = [Address::new(AddressKind::Userid, "Li"), Address::new(AddressKind::Userid, "li")];
        assert_eq!(planned(&to, &["ding"]).unwrap().deliveries[0].recipients.len(), 1);
    }

    #[test]
    fn a_copy_goes_by_mail_alone_and_to_nobody_twice() {
        let of = Address::new;
        let to = [
            of(AddressKind::Userid, "li"),
            of(AddressKind::Email, "li@例子.cn"),
            of(AddressKind::Cc, "LI@xn--fsqu00a.cn"),
            of(AddressKind::Cc, "wang@example.com"),
            of(AddressKind::Bcc, "wang@example.com"),
            of(AddressKind::Bcc, "zhao@example.com"),
        ];
        let plan = planned(&to, &["ding", "mail"]).unwrap();
        let calls: Vec<Vec<String>> =
            plan.deliveries.iter().map(|d| d.recipients.iter().map(ToString::to_string).collect()).collect();
        assert_eq!(calls, [vec!["userid:li"], vec!["email:li@例子.cn", "cc:wang@example.com", "bcc:zhao@example.com"]]);
        assert_eq!(planned(&[to[0].clone(), to[3].clone()], &["ding"]).unwrap_err().field, "cc[0]");
        assert_eq!(planned(&[to[0].clone(), to[4].clone(), to[5].clone()], &["ding"]).unwrap_err().field, "bcc[0]");
    }

    #[test]
    fn an_entry_goes_where_it_can_be_reached() {
        let to = [Address::new(AddressKind::Userid, "li"), Address::new(AddressKind::Email, "li@example.com")];
        let plan = planned(&to, &["ding", "mail"]).unwrap();
        let accounts: Vec<&str> = plan.deliveries.iter().map(|d| d.account.as_str()).collect();
        assert_eq!(accounts, ["ding", "mail"]);
    }

    #[test]
    fn parts_to_the_same_people_follow_each_other() {
        let plan = planned(&users(150), &["ding"]).unwrap().in_parts(|account| if account == "ding" { 2 } else { 1 });
        let shape: Vec<_> = plan.deliveries.iter().map(|d| (d.recipients.len(), d.part.unwrap().number)).collect();
        assert_eq!(shape, [(100, 1), (100, 2), (50, 1), (50, 2)]);
        assert!(plan.deliveries.iter().all(|d| d.part.unwrap().of == 2));
        let whole = planned(&users(1), &["ding"]).unwrap();
        assert_eq!(whole.clone().in_parts(|_| 1), whole);
    }

    #[test]
    fn errors_name_the_field() {
        let field = |to: &[Address], accounts: &[&'static str]| planned(to, accounts).unwrap_err().field;
        assert_eq!(field(&[], &["ding"]), "to");
        assert_eq!(field(&users(1), &["nobody"]), "via");
        assert_eq!(field(&users(1), &[]), "to[0].via");
        let mail = Address::new(AddressKind::Email, "a@b");
        assert_eq!(field(&[users(1)[0].clone(), mail.clone()], &["ding"]), "to[1]");
        let own = Address { via: vec!["x".into()], ..mail };
        assert_eq!(field(&[own], &["ding"]), "to[0].via");
        let (name, d) = ("ding", ding());
        let error = plan(&users(1), &["ding"], Format::Html, false, |_| Some((name, &d))).unwrap_err();
        assert_eq!(error.field, "content.html");
        let error = plan(&users(1), &["ding"], Format::Text, true, |_| Some((name, &d))).unwrap_err();
        assert_eq!(error.field, "content.attachments");
    }

    proptest! {
        #[test]
        fn every_recipient_is_in_exactly_one_call_within_the_limits(people in 1_usize..350, departments in 0_usize..70) {
            let mut to = users(people);
            to.extend((0..departments).map(|i| Address::new(AddressKind::Department, i.to_string())));
            let plan = planned(&to, &["ding"]).unwrap();
            let mut out: Vec<String> = Vec::new();
            for delivery in &plan.deliveries {
                let d = delivery.recipients.iter().filter(|r| r.kind == AddressKind::Department).count();
                prop_assert!(d <= 20 && delivery.recipients.len() - d <= 100 && !delivery.recipients.is_empty());
                out.extend(delivery.recipients.iter().map(ToString::to_string));
            }
            let least = people.div_ceil(100).max(departments.div_ceil(20));
            prop_assert_eq!(plan.deliveries.len(), least);
            let mut expected: Vec<String> = to.iter().map(ToString::to_string).collect();
            out.sort();
            expected.sort();
            prop_assert_eq!(out, expected);
        }
    }
}
