//! The company as it is at the start.
//!
//! The same people are in both platforms. A few have names worth remembering; the rest are `u001`, `u002`, ….

use super::{CLOSED, Company, Department, DepartmentSettings, Person, ROOT, Tag, Tags};

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

const TITLES: [&str; 6] = ["工程师", "高级工程师", "专员", "主管", "分析师", "顾问"];
const PLACES: [&str; 3] = ["样例大厦 3 层", "样例大厦 5 层", "样例园区 B 座"];
/// The first day on which anybody was hired: 2018-01-01 in China.
const FIRST_DAY_MS: i64 = 1_514_736_000_000;
const DAY_MS: i64 = 86_400_000;
/// About where DingTalk's places begin; they exceed 2^53.
const FIRST_PLACE: i64 = 176_318_668_000_000_000;

/// Invents a company.
pub(super) fn invent(seed: u64, size: usize) -> Company {
    let mut departments = departments();
    let leaves: Vec<i64> = departments.iter().map(|d| d.id).filter(|id| *id > 10 && *id != CLOSED).collect();
    let mut draw = Draw(seed);
    let mut people: Vec<Person> = NAMED
        .iter()
        .zip(13_800_000_001..)
        .map(|((userid, name, department), mobile)| person((*userid).into(), (*name).into(), mobile, vec![*department]))
        .collect();
    let surnames: Vec<char> = SURNAMES.chars().collect();
    for (i, mobile) in (1..=size).zip(13_810_000_001..) {
        let name = format!("{}{}", draw.one_of(&surnames), draw.one_of(&GIVEN));
        let mut home = vec![*draw.one_of(&leaves)];
        // One in sixteen works for two departments. All are visible: whoever needs an outsider has three by name.
        if draw.next().is_multiple_of(16) {
            home.push(*draw.one_of(&leaves));
        }
        home.dedup();
        people.push(person(format!("u{i:03}"), name, mobile, home));
    }
    for (i, person) in people.iter_mut().enumerate() {
        person.active = person.userid != "dormant" && (i < NAMED.len() || !draw.next().is_multiple_of(50));
    }
    // Drawn apart, so that who works where does not depend on how much is told about each.
    let mut draw = Draw(seed ^ 0x5EED_0F5E_ED00);
    for (i, person) in people.iter_mut().enumerate() {
        describe(i, person, &mut draw);
    }
    appoint(&mut people, &mut departments);
    let tags = Tags::new(tags(&people));
    Company::of(people, departments, tags)
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
        ..Person::default()
    }
}

/// What contacts show of a person beside name and number.
fn describe(i: usize, person: &mut Person, draw: &mut Draw) {
    person.state_code = "86".into();
    person.unionid = draw.token(22);
    person.job_number = format!("S{:05}", i + 1);
    (*draw.one_of(&TITLES)).clone_into(&mut person.title);
    person.telephone = format!("8{:03}", i % 1_000);
    (*draw.one_of(&PLACES)).clone_into(&mut person.work_place);
    person.avatar = format!("https://static.example.com/avatar/{}.png", person.userid);
    person.remark = "样例员工".into();
    person.gender = if draw.next().is_multiple_of(2) { 1 } else { 2 };
    person.hired_at = Some(FIRST_DAY_MS + draw.below(2_500) * DAY_MS);
    let floor = draw.below(9) + 1;
    person.extattr.insert("工位".into(), format!("{floor}F-{:03}", draw.below(200)));
    for department in &person.departments {
        person.orders.insert(*department, FIRST_PLACE + draw.below(1_000_000_000_000));
        person.wecom_orders.insert(*department, 0);
    }
}

/// The first of each department is its head, the heads' superior is the owner; two more administer.
fn appoint(people: &mut [Person], departments: &mut [Department]) {
    for department in departments {
        let members = || (0..people.len()).filter(|i| people[*i].departments.contains(&department.id));
        let Some(head) = members().next() else { continue };
        let others: Vec<usize> = members().skip(1).collect();
        people[head].leader_of.push(department.id);
        let superior = people[head].userid.clone();
        department.settings.org_dept_owner = Some(superior.clone());
        for other in others {
            people[other].manager.get_or_insert_with(|| superior.clone());
        }
    }
    for (userid, level) in [("zhangsan", 1), ("zhaoliu", 2), ("zhouba", 2)] {
        if let Some(person) = people.iter_mut().find(|person| person.userid == userid) {
            person.admin_level = level;
            person.boss = level == 1;
        }
    }
}

fn departments() -> Vec<Department> {
    let department = |id, parent_id, name: &str| Department {
        id,
        parent_id,
        name: name.to_owned(),
        order: id,
        settings: DepartmentSettings {
            create_dept_group: id != CLOSED,
            auto_add_user: id != CLOSED,
            source_identifier: Some(format!("sample-{id}")),
            code: Some(format!("D{id:04}")),
            ..DepartmentSettings::default()
        },
        ..Department::default()
    };
    let mut all = vec![department(ROOT, 0, "鸿雁样例公司")];
    for ((name, below), id) in BRANCHES.iter().zip(2..) {
        all.push(department(id, ROOT, name));
        // 研发部 is 2 and its groups 11, 12, 13; 运维部 is 3 and its groups 21, 22, 23; and so on.
        all.extend(below.iter().zip(1..).map(|(name, i)| department((id - 1) * 10 + i, id, name)));
    }
    all.push(department(CLOSED, ROOT, "封闭项目组"));
    all
}

fn tags(people: &[Person]) -> Vec<Tag> {
    let tag = |id, name: &str, has: &dyn Fn(usize, &Person) -> bool| Tag {
        id,
        name: name.to_owned(),
        members: people.iter().enumerate().filter(|(i, p)| has(*i, p)).map(|(_, p)| p.userid.clone()).collect(),
        parties: Vec::new(),
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

    fn below(&mut self, end: i64) -> i64 {
        i64::try_from(self.next() % end.unsigned_abs()).unwrap_or(0)
    }

    /// Letters and digits that mean nothing.
    fn token(&mut self, length: usize) -> String {
        const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        (0..length).map(|_| char::from(*self.one_of(LETTERS))).collect()
    }
}
