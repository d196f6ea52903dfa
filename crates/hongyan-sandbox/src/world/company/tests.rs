use super::*;

fn somebody(userid: &str, mobile: &str, department: i64) -> Person {
    Person { userid: userid.into(), mobile: mobile.into(), departments: vec![department], ..Person::default() }
}

#[test]
fn a_seed_decides_the_company() {
    let print = |seed| format!("{:?}", Company::new(seed, 240).slots);
    assert_eq!(print(1), print(1));
    assert_ne!(print(1), print(2));
}

#[test]
fn the_company_is_large_enough_and_some_are_out_of_reach() {
    let company = Company::new(1, 240);
    assert!(company.size() >= 240 && company.departments.len() > 20);
    assert_eq!(company.person(company.find_mobile("13800000001").unwrap()).userid, "zhangsan");
    assert_eq!(company.find_mobile("+86-13800000001"), company.find("zhangsan"));
    assert_eq!(company.find("ZhangSan"), company.find_exact("zhangsan"));
    assert_eq!(company.find_exact("ZhangSan"), None);
    assert!(!company.person(company.find("outsider").unwrap()).visible);
    assert!(company.people().filter(|(_, p)| !p.active).count() > 1);
    assert_eq!(company.members_of(ROOT, true).len(), company.size());
    let mobiles: HashSet<_> = company.people().map(|(_, p)| &p.mobile).collect();
    let unionids: HashSet<_> = company.people().map(|(_, p)| &p.unionid).collect();
    assert_eq!((mobiles.len(), unionids.len()), (company.size(), company.size()));
    assert_eq!(company.leaders_of(11), [company.find("zhangsan").unwrap()]);
}

#[test]
fn a_newcomer_is_found_and_a_leaver_is_not() {
    let mut company = Company::new(1, 20);
    let size = company.size();
    let id = company.add_person(somebody("newcomer", "13900000001", 11)).unwrap();
    assert_eq!(company.find("NewComer"), Some(id));
    assert_eq!(company.find_mobile("+8613900000001"), Some(id));
    assert!(company.members_of(2, true).contains(&id) && !company.members_of(2, false).contains(&id));
    assert!(company.person(id).visible);
    company.tags.get_mut(1).unwrap().members.push("newcomer".into());
    assert!(company.remove_person("newcomer") && !company.remove_person("newcomer"));
    assert_eq!((company.find("newcomer"), company.find_mobile("13900000001"), company.size()), (None, None, size));
    assert!(!company.members_of(11, false).contains(&id));
    assert!(!company.tags.get(1).unwrap().members.contains(&"newcomer".into()));
    // The place stays the leaver's: whoever comes back gets another.
    let again = company.add_person(somebody("newcomer", "13900000001", 90)).unwrap();
    assert_ne!(again, id);
    assert!(!company.person(again).visible);
}

#[test]
fn what_is_anothers_cannot_be_had() {
    let mut company = Company::new(1, 20);
    let [zhangsan, lisi] = ["zhangsan", "lisi"].map(|userid| company.find(userid).unwrap());
    assert_eq!(company.add_person(somebody("ZHANGSAN", "1", 11)), Err(Taken::Userid(zhangsan)));
    assert_eq!(company.add_person(somebody("x", "+86-13800000001", 11)), Err(Taken::Mobile(zhangsan)));
    let taken = company.update_person(lisi, |p| p.personal_email = "zhangsan@HOME.example.com".into());
    assert_eq!(taken, Err(Taken::PersonalEmail(zhangsan)));
    assert_eq!(company.person(lisi).personal_email, "lisi@home.example.com");
    // Nobody's mobile is nobody's: two people may be without one.
    company.update_person(lisi, |p| p.mobile.clear()).unwrap();
    company.update_person(zhangsan, |p| p.mobile.clear()).unwrap();
    assert_eq!(company.find_mobile("13800000001"), None);
}

#[test]
fn a_changed_person_is_found_by_what_they_have_now() {
    let mut company = Company::new(1, 20);
    let lisi = company.find("lisi").unwrap();
    company
        .update_person(lisi, |p| {
            p.userid = "lisi2".into();
            p.mobile = "13900000009".into();
            p.departments = vec![31];
        })
        .unwrap();
    assert_eq!((company.find("lisi"), company.find("lisi2")), (None, Some(lisi)));
    assert_eq!((company.find_mobile("13800000002"), company.find_mobile("13900000009")), (None, Some(lisi)));
    assert!(company.members_of(31, false).contains(&lisi) && !company.members_of(11, false).contains(&lisi));
    assert!(company.tags.get(1).unwrap().members.contains(&"lisi2".into()));
}

#[test]
fn departments_come_move_and_go() {
    let mut company = Company::new(1, 20);
    let new = |name: &str, parent_id| Department { name: name.into(), parent_id, ..Department::default() };
    let id = company.add_department(new("新组", 2)).unwrap();
    assert_eq!(company.children(2), [11, 12, 13, id]);
    assert_eq!(company.chain(id), [id, 2, ROOT]);
    assert_eq!(company.add_department(new("新组", 2)), Err(Misplaced::NameTaken));
    assert_eq!(company.add_department(new("新组", 777)), Err(Misplaced::NoParent));
    assert_eq!(company.add_department(Department { id: 11, ..new("又", 2) }), Err(Misplaced::IdTaken));
    assert_eq!(company.update_department(2, |d| d.parent_id = id), Err(Misplaced::Circle));
    company.add_person(somebody("newcomer", "13900000001", id)).unwrap();
    company.update_department(id, |d| d.parent_id = CLOSED).unwrap();
    assert!(!company.department(id).unwrap().visible);
    assert!(!company.person(company.find("newcomer").unwrap()).visible);
    assert_eq!(company.remove_department(id), Err(Kept::Members));
    assert_eq!(company.remove_department(2), Err(Kept::Children));
    assert_eq!(company.remove_department(ROOT), Err(Kept::Root));
    company.remove_person("newcomer");
    assert_eq!(company.remove_department(id), Ok(()));
    assert_eq!(company.remove_department(id), Err(Kept::Unknown));
}

#[test]
fn tags_are_kept_by_id_and_name() {
    let mut company = Company::new(1, 20);
    assert_eq!(company.tags.add(None, "新标签"), Ok(4));
    assert_eq!(company.tags.add(Some(4), "别的"), Err(TagTaken::Id));
    assert_eq!(company.tags.add(None, "值班"), Err(TagTaken::Name));
    assert_eq!(company.tags.rename(4, "值班"), Err(TagTaken::Name));
    assert_eq!((company.tags.rename(4, "改名"), company.tags.rename(9, "x")), (Ok(true), Ok(false)));
    assert!(company.tags.remove(4) && !company.tags.remove(4));
}
