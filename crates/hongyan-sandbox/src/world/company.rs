//! The company: people, departments and tags, all plainly invented and decided by a seed.
//!
//! The same people are in both platforms. A few have names worth remembering; the rest are `u001`, `u002`, ….

use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// Index into [`Company::people`].
pub(crate) type PersonId = u32;

/// One member.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Person {
    pub(crate) userid: String,
    pub(crate) name: String,
    pub(crate) mobile: String,
    /// The company's address; both platforms and the mail server know it.
    pub(crate) email: String,
    pub(crate) personal_email: String,
    pub(crate) departments: Vec<i64>,
    /// Has logged in once; who has not never reads.
    pub(crate) active: bool,
    /// Inside the applications' visible scope.
    pub(crate) visible: bool,
    /// How DingTalk treats notices to this person.
    pub(crate) dingtalk: Treatment,
    /// How WeCom treats messages to this person.
    pub(crate) wecom: Treatment,
}

/// A rule about one person on one platform.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) enum Treatment {
    /// As everybody.
    #[default]
    Ok,
    /// Outside the application's visible scope.
    Invisible,
    /// DingTalk: delivery fails, `failed_user_id_list`.
    Failed,
    /// DingTalk: filtered with this code, `forbidden_list`.
    Forbidden(u32),
    /// WeCom: visible, without an interface licence.
    Unlicensed,
    /// WeCom: accepted and discarded, as beyond a frequency limit.
    Silent,
}

impl TryFrom<String> for Treatment {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "ok" => Ok(Self::Ok),
            "invisible" => Ok(Self::Invisible),
            "failed" => Ok(Self::Failed),
            "unlicensed" => Ok(Self::Unlicensed),
            "silent" => Ok(Self::Silent),
            other => {
                other.strip_prefix("forbidden:").and_then(|code| code.parse().ok()).map(Self::Forbidden).ok_or_else(
                    || format!("{other:?} is none of ok, invisible, failed, forbidden:CODE, unlicensed, silent"),
                )
            }
        }
    }
}

impl From<Treatment> for String {
    fn from(treatment: Treatment) -> Self {
        match treatment {
            Treatment::Ok => "ok".into(),
            Treatment::Invisible => "invisible".into(),
            Treatment::Failed => "failed".into(),
            Treatment::Forbidden(code) => format!("forbidden:{code}"),
            Treatment::Unlicensed => "unlicensed".into(),
            Treatment::Silent => "silent".into(),
        }
    }
}

/// One department. Visible with everybody in it, or not at all.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Department {
    pub(crate) id: i64,
    pub(crate) parent_id: i64,
    pub(crate) name: String,
    pub(crate) visible: bool,
}

/// One tag (WeCom).
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Tag {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) members: Vec<String>,
}

/// Everybody, and the ways to find them.
#[derive(Debug, Clone)]
pub(crate) struct Company {
    pub(crate) people: Vec<Person>,
    pub(crate) departments: Vec<Department>,
    pub(crate) tags: Vec<Tag>,
    by_userid: HashMap<String, PersonId>,
    by_mobile: HashMap<String, PersonId>,
    by_email: HashMap<String, PersonId>,
    by_personal_email: HashMap<String, PersonId>,
    members: HashMap<i64, Vec<PersonId>>,
    children: HashMap<i64, Vec<i64>>,
}

/// userid, name, department: the memorable ones, with mobiles 13800000001 and up.
const NAMED: [(&str, &str, i64); 10] = [
    ("zhangsan", "张三", 11),
    ("lisi", "李四", 11),
    ("wangwu", "王五", 12),
    ("zhaoliu", "赵六", 21),
    ("sunqi", "孙七", 22),
    ("zhouba", "周八", 31),
    ("dormant", "未激活", 31),
    ("outsider", "外人甲", CLOSED),
    ("outsider2", "外人乙", CLOSED),
    ("outsider3", "外人丙", CLOSED),
];
/// The department outside the applications' visible scope.
const CLOSED: i64 = 90;
/// Departments below the root, each with three below it.
const BRANCHES: [(&str, [&str; 3]); 7] = [
    ("研发部", ["平台组", "应用组", "测试组"]),
    ("运维部", ["值班组", "网络组", "数据库组"]),
    ("交易部", ["量化组", "风控组", "清算组"]),
    ("市场部", ["华北组", "华东组", "华南组"]),
    ("财务部", ["核算组", "资金组", "税务组"]),
    ("人事部", ["招聘组", "培训组", "薪酬组"]),
    ("行政部", ["采购组", "资产组", "前台组"]),
];
const SURNAMES: &str = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜";
const GIVEN: [&str; 10] = ["一", "小二", "三多", "小四", "五福", "小六", "七斤", "小八", "九如", "十全"];

impl Company {
    /// The company of a seed, with `size` people beside the named ones.
    pub(crate) fn new(seed: u64, size: usize) -> Self {
        let departments = departments();
        let leaves: Vec<i64> = departments.iter().map(|d| d.id).filter(|id| *id > 10 && *id != CLOSED).collect();
        let mut draw = Draw(seed);
        let mut people: Vec<Person> = NAMED
            .iter()
            .enumerate()
            .map(|(i, (userid, name, department))| {
                person((*userid).into(), (*name).into(), 13_800_000_001 + i as u64, vec![*department])
            })
            .collect();
        let surnames: Vec<char> = SURNAMES.chars().collect();
        for i in 0..size {
            let name = format!("{}{}", draw.one_of(&surnames), draw.one_of(&GIVEN));
            let mut home = vec![*draw.one_of(&leaves)];
            // One in sixteen works for two departments. All are visible: whoever needs an outsider has three by name.
            if draw.next().is_multiple_of(16) {
                home.push(*draw.one_of(&leaves));
            }
            home.dedup();
            people.push(person(format!("u{:03}", i + 1), name, 13_810_000_001 + i as u64, home));
        }
        for (i, person) in people.iter_mut().enumerate() {
            person.visible = !person.departments.contains(&CLOSED);
            person.active = person.userid != "dormant" && (i < NAMED.len() || !draw.next().is_multiple_of(50));
        }
        let tags = tags(&people);
        Self::indexed(people, departments, tags)
    }

