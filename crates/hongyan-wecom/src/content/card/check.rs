//! What the platform refuses of a card.

use super::{Card, Selection};
use crate::content::{filled, linked, sized, within};
use hongyan_endpoint::{Flaw, Unfit};

/// The most bytes of a key that comes back.
const KEY_BYTES: usize = 1_024;
/// The most bytes of an id.
const ID_BYTES: usize = 128;

impl Card {
    /// Whether people answer it: such a card gives a `response_code` and wants a callback address.
    #[must_use]
    pub fn is_interactive(&self) -> bool {
        self.action_menu.is_some() || !matches!(self.card_type.as_str(), "text_notice" | "news_notice")
    }

    /// What the platform refuses of the card.
    ///
    /// # Errors
    /// [`Unfit`] naming the first field that is wrong, with the platform's code.
    pub fn check(&self) -> Result<(), Unfit> {
        let titled = self.main_title.as_ref().is_some_and(|head| !head.title.trim().is_empty());
        let told = self.card_type == "text_notice" && !self.sub_title_text.trim().is_empty();
        if !KINDS.contains(&self.card_type.as_str()) {
            return Err(Unfit::coded(
                "42031",
                "template_card.card_type",
                Flaw::unfit(("is none of the five", "不是五种卡片之一")),
            ));
        }
        if !titled && !told {
            return Err(Unfit::coded("42033", "template_card.main_title.title", Flaw::Missing));
        }
        match self.card_type.as_str() {
            "text_notice" => self.check_action(true)?,
            "news_notice" => {
                if self.card_image.is_none() && self.image_text_area.is_none() {
                    return Err(Unfit::coded("42044", "template_card.card_image", Flaw::Missing));
                }
                self.check_action(true)?;
            }
            "button_interaction" => {
                self.check_action(false)?;
                self.check_buttons()?;
            }
            "vote_interaction" => {
                self.check_vote()?;
                self.check_submit()?;
            }
            _ => {
                sized(self.select_list.len(), 1, 3, "42047", "template_card.select_list")?;
                for (i, selection) in self.select_list.iter().enumerate() {
                    selection.check(&format!("template_card.select_list[{i}]"))?;
                }
                self.check_submit()?;
            }
        }
        self.check_task()?;
        self.check_lists()
    }

    /// 0 only for a button card.
    fn check_action(&self, wanted: bool) -> Result<(), Unfit> {
        let field = "template_card.card_action";
        match &self.card_action {
            None if wanted => Err(Unfit::coded("42045", field, Flaw::Missing)),
            None => Ok(()),
            Some(action) => match action.kind.unwrap_or_default() {
                0 if !wanted => Ok(()),
                kind @ 1..=2 => link(kind, &action.url, &action.appid, field),
                _ => Err(Unfit::coded(
                    "42045",
                    format!("{field}.type"),
                    Flaw::unfit(("is neither 1 nor 2", "既不是 1 也不是 2")),
                )),
            },
        }
    }

    fn check_buttons(&self) -> Result<(), Unfit> {
        // The code of the list's size is not published; 42017 is the one beside those of its entries.
        sized(self.button_list.len(), 1, 6, "42017", "template_card.button_list")?;
        for (i, button) in self.button_list.iter().enumerate() {
            let field = |name: &str| format!("template_card.button_list[{i}].{name}");
            filled(&button.text, "42038", &field("text"))?;
            if button.kind == Some(1) {
                linked(&button.url, "42028", &field("url"))?;
            } else {
                key(&button.key, "42039", &field("key"))?;
            }
        }
        self.button_selection.as_ref().map_or(Ok(()), |selection| selection.check("template_card.button_selection"))
    }

    fn check_vote(&self) -> Result<(), Unfit> {
        let Some(vote) = &self.checkbox else {
            return Err(Unfit::coded("42043", "template_card.checkbox", Flaw::Missing));
        };
        key(&vote.question_key, "42043", "template_card.checkbox.question_key")?;
        sized(vote.option_list.len(), 1, 20, "42037", "template_card.checkbox.option_list")?;
        for (i, option) in vote.option_list.iter().enumerate() {
            check_option(&option.id, &option.text, &format!("template_card.checkbox.option_list[{i}]"))?;
        }
        Ok(())
    }

    fn check_submit(&self) -> Result<(), Unfit> {
        let Some(button) = &self.submit_button else {
            return Err(Unfit::coded("42046", "template_card.submit_button", Flaw::Missing));
        };
        filled(&button.text, "42049", "template_card.submit_button.text")?;
        key(&button.key, "42046", "template_card.submit_button.key")
    }

