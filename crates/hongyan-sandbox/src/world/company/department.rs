//! One department, what DingTalk lets a company set about it, and how departments come, change and go.

use super::{Change, Company, ROOT};
use serde::{Deserialize, Serialize};

const MAX_DEPARTMENTS: usize = 10_000;

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

impl Company {
    /// Adds a department; id 0 stands for the next one.
    ///
    /// # Errors
    /// Its id or its name is taken, its parent does not exist, or there are too many.
    pub(crate) fn add_department(&mut self, mut department: Department) -> Result<i64, Misplaced> {
        if self.departments.len() >= MAX_DEPARTMENTS {
            return Err(Misplaced::Room);
        }
        if department.id == 0 {
            department.id = self.next_department_id();
        }
        if self.department(department.id).is_some() {
            return Err(Misplaced::IdTaken);
        }
        self.check_place(&department)?;
        let id = department.id;
        self.departments.push(department);
        self.arrange();
        self.news.push(Change::DepartmentCame(id));
        Ok(id)
    }

    /// Changes a department, but never its id.
    ///
    /// # Errors
    /// There is none; or its new parent or name cannot be. Then nothing changed.
    pub(crate) fn update_department(&mut self, id: i64, change: impl FnOnce(&mut Department)) -> Result<(), Misplaced> {
        let at = self.departments.iter().position(|department| department.id == id).ok_or(Misplaced::Unknown)?;
        let old = &self.departments[at];
        let mut new = old.clone();
        change(&mut new);
        new.id = id;
        let moved = new.parent_id != old.parent_id;
        if moved && self.below(id).contains(&new.parent_id) {
            return Err(Misplaced::Circle);
        }
        if moved || new.name != old.name {
            self.check_place(&new)?;
        }
        self.departments[at] = new;
        if moved {
            self.arrange();
            for person in self.members_of(id, true) {
                self.look_at(person);
            }
        }
        self.news.push(Change::DepartmentChanged(id));
        Ok(())
    }

    /// Removes a department that has nobody in it and nothing below it.
    ///
    /// # Errors
    /// Why it stays.
    pub(crate) fn remove_department(&mut self, id: i64) -> Result<(), Kept> {
        if id == ROOT {
            return Err(Kept::Root);
        }
        if self.department(id).is_none() {
            return Err(Kept::Unknown);
        }
        if !self.children(id).is_empty() {
            return Err(Kept::Children);
        }
        if self.members.get(&id).is_some_and(|members| !members.is_empty()) {
            return Err(Kept::Members);
        }
        self.departments.retain(|department| department.id != id);
        self.tags.forget_party(id);
        for person in &mut self.slots {
            person.leader_of.retain(|led| *led != id);
        }
        self.news.push(Change::DepartmentGone(id));
        self.arrange();
        Ok(())
    }

    fn check_place(&self, department: &Department) -> Result<(), Misplaced> {
        if department.id != ROOT && self.department(department.parent_id).is_none() {
            return Err(Misplaced::NoParent);
        }
        let mut beside = self.children(department.parent_id).iter().filter(|id| **id != department.id);
        if beside.any(|id| self.department(*id).is_some_and(|other| other.name == department.name)) {
            return Err(Misplaced::NameTaken);
        }
        Ok(())
    }
}
