//! What a message keeps for the heads of its mails: whom they name, and where answers go. How a mail is written is left to
//! its channel.

use hongyan_api::{Code, Problem};
use hongyan_core::{Address, AddressKind, MailHead, Mailbox, Naming, Plan, bilingual};
use std::collections::HashSet;

/// Most mailboxes that a head names: servers refuse heads that are longer than some 100 KB.
const MAX_NAMED: usize = 500;

/// Copies have their fields, and one spelling.
///
/// # Errors
/// Names the entry.
pub(crate) fn check_to(to: &[Address]) -> Result<(), Problem> {
    let copy = to.iter().position(|address| matches!(address.kind, AddressKind::Cc | AddressKind::Bcc));
    copy.map_or(Ok(()), |at| {
        let kind = to[at].kind.name();
        let words = bilingual!("is a copy: it stands in {kind}, as {{\"email\": …}}"; "是抄送：应写在 {kind} 中，如 {{\"email\": …}}");
        Err(Problem::field(Code::InvalidField, format!("to[{at}]"), words))
    })
}

/// The head that a planned message keeps; `None` where its mails need none. `naming` is an account's
/// [`hongyan_core::Channel::naming`].
///
/// # Errors
/// Names `reply_to` where no account sends mail, and `to` where a mail would have to name too many.
pub(crate) fn head(
    plan: &Plan,
    reply_to: Option<Mailbox>,
    naming: impl Fn(&str) -> Option<Naming>,
) -> Result<Option<Box<MailHead>>, Problem> {
    let (mut to, mut cc) = (Vec::new(), Vec::new());
    let mut seen = HashSet::new();
    let (mut mails, mut names_all, mut copies) = (false, false, false);
    for delivery in &plan.deliveries {
        let Some(naming) = naming(&delivery.account) else { continue };
        mails = true;
        names_all |= naming == Naming::Everybody;
        for address in &delivery.recipients {
            copies |= address.kind != AddressKind::Email;
            let list = match address.kind {
                AddressKind::Email => &mut to,
                AddressKind::Cc => &mut cc,
                _ => continue,
            };
            if seen.insert(address.value.to_lowercase()) {
                list.push(Mailbox { email: address.value.clone(), name: address.name.clone() });
            }
        }
    }
    if !mails {
        return match reply_to {
            Some(_) => Err(Problem::field(
                Code::InvalidField,
                "reply_to",
                ("none of the accounts sends mail", "所选账号都不发送邮件"),
            )),
            None => Ok(None),
        };
    }
    let named = cc.len() + if names_all { to.len() } else { 0 };
    if named > MAX_NAMED {
        let words = bilingual!(
            "{named} mailboxes would stand in every mail, at most {MAX_NAMED} do: use bcc, or an account without show_recipients";
            "每封邮件将列出 {named} 个邮箱，最多 {MAX_NAMED} 个：请用 bcc，或使用未设 show_recipients 的账号"
        );
        return Err(Problem::field(Code::InvalidField, "to", words));
    }
    // Whom nobody is to see is not kept, nor whom the only delivery names by itself.
    let one = to.len() == 1 && copies;
    let wanted = names_all || one || to.iter().any(|mailbox: &Mailbox| mailbox.name.is_some());
    let head = MailHead { to: if wanted { to } else { Vec::new() }, cc, reply_to };
    Ok((head != MailHead::default()).then(|| Box::new(head)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hongyan_core::NewDelivery;

    fn delivery(account: &str, recipients: &[(AddressKind, &str, Option<&str>)]) -> NewDelivery {
        let address = |(kind, value, name): &(AddressKind, &str, Option<&str>)| Address {
            name: name.map(Into::into),
            ..Address::new(*kind, *value)
        };
        NewDelivery {
            account: account.into(),
            recipients: recipients.iter().map(address).collect(),
            part: None,
            wording: hongyan_core::Wording::Whole,
        }
    }

    fn made(deliveries: Vec<NewDelivery>, reply_to: Option<&str>, naming: Naming) -> Result<Option<MailHead>, String> {
        let reply_to = reply_to.map(|email| Mailbox { email: email.into(), name: None });
        let made = head(&Plan { deliveries }, reply_to, |name| (name == "mail").then_some(naming));
        made.map(|head| head.map(|head| *head)).map_err(|problem| problem.field.unwrap_or_default())
    }

    const LI: (AddressKind, &str, Option<&str>) = (AddressKind::Email, "li@example.com", None);
    const WANG: (AddressKind, &str, Option<&str>) = (AddressKind::Email, "wang@example.com", Some("王"));
    const CC: (AddressKind, &str, Option<&str>) = (AddressKind::Cc, "zhao@example.com", None);
    const BCC: (AddressKind, &str, Option<&str>) = (AddressKind::Bcc, "qian@example.com", None);

    #[test]
    fn a_head_keeps_what_its_mails_name_and_no_more() {
        let names = |head: Option<MailHead>| {
            head.map(|head| {
                let emails = |list: &[Mailbox]| list.iter().map(|one| one.email.clone()).collect::<Vec<_>>().join(" ");
                format!(
                    "{}|{}|{}",
                    emails(&head.to),
                    emails(&head.cc),
                    head.reply_to.map_or(String::new(), |to| to.email)
                )
            })
        };
        let unnamed = (AddressKind::Email, "wu@example.com", None);
        for (recipients, reply_to, naming, kept) in [
            (vec![LI], None, Naming::Nobody, None),
            (vec![LI, unnamed], None, Naming::Nobody, None),
            (vec![LI, unnamed, BCC], None, Naming::Nobody, None),
            (vec![LI, BCC], None, Naming::Nobody, Some("li@example.com||")),
            (vec![LI, unnamed], None, Naming::Everybody, Some("li@example.com wu@example.com||")),
            (vec![LI, WANG], None, Naming::Each, Some("li@example.com wang@example.com||")),
            (vec![LI, CC, BCC], None, Naming::Nobody, Some("li@example.com|zhao@example.com|")),
            (vec![LI, unnamed, CC], None, Naming::Nobody, Some("|zhao@example.com|")),
            (vec![LI, unnamed], Some("ops@example.com"), Naming::Nobody, Some("||ops@example.com")),
        ] {
            let made = made(vec![delivery("mail", &recipients)], reply_to, naming).unwrap();
            assert_eq!(names(made).as_deref(), kept, "{recipients:?} {naming:?}");
        }
    }

    #[test]
    fn only_mails_have_a_head_and_none_is_endless() {
        let ding = || delivery("ding", &[(AddressKind::Userid, "li", None)]);
        assert_eq!(made(vec![ding()], None, Naming::Nobody), Ok(None));
        assert_eq!(made(vec![ding()], Some("ops@example.com"), Naming::Nobody), Err("reply_to".into()));
        let emails: Vec<String> = (0..=MAX_NAMED).map(|n| format!("u{n}@example.com")).collect();
        let many: Vec<_> = emails.iter().map(|email| (AddressKind::Email, email.as_str(), None)).collect();
        assert_eq!(made(vec![delivery("mail", &many)], None, Naming::Everybody), Err("to".into()));
        assert_eq!(made(vec![delivery("mail", &many)], None, Naming::Nobody), Ok(None));
    }

    #[test]
    fn a_copy_stands_in_its_own_field() {
        assert!(check_to(&[Address::new(AddressKind::Email, "a@b.cn")]).is_ok());
        let copy = [Address::new(AddressKind::Email, "a@b.cn"), Address::new(AddressKind::Bcc, "c@d.cn")];
        assert_eq!(check_to(&copy).unwrap_err().field.as_deref(), Some("to[1]"));
    }
}
