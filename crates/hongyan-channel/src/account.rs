//! An account at work: what it sends by, and by which rules.

use crate::{LongText, operations::Caller, render, robot::RobotCaller};
use hongyan_core::{Channel, Claim, Content, Dedup, Flaw, OnRepeat, Part, Policy, Rate, Time, Unfit, bilingual};
use std::{borrow::Cow, sync::Arc, time::Duration};

/// An account at work: its channel and its rules.
#[derive(Clone)]
pub struct Account {
    /// Its name in the configuration.
    pub name: Arc<str>,
    /// Sends its messages.
    pub channel: Arc<dyn Channel>,
    /// The rules for retries and lost replies.
    pub policy: Policy,
    /// What to do with repeats.
    pub on_repeat: OnRepeat,
    /// What to do with a text that one call cannot carry.
    pub long_text: LongText,
    /// Whether what comes by the platform's own path is split too: only where the configuration itself says `split`.
    pub split_given: bool,
    /// The limits on the account's calls.
    pub rates: Vec<Rate>,
    /// The limits on messages to one recipient.
    pub recipient_rates: Vec<Rate>,
    /// Calls in flight at once.
    pub concurrency: usize,
    /// After a send, when receipts are first looked at; `None` for never.
    pub receipts_after: Option<Duration>,
    /// The client of the platform's other operations, with the channel's own token; `None` where there are none.
    pub caller: Option<Arc<dyn Caller>>,
    /// The client of the platform's own paths, of a group's robot.
    pub robot: Option<Arc<dyn RobotCaller>>,
}

impl Account {
    /// The content as this account sends it, one part per call: with the time in the text where `on_repeat = "stamp"`,
    /// so that equal messages differ. The time is the message's own, so every attempt says the same.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn parts<'a>(&self, content: &'a Content, made_at: Time) -> Result<Vec<Cow<'a, Content>>, Unfit> {
        // The platform judges what came by its own path.
        if content.given.is_some() {
            let split = self.split_given;
            return Ok(if split { self.channel.given_in_parts(content) } else { vec![Cow::Borrowed(content)] });
        }
        let parts = self.channel.parts(content, &self.stamp(made_at))?;
        // A table's file is no more of a text.
        if parts.len() > 1 && self.long_text == LongText::Refuse && content.table.is_none() {
            let field = if content.markdown.is_some() { "markdown" } else { "text" };
            let size = content.markdown.as_ref().or(content.text.as_ref()).map_or(0, String::len);
            let count = parts.len();
            let why = bilingual!(
                "takes {size} bytes of UTF-8 (a Chinese character takes 3), more than one call carries, and would be {count} parts: shorten it, link to the rest, or leave long_text = \"refuse\" out of the account";
                "占 {size} 字节（UTF-8，一个汉字占 3 字节），超过一次调用所能携带，须分 {count} 条：请缩短、用链接代替其余，或去掉账号的 long_text = \"refuse\""
            );
            return Err(Unfit::new(field, Flaw::Unfit(why)));
        }
        Ok(parts)
    }

    /// What one delivery says: what was settled when its message was accepted, whatever the account's settings are by
    /// now.
    ///
    /// # Errors
    /// [`Unfit`] when nothing was settled, as by earlier versions, and the channel makes other parts of the content now.
    pub fn wording<'a>(&self, claim: &'a Claim) -> Result<Cow<'a, Content>, Unfit> {
        let content: &Content = &claim.content;
        if claim.ready {
            return Ok(Cow::Borrowed(content));
        }
        let part = match claim.part {
            // What a table becomes is the channel's to say, in one part too.
            None if content.table.is_some() => Part { number: 1, of: 1 },
            None => return Ok(render::suffixed(content, &self.stamp(claim.made_at))),
            Some(part) => part,
        };
        let mut parts = self.channel.parts(content, &self.stamp(claim.made_at))?;
        let at = usize::try_from(part.number).unwrap_or_default().wrapping_sub(1);
        if parts.len() != usize::try_from(part.of).unwrap_or_default() || at >= parts.len() {
            let (then, now) = (part.of, parts.len());
            let why = bilingual!(
                "was accepted in {then} parts and is {now} by now: send it anew";
                "受理时为 {then} 条，现为 {now} 条：请重新发送"
            );
            return Err(Unfit::new("", Flaw::Unfit(why)));
        }
        Ok(parts.swap_remove(at))
    }

    fn stamp(&self, made_at: Time) -> String {
        if self.on_repeat == OnRepeat::Refuse || matches!(self.policy.dedup, Dedup::None | Dedup::KeyedFor(_)) {
            return String::new();
        }
        format!("\n({made_at})")
    }
}
