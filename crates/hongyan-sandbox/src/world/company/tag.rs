//! Tags (WeCom): named groups of people and departments.

use serde::{Deserialize, Serialize};

const MAX_TAGS: usize = 3_000;

/// One tag.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Tag {
    pub(crate) id: i64,
    pub(crate) name: String,
    /// User ids.
    pub(crate) members: Vec<String>,
    /// Departments, with all below them.
    pub(crate) parties: Vec<i64>,
}

/// Why a tag cannot be as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TagTaken {
    Id,
    Name,
    /// There are too many.
    Room,
}

/// All tags, in order of their ids.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Tags(Vec<Tag>);

impl Tags {
    pub(super) fn new(tags: Vec<Tag>) -> Self {
        Self(tags)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Tag> {
        self.0.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn get(&self, id: i64) -> Option<&Tag> {
        self.0.iter().find(|tag| tag.id == id)
    }

    /// For its members; the name goes by [`Tags::rename`].
    pub(crate) fn get_mut(&mut self, id: i64) -> Option<&mut Tag> {
        self.0.iter_mut().find(|tag| tag.id == id)
    }

    /// Adds one; without an id it gets the next one.
    ///
    /// # Errors
    /// The id or the name belongs to another, or there are too many.
    pub(crate) fn add(&mut self, id: Option<i64>, name: &str) -> Result<i64, TagTaken> {
        let id = id.unwrap_or_else(|| self.0.iter().map(|tag| tag.id).max().unwrap_or(0) + 1);
        if self.get(id).is_some() {
            return Err(TagTaken::Id);
        }
        if self.0.len() >= MAX_TAGS {
            return Err(TagTaken::Room);
        }
        if self.0.iter().any(|tag| tag.name == name) {
            return Err(TagTaken::Name);
        }
        let at = self.0.partition_point(|tag| tag.id < id);
        self.0.insert(at, Tag { id, name: name.to_owned(), ..Tag::default() });
        Ok(id)
    }

    /// Renames one; `Ok(false)` where there is none.
    ///
    /// # Errors
    /// The name belongs to another.
    pub(crate) fn rename(&mut self, id: i64, name: &str) -> Result<bool, TagTaken> {
        if self.0.iter().any(|tag| tag.id != id && tag.name == name) {
            return Err(TagTaken::Name);
        }
        let tag = self.get_mut(id);
        Ok(tag.map(|tag| name.clone_into(&mut tag.name)).is_some())
    }

    /// Whether there was one.
    pub(crate) fn remove(&mut self, id: i64) -> bool {
        let before = self.0.len();
        self.0.retain(|tag| tag.id != id);
        self.0.len() < before
    }

    /// A person left or is called otherwise now.
    pub(super) fn replace_member(&mut self, userid: &str, by: Option<&str>) {
        for tag in &mut self.0 {
            if let Some(at) = tag.members.iter().position(|member| member == userid) {
                match by {
                    Some(new) => new.clone_into(&mut tag.members[at]),
                    None => drop(tag.members.remove(at)),
                }
            }
        }
    }

    /// A department is no more.
    pub(super) fn forget_party(&mut self, department: i64) {
        for tag in &mut self.0 {
            tag.parties.retain(|party| *party != department);
        }
    }
}
