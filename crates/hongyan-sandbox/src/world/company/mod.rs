//! The company: people, departments and tags, all plainly invented and decided by a seed.
//!
//! Both platforms read and write this one company. Whoever changes it goes through the methods here, which keep
//! the ways to find people in step; what a platform says to a refused change is left to the platform.

mod department;
mod person;
mod roll;
mod seed;
mod tag;

pub(crate) use department::{Department, DepartmentSettings, Kept, Misplaced};
pub(crate) use person::{Person, PersonRule};
pub(crate) use roll::Roll;
pub(crate) use tag::{Tag, TagTaken, Tags};

use person::mobile_key;
use std::collections::{HashMap, HashSet};

/// Place of a person in the company; it stays theirs after they left.
pub(crate) type PersonId = u32;

/// The department of everybody.
pub(crate) const ROOT: i64 = 1;
/// The department outside the applications' visible scope.
const CLOSED: i64 = 90;

/// People ever: numbers of those who left are not given again.
const MAX_PEOPLE: usize = 200_000;

/// What a person cannot have because another has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    Userid(PersonId),
    Mobile(PersonId),
    Email(PersonId),
    PersonalEmail(PersonId),
    /// No number is left: so many people were there, once and now.
    Room,
}

/// What happened to the company, for those who are told.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    PersonCame(PersonId),
    PersonChanged {
        before: Box<Person>,
        now: Box<Person>,
    },
    /// With the userid that they had.
    PersonLeft(String),
    DepartmentCame(i64),
    DepartmentChanged(i64),
    DepartmentGone(i64),
}

/// Everybody, and the ways to find them.
#[derive(Debug, Clone)]
pub(crate) struct Company {
    slots: Vec<Person>,
    departments: Vec<Department>,
    pub(crate) tags: Tags,
    by_userid: HashMap<String, PersonId>,
    by_mobile: HashMap<String, PersonId>,
    by_email: HashMap<String, PersonId>,
    by_personal_email: HashMap<String, PersonId>,
    by_unionid: HashMap<String, PersonId>,
    members: HashMap<i64, Vec<PersonId>>,
    children: HashMap<i64, Vec<i64>>,
    /// Not told yet.
    news: Vec<Change>,
    living: usize,
    changes: u64,
}

impl Company {
    /// The company of a seed, with `size` people beside the named ones.
    pub(crate) fn new(seed: u64, size: usize) -> Self {
        seed::invent(seed, size)
    }

    fn of(people: Vec<Person>, departments: Vec<Department>, tags: Tags) -> Self {
        let mut company = Self {
            slots: people,
            departments,
            tags,
            by_userid: HashMap::new(),
            by_mobile: HashMap::new(),
            by_email: HashMap::new(),
            by_personal_email: HashMap::new(),
            by_unionid: HashMap::new(),
            members: HashMap::new(),
            children: HashMap::new(),
            news: Vec::new(),
            living: 0,
            changes: 0,
        };
        company.arrange();
        for id in 0..PersonId::try_from(company.slots.len()).unwrap_or(PersonId::MAX) {
            if !company.slots[id as usize].departed {
                company.settle_in(id);
            }
        }
        company
    }