    fn check_task(&self) -> Result<(), Unfit> {
        let field = "template_card.task_id";
        if self.is_interactive() {
            filled(&self.task_id, "42014", field)?;
        }
        within(&self.task_id, ID_BYTES, "42014", field)?;
        if !self.task_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-@".contains(&byte)) {
            return Err(Unfit::coded(
                "42014",
                field,
                Flaw::unfit(("holds more than letters, digits and _ - @", "只能含字母、数字和 _ - @")),
            ));
        }
        let Some(menu) = &self.action_menu else { return Ok(()) };
        sized(menu.action_list.len(), 1, 3, "40058", "template_card.action_menu.action_list")?;
        for (i, item) in menu.action_list.iter().enumerate() {
            let field = |name: &str| format!("template_card.action_menu.action_list[{i}].{name}");
            filled(&item.text, "42038", &field("text"))?;
            key(&item.key, "42039", &field("key"))?;
            if menu.action_list[..i].iter().any(|other| other.key == item.key) {
                return Err(Unfit::coded("42051", field("key"), Flaw::unfit(("stands twice", "重复出现"))));
            }
        }
        Ok(())
    }

    /// What every card may have.
    fn check_lists(&self) -> Result<(), Unfit> {
        sized(self.horizontal_content_list.len(), 0, 6, "42035", "template_card.horizontal_content_list")?;
        for (i, line) in self.horizontal_content_list.iter().enumerate() {
            let field = |name: &str| format!("template_card.horizontal_content_list[{i}].{name}");
            filled(&line.keyname, "42027", &field("keyname"))?;
            match line.kind {
                Some(1) => linked(&line.url, "42028", &field("url"))?,
                Some(2) => filled(&line.media_id, "42029", &field("media_id"))?,
                Some(3) => filled(&line.userid, "42050", &field("userid"))?,
                _ => {}
            }
        }
        sized(self.vertical_content_list.len(), 0, 4, "42036", "template_card.vertical_content_list")?;
        for (i, part) in self.vertical_content_list.iter().enumerate() {
            filled(&part.title, "42033", &format!("template_card.vertical_content_list[{i}].title"))?;
        }
        sized(self.jump_list.len(), 0, 3, "42042", "template_card.jump_list")?;
        for (i, jump) in self.jump_list.iter().enumerate() {
            let field = format!("template_card.jump_list[{i}]");
            filled(&jump.title, "42033", &format!("{field}.title"))?;
            link(jump.kind.unwrap_or_default(), &jump.url, &jump.appid, &field)?;
        }
        if let Some(quote) = &self.quote_area {
            link(quote.kind.unwrap_or_default(), &quote.url, &quote.appid, "template_card.quote_area")?;
        }
        if let Some(area) = &self.image_text_area {
            filled(&area.image_url, "42044", "template_card.image_text_area.image_url")?;
            link(area.kind.unwrap_or_default(), &area.url, &area.appid, "template_card.image_text_area")?;
        }
        let Some(image) = &self.card_image else { return Ok(()) };
        filled(&image.url, "42044", "template_card.card_image.url")?;
        if image.aspect_ratio.is_some_and(|ratio| !(1.3..=2.25).contains(&ratio)) {
            return Err(Unfit::coded(
                "40058",
                "template_card.card_image.aspect_ratio",
                Flaw::unfit(("is not between 1.3 and 2.25", "不在 1.3 至 2.25 之间")),
            ));
        }
        Ok(())
    }
}

/// The five.
const KINDS: [&str; 5] =
    ["text_notice", "news_notice", "button_interaction", "vote_interaction", "multiple_interaction"];

impl Selection {
    fn check(&self, field: &str) -> Result<(), Unfit> {
        key(&self.question_key, "42043", &format!("{field}.question_key"))?;
        sized(self.option_list.len(), 1, 10, "42037", &format!("{field}.option_list"))?;
        for (i, option) in self.option_list.iter().enumerate() {
            check_option(&option.id, &option.text, &format!("{field}.option_list[{i}]"))?;
        }
        Ok(())
    }
}

fn check_option(id: &str, text: &str, field: &str) -> Result<(), Unfit> {
    filled(id, "42040", &format!("{field}.id"))?;
    within(id, ID_BYTES, "42040", &format!("{field}.id"))?;
    filled(text, "42041", &format!("{field}.text"))
}

/// A key that comes back with the click.
fn key(text: &str, code: &'static str, field: &str) -> Result<(), Unfit> {
    filled(text, code, field)?;
    within(text, KEY_BYTES, code, field)
}

/// 1 wants an address, 2 a mini-program, anything else nothing.
fn link(kind: i64, url: &str, appid: &str, field: &str) -> Result<(), Unfit> {
    match kind {
        1 => linked(url, "42028", &format!("{field}.url")),
        2 => filled(appid, "42030", &format!("{field}.appid")),
        _ => Ok(()),
    }
}
