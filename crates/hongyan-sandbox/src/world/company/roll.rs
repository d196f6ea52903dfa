//! The company as a file keeps it: lists alone, from which the ways to find people are made anew.

use super::{Company, Department, Person, PersonId, Tags};
use serde::{Deserialize, Serialize};

/// All lists.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Roll {
    /// In order of their coming, with those who left.
    people: Vec<Person>,
    departed: Vec<PersonId>,
    departments: Vec<Department>,
    tags: Tags,
}

impl Roll {
    pub(crate) fn of(company: &Company) -> Self {
        let left = (0..).zip(&company.slots).filter(|(_, person)| person.departed).map(|(id, _)| id);
        Self {
            people: company.slots.clone(),
            departed: left.collect(),
            departments: company.departments.clone(),
            tags: company.tags.clone(),
        }
    }
}

impl From<Roll> for Company {
    fn from(roll: Roll) -> Self {
        let mut people = roll.people;
        for id in roll.departed {
            if let Some(person) = usize::try_from(id).ok().and_then(|id| people.get_mut(id)) {
                person.departed = true;
            }
        }
        Self::of(people, roll.departments, roll.tags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_company_comes_back_as_it_was() {
        let mut company = Company::new(1, 40);
        assert!(company.remove_person("lisi"));
        let text = serde_json::to_string(&Roll::of(&company)).unwrap();
        let back = Company::from(serde_json::from_str::<Roll>(&text).unwrap());
        assert_eq!(back.size(), company.size());
        assert_eq!((back.find("lisi"), back.find("zhangsan")), (None, company.find("zhangsan")));
        assert_eq!(serde_json::to_string(&Roll::of(&back)).unwrap(), text);
    }
}