    fn indexed(people: Vec<Person>, departments: Vec<Department>, tags: Vec<Tag>) -> Self {
        let index = |key: fn(&Person) -> &str| {
            people.iter().zip(0..).map(|(person, id)| (key(person).to_ascii_lowercase(), id)).collect::<HashMap<_, _>>()
        };
        let mut members: HashMap<i64, Vec<PersonId>> = HashMap::new();
        for (person, id) in people.iter().zip(0..) {
            for department in &person.departments {
                members.entry(*department).or_default().push(id);
            }
        }
        let mut children: HashMap<i64, Vec<i64>> = HashMap::new();
        for department in &departments {
            children.entry(department.parent_id).or_default().push(department.id);
        }
        Self {
            by_userid: index(|p| &p.userid),
            by_mobile: index(|p| &p.mobile),
            by_email: index(|p| &p.email),
            by_personal_email: index(|p| &p.personal_email),
            people,
            departments,
            tags,
            members,
            children,
        }
    }

    pub(crate) fn person(&self, id: PersonId) -> &Person {
        &self.people[id as usize]
    }

    pub(crate) fn person_mut(&mut self, id: PersonId) -> &mut Person {
        &mut self.people[id as usize]
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

    pub(crate) fn find_mobile(&self, mobile: &str) -> Option<PersonId> {
        self.by_mobile.get(mobile).copied()
    }

    pub(crate) fn find_email(&self, email: &str, personal: bool) -> Option<PersonId> {
        let index = if personal { &self.by_personal_email } else { &self.by_email };
        index.get(&email.to_ascii_lowercase()).copied()
    }

    pub(crate) fn department(&self, id: i64) -> Option<&Department> {
        self.departments.iter().find(|department| department.id == id)
    }

    pub(crate) fn tag(&self, id: i64) -> Option<&Tag> {
        self.tags.iter().find(|tag| tag.id == id)
    }

    /// Everybody in a department and below it, each once.
    pub(crate) fn expand(&self, department: i64) -> Vec<PersonId> {
        let (mut found, mut seen, mut open) = (Vec::new(), HashSet::new(), vec![department]);
        while let Some(id) = open.pop() {
            found.extend(self.members.get(&id).into_iter().flatten().copied().filter(|person| seen.insert(*person)));
            open.extend(self.children.get(&id).into_iter().flatten());
        }
        found
    }
}

fn person(userid: String, name: String, mobile: u64, departments: Vec<i64>) -> Person {
    Person {
        email: format!("{userid}@example.com"),
        personal_email: format!("{userid}@home.example.com"),
        userid,
        name,
        mobile: mobile.to_string(),
        departments,
        active: true,
        visible: true,
        dingtalk: Treatment::Ok,
        wecom: Treatment::Ok,
    }
}

fn departments() -> Vec<Department> {
    let department = |id, parent_id, name: &str, visible| Department { id, parent_id, name: name.to_owned(), visible };
    let mut all = vec![department(1, 0, "鸿雁样例公司", true)];
    for ((name, below), id) in BRANCHES.iter().zip(2..) {
        all.push(department(id, 1, name, true));
        // 研发部 is 2 and its groups 11, 12, 13; 运维部 is 3 and its groups 21, 22, 23; and so on.
        all.extend(below.iter().zip(1..).map(|(name, i)| department((id - 1) * 10 + i, id, name, true)));
    }
    all.push(department(CLOSED, 1, "封闭项目组", false));
    all
}

fn tags(people: &[Person]) -> Vec<Tag> {
    let tag = |id, name: &str, has: &dyn Fn(usize, &Person) -> bool| Tag {
        id,
        name: name.to_owned(),
        members: people.iter().enumerate().filter(|(i, p)| has(*i, p)).map(|(_, p)| p.userid.clone()).collect(),
    };
    vec![
        tag(1, "值班", &|i, p| p.userid == "zhangsan" || p.userid == "lisi" || i % 40 == 20),
        tag(2, "研发", &|_, p| p.departments.iter().any(|d| (11..=13).contains(d))),
        tag(3, "封闭", &|_, p| p.departments.contains(&CLOSED)),
    ]
}

/// A small generator of even draws (splitmix64): the same on every machine.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn one_of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let i = self.next() % list.len() as u64;
        &list[usize::try_from(i).unwrap_or(0)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_decides_the_company() {
        let print = |seed| format!("{:?}", Company::new(seed, 240).people);
        assert_eq!(print(1), print(1));
        assert_ne!(print(1), print(2));
    }

    #[test]
    fn the_company_is_large_enough_and_some_are_out_of_reach() {
        let company = Company::new(1, 240);
        assert!(company.people.len() >= 240 && company.departments.len() > 20);
        assert_eq!(company.person(company.find_mobile("13800000001").unwrap()).userid, "zhangsan");
        assert_eq!(company.find("ZhangSan"), company.find_exact("zhangsan"));
        assert_eq!(company.find_exact("ZhangSan"), None);
        assert!(!company.person(company.find("outsider").unwrap()).visible);
        assert!(company.people.iter().filter(|p| !p.active).count() > 1);
        assert_eq!(company.expand(1).len(), company.people.len());
        let mobiles: HashSet<_> = company.people.iter().map(|p| &p.mobile).collect();
        assert_eq!(mobiles.len(), company.people.len());
    }
}