    /// What happened since this was asked last.
    pub(crate) fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.news)
    }

    // People, read.

    /// Whoever has that place, also when they have left.
    pub(crate) fn person(&self, id: PersonId) -> &Person {
        &self.slots[id as usize]
    }

    /// For the rules about a person only: what they are found by goes through [`Company::update_person`].
    pub(crate) fn person_mut(&mut self, id: PersonId) -> &mut Person {
        &mut self.slots[id as usize]
    }

    /// Everybody who is in the company, in order of their coming.
    pub(crate) fn people(&self) -> impl Iterator<Item = (PersonId, &Person)> {
        (0..).zip(&self.slots).filter(|(_, person)| !person.departed)
    }

    /// The people of a tag, those of its departments included.
    pub(crate) fn people_of(&self, tag: &Tag) -> Vec<PersonId> {
        let members = tag.members.iter().filter_map(|userid| self.find(userid));
        members.chain(tag.parties.iter().flat_map(|party| self.members_of(*party, true))).collect()
    }

    /// One more than the greatest number that anybody ever had.
    pub(crate) fn numbers(&self) -> usize {
        self.slots.len()
    }

    /// How many are in the company.
    pub(crate) fn size(&self) -> usize {
        self.living
    }

    /// By userid, upper and lower case alike (WeCom's way).
    pub(crate) fn find(&self, userid: &str) -> Option<PersonId> {
        match self.by_userid.get(userid) {
            Some(id) => Some(*id),
            None => self.by_userid.get(&userid.to_ascii_lowercase()).copied(),
        }
    }

    /// By userid, letter by letter (DingTalk's way).
    pub(crate) fn find_exact(&self, userid: &str) -> Option<PersonId> {
        self.find(userid).filter(|id| self.person(*id).userid == userid)
    }

    /// By mobile number; those of the mainland with or without `+86`.
    pub(crate) fn find_mobile(&self, mobile: &str) -> Option<PersonId> {
        self.by_mobile.get(&mobile_key(mobile)).copied()
    }

    pub(crate) fn find_email(&self, email: &str, personal: bool) -> Option<PersonId> {
        let index = if personal { &self.by_personal_email } else { &self.by_email };
        index.get(&email.to_ascii_lowercase()).copied()
    }

    pub(crate) fn find_unionid(&self, unionid: &str) -> Option<PersonId> {
        self.by_unionid.get(unionid).copied()
    }

    // Departments, read.

    pub(crate) fn departments(&self) -> &[Department] {
        &self.departments
    }

    pub(crate) fn department(&self, id: i64) -> Option<&Department> {
        self.departments.iter().find(|department| department.id == id)
    }

    /// The departments directly below one, in order of their making.
    pub(crate) fn children(&self, department: i64) -> &[i64] {
        self.children.get(&department).map_or(&[], Vec::as_slice)
    }

    /// A department and all below it, the one itself first.
    pub(crate) fn below(&self, department: i64) -> Vec<i64> {
        let mut found = vec![department];
        let mut at = 0;
        while let Some(id) = found.get(at) {
            found.extend(self.children(*id));
            at += 1;
        }
        found
    }

    /// From a department up to the root, the one itself first.
    pub(crate) fn chain(&self, department: i64) -> Vec<i64> {
        std::iter::successors(self.department(department), |below| self.department(below.parent_id))
            .map(|department| department.id)
            .collect()
    }

    /// The people of a department, each once; with those below it where asked.
    pub(crate) fn members_of(&self, department: i64, recursive: bool) -> Vec<PersonId> {
        let of = |id: &i64| self.members.get(id).map_or(&[][..], Vec::as_slice);
        if !recursive {
            return of(&department).to_vec();
        }
        let mut seen = HashSet::new();
        self.below(department).iter().flat_map(of).copied().filter(|person| seen.insert(*person)).collect()
    }

    /// The heads of a department.
    pub(crate) fn leaders_of(&self, department: i64) -> Vec<PersonId> {
        self.people().filter(|(_, person)| person.leads(department)).map(|(id, _)| id).collect()
    }

    /// An id for a new department.
    pub(crate) fn next_department_id(&self) -> i64 {
        self.departments.iter().map(|department| department.id).max().unwrap_or(0) + 1
    }

    // People, written.

    /// Adds somebody. An empty userid, mobile or address is nobody's and never taken.
    ///
    /// # Errors
    /// Another has what must be theirs alone, or there were too many before.
    pub(crate) fn add_person(&mut self, person: Person) -> Result<PersonId, Taken> {
        if self.slots.len() >= MAX_PEOPLE {
            return Err(Taken::Room);
        }
        self.check_unique(&person, None)?;
        let id = PersonId::try_from(self.slots.len()).unwrap_or(PersonId::MAX);
        self.slots.push(person);
        self.settle_in(id);
        self.news.push(Change::PersonCame(id));
        Ok(id)
    }

    /// Changes somebody and finds them by what they have now.
    ///
    /// # Errors
    /// Another has what must be theirs alone; then nothing changed.
    pub(crate) fn update_person(&mut self, id: PersonId, change: impl FnOnce(&mut Person)) -> Result<(), Taken> {
        let mut person = self.person(id).clone();
        change(&mut person);
        self.check_unique(&person, Some(id))?;
        self.move_out(id);
        let old = std::mem::replace(&mut self.slots[id as usize], person);
        self.settle_in(id);
        let new = &self.slots[id as usize].userid;
        if old.userid != *new {
            self.tags.replace_member(&old.userid, Some(new));
        }
        let now = Box::new(self.slots[id as usize].clone());
        self.news.push(Change::PersonChanged { before: Box::new(old), now });
        Ok(())
    }

    /// Lets somebody go; whether there was anybody. Their place stays empty.
    pub(crate) fn remove_person(&mut self, userid: &str) -> bool {
        let Some(id) = self.find(userid) else { return false };
        self.move_out(id);
        let person = &mut self.slots[id as usize];
        person.departed = true;
        person.active = false;
        self.tags.replace_member(&person.userid, None);
        self.news.push(Change::PersonLeft(person.userid.clone()));
        true
    }

    // The indexes.

    fn check_unique(&self, person: &Person, but: Option<PersonId>) -> Result<(), Taken> {
        let other = |found: Option<PersonId>| found.filter(|id| Some(*id) != but);
        let (mobile, email) = (person.mobile_key(), &person.email);
        if let Some(id) = other(self.find(&person.userid)) {
            return Err(Taken::Userid(id));
        }
        if let Some(id) = other(self.by_mobile.get(&mobile).copied()) {
            return Err(Taken::Mobile(id));
        }
        if let Some(id) = other(self.find_email(email, false)) {
            return Err(Taken::Email(id));
        }
        other(self.find_email(&person.personal_email, true)).map_or(Ok(()), |id| Err(Taken::PersonalEmail(id)))
    }

    /// Enters somebody wherever people are found.
    fn settle_in(&mut self, id: PersonId) {
        let person = &self.slots[id as usize];
        let enter = |index: &mut HashMap<String, PersonId>, key: String| {
            if !key.is_empty() {
                index.insert(key, id);
            }
        };
        enter(&mut self.by_userid, person.userid.to_ascii_lowercase());
        enter(&mut self.by_mobile, person.mobile_key());
        enter(&mut self.by_email, person.email.to_ascii_lowercase());
        enter(&mut self.by_personal_email, person.personal_email.to_ascii_lowercase());
        enter(&mut self.by_unionid, person.unionid.clone());
        for department in &person.departments {
            let members = self.members.entry(*department).or_default();
            // In order of their coming: whoever reads page by page meets everybody once.
            if let Err(at) = members.binary_search(&id) {
                members.insert(at, id);
            }
        }
        self.living += 1;
        self.changes += 1;
        self.slots[id as usize].changed = self.changes;
        self.look_at(id);
    }

    /// Takes somebody out wherever people are found.
    fn move_out(&mut self, id: PersonId) {
        let person = &self.slots[id as usize];
        self.by_userid.remove(&person.userid.to_ascii_lowercase());
        self.by_mobile.remove(&person.mobile_key());
        self.by_email.remove(&person.email.to_ascii_lowercase());
        self.by_personal_email.remove(&person.personal_email.to_ascii_lowercase());
        self.by_unionid.remove(&person.unionid);
        for department in &person.departments {
            if let Some(members) = self.members.get_mut(department) {
                members.retain(|member| *member != id);
            }
        }
        self.living -= 1;
    }

    /// Whether the applications see somebody: through any of their departments.
    fn look_at(&mut self, id: PersonId) {
        let departments = &self.slots[id as usize].departments;
        let seen = |id: &i64| self.department(*id).is_none_or(|department| department.visible);
        self.slots[id as usize].visible = departments.is_empty() || departments.iter().any(seen);
    }

    /// Who stands below whom, and which departments are seen.
    fn arrange(&mut self) {
        self.children.clear();
        for department in &self.departments {
            self.children.entry(department.parent_id).or_default().push(department.id);
        }
        let closed: HashSet<i64> = self.below(CLOSED).into_iter().collect();
        for department in &mut self.departments {
            department.visible = !closed.contains(&department.id);
        }
    }
}

#[cfg(test)]
mod tests;
