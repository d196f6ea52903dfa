//! One department, and what DingTalk lets a company set about it.

use serde::{Deserialize, Serialize};

/// One department. Visible with everybody in it, or not at all.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Department {
    pub(crate) id: i64,
    pub(crate) parent_id: i64,
    pub(crate) name: String,
    /// WeCom's English name.
    pub(crate) name_en: String,
    /// Inside the applications' visible scope; the company derives it from the department above.
    pub(crate) visible: bool,
    /// Place below its parent: DingTalk counts up, WeCom down.
    pub(crate) order: i64,
    #[serde(flatten)]
    pub(crate) settings: DepartmentSettings,
}

/// What DingTalk keeps about a department beside its place.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct DepartmentSettings {
    /// It has a group chat.
    pub(crate) create_dept_group: bool,
    /// New members join that chat.
    pub(crate) auto_add_user: bool,
    /// Who applies joins at once.
    pub(crate) auto_approve_apply: bool,
    /// The chat holds those below too.
    pub(crate) group_contain_sub_dept: bool,
    /// The chat's owner.
    pub(crate) org_dept_owner: Option<String>,
    pub(crate) hide_dept: bool,
    /// Departments that see it although hidden.
    pub(crate) dept_permits: Vec<i64>,
    /// People who see it although hidden.
    pub(crate) user_permits: Vec<String>,
    /// Its members see only themselves.
    pub(crate) outer_dept: bool,
    /// And their own department.
    pub(crate) outer_dept_only_self: bool,
    /// What they see besides.
    pub(crate) outer_permit_depts: Vec<i64>,
    /// Whom they see besides.
    pub(crate) outer_permit_users: Vec<String>,
    /// The caller's own mark.
    pub(crate) source_identifier: Option<String>,
    /// The company's number for it.
    pub(crate) code: Option<String>,
}

/// Why a department cannot be as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misplaced {
    /// The id belongs to another.
    IdTaken,
    /// The parent does not exist.
    NoParent,
    /// Another below the same parent has the name.
    NameTaken,
    /// It would come to stand below itself.
    Circle,
    /// There is none of that id to change.
    Unknown,
    /// There are too many.
    Room,
}

/// Why a department cannot be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// There is none of that id.
    Unknown,
    /// It is everybody's.
    Root,
    /// People are in it.
    Members,
    /// Departments are below it.
    Children,
}
