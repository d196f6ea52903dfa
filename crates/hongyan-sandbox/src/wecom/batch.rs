//! Invitations, and imports of a csv file. An import is done as soon as it is begun; its job tells of each row.
//!
//! The first line names the columns as the platform's own template does, in Chinese or by field. That it is done is
//! told to the address that the import names, else to the application's.

use super::{
    authority::{Access, Origin, is_contacts, may_write, sees, sees_department},
    callback::Hook,
    content::unfit,
    credentials::Credentials,
    event,
    media::MediaStore,
    member_edit,
};
use crate::{
    ask::is_address,
    options::random_hex,
    route::{Refused, refuse},
    world::{
        Caller, World,
        company::{Department, ROOT},
        ledger::Ledger,
    },
};
use hongyan_endpoint::{Endpoint, Fault};
use hongyan_net::Secret;
use hongyan_wecom::{
    WeCom,
    batch::{
        GetResult, Import, ImportCallback, Invite, Invited, JobResult, JobStarted, ReplaceDepartments, ReplaceUsers,
        SyncUsers,
    },
    callback::{Callback, Event, Message, Pushed},
    user::{CreateUser, MemberFields},
};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

/// Imports by job.
pub(super) type Jobs = Ledger<String, JobResult>;

pub(super) fn invite(world: &mut World, _: &Caller, request: Invite) -> Result<Invited, Refused> {
    if request.user.is_empty() && request.party.is_empty() && request.tag.is_empty() {
        return Err(refuse::<WeCom>("40063", "user & party & tag all empty").into());
    }
    for (field, count) in [("user", request.user.len()), ("party", request.party.len()), ("tag", request.tag.len())] {
        if let Some(code) = Invite::SPEC.exceeded(field, count) {
            return Err(refuse::<WeCom>(code, format!("{field} list out of limit")).into());
        }
    }
    let company = &world.company;
    let unseen =
        |userid: &&String| company.find(userid).map(|id| company.person(id)).is_none_or(|person| !sees(world, person));
    let closed = |id: &&i64| company.department(**id).is_none_or(|found| !sees_department(world, found));
    Ok(Invited {
        invaliduser: request.user.iter().filter(unseen).map(|userid| userid.to_lowercase()).collect(),
        invalidparty: request.party.iter().filter(closed).copied().collect(),
        invalidtag: request.tag.iter().filter(|id| company.tags.get(**id).is_none()).copied().collect(),
    })
}

pub(super) fn sync_users(world: &mut World, caller: &Caller, request: SyncUsers) -> Result<JobStarted, Refused> {
    let (rows, hook) = begin(world, caller, &request.0)?;
    let result = import_users(world, caller.now, &rows).1;
    finish(world, caller, hook, "sync_user", result)
}

pub(super) fn replace_users(world: &mut World, caller: &Caller, request: ReplaceUsers) -> Result<JobStarted, Refused> {
    let (rows, hook) = begin(world, caller, &request.0)?;
    let (named, mut result) = import_users(world, caller.now, &rows);
    let gone = world.company.people().filter(|(_, person)| !person.boss);
    let gone: Vec<String> =
        gone.map(|(_, person)| person.userid.clone()).filter(|id| !named.contains(&id.to_lowercase())).collect();
    for userid in gone {
        world.company.remove_person(&userid);
        result.push(json!({"action": 3, "userid": userid, "errcode": 0, "errmsg": "ok"}));
    }
    finish(world, caller, hook, "replace_user", result)
}

pub(super) fn replace_departments(
    world: &mut World,
    caller: &Caller,
    request: ReplaceDepartments,
) -> Result<JobStarted, Refused> {
    let (rows, hook) = begin(world, caller, &request.0)?;
    let (mut named, mut result) = (HashSet::from([ROOT]), Vec::with_capacity(rows.len()));
    for row in &rows {
        let id: i64 = cell(row, &["部门ID", "id"]).parse().unwrap_or_default();
        named.insert(id);
        let parent: i64 = cell(row, &["父部门ID", "parentid"]).parse().unwrap_or(ROOT);
        let order: i64 = cell(row, &["排序", "order"]).parse().unwrap_or_default();
        let name = cell(row, &["部门名称", "name"]).to_owned();
        let exists = world.company.department(id).is_some();
        let done = if exists {
            world.company.update_department(id, |department| {
                (department.name, department.order) = (name, order);
                if id != ROOT {
                    department.parent_id = parent;
                }
            })
        } else {
            let department = Department { id, parent_id: parent, name, order, ..Department::default() };
            world.company.add_department(department).map(|_| ())
        };
        let (code, words) = if done.is_ok() { (0, "ok") } else { (60123, "invalid department") };
        let action = if exists { 2 } else { 1 };
        result.push(json!({"action": action, "partyid": id, "errcode": code, "errmsg": words}));
    }
    // From below, so that what becomes empty goes too; what has somebody in it stays.
    let gone: Vec<i64> = world.company.below(ROOT).into_iter().rev().filter(|id| !named.contains(id)).collect();
    for id in gone {
        if world.company.remove_department(id).is_ok() {
            result.push(json!({"action": 3, "partyid": id, "errcode": 0, "errmsg": "ok"}));
        }
    }
    finish(world, caller, hook, "replace_party", result)
}

pub(super) fn get_result(world: &mut World, _: &Caller, request: GetResult) -> Result<JobResult, Refused> {
    if world.memory.get::<Access>().origin != Origin::Contacts {
        may_write(world)?;
    }
    let unknown = || refuse::<WeCom>("40058", "jobid. invalid Request Parameter");
    Ok(world.memory.get::<Jobs>().get(&request.jobid).ok_or_else(unknown)?.clone())
}

/// The lines of the file, and the address that wants to know when they are done.
fn begin(world: &World, caller: &Caller, import: &Import) -> Result<(Vec<Row>, Option<Hook>), Fault> {
    Ok((rows(world, caller, import)?, hook(world, import)?))
}

fn hook(world: &World, import: &Import) -> Result<Option<Hook>, Fault> {
    let Some(ImportCallback { url, token, encodingaeskey }) = import.callback.clone() else { return Ok(None) };
    if url.is_empty() {
        return Ok(None);
    }
    let unfit = |field: &str| refuse::<WeCom>("40058", format!("callback.{field}. invalid Request Parameter"));
    if !is_address(&url) {
        return Err(unfit("url"));
    }
    let seal = Callback::new(Secret::new(token.as_str()), &encodingaeskey, &world.memory.get::<Credentials>().corp_id)
        .map_err(|_| unfit("encodingaeskey"))?;
    Ok(Some(Hook { url, token, encoding_aes_key: encodingaeskey, seal }))
}

fn finish(
    world: &mut World,
    caller: &Caller,
    hook: Option<Hook>,
    kind: &str,
    result: Vec<Value>,
) -> Result<JobStarted, Refused> {
    let tail = random_hex(32).map_err(|_| refuse::<WeCom>("-1", "system busy"))?;
    let jobid = format!("sbxJob_{tail}");
    let total = i64::try_from(result.len()).unwrap_or(i64::MAX);
    let job = JobResult { status: 3, kind: kind.into(), total, percentage: 100, result };
    world.memory.get_mut::<Jobs>().keep(caller.now, jobid.clone(), job);
    // Whom it brought, changed and let go is told first.
    world.tell_changes(caller.now);
    let message = Message::Event(Event::BatchJobResult {
        job_id: jobid.clone(),
        job_type: kind.into(),
        err_code: "0".into(),
        err_msg: "ok".into(),
    });
    let pushed = Pushed { from_user_name: "sys".into(), message, ..Pushed::default() };
    match hook {
        Some(hook) => event::tell_at(world, caller.now, hook, pushed),
        None => {
            event::tell(world, caller.now, pushed);
        }
    }
    Ok(JobStarted { jobid })
}

/// One line of the file, by the names of its columns.
type Row = HashMap<String, String>;

fn rows(world: &World, caller: &Caller, import: &Import) -> Result<Vec<Row>, Fault> {
    is_contacts(world)?;
    let file = world.memory.get::<MediaStore>().find(caller.now, &import.media_id, "file", None)?;
    let text = String::from_utf8_lossy(&file.bytes);
    let mut lines = text.trim_start_matches('\u{feff}').lines().filter(|line| !line.trim().is_empty());
    let names: Vec<String> = lines.next().map(cells).unwrap_or_default();
    Ok(lines.map(|line| names.iter().cloned().zip(cells(line)).collect()).collect())
}

/// The cells of a line; quotes may hold commas, doubled quotes one quote.
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = line.trim_end_matches('\r').chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                cell.push('"');
                chars.next();
            }
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(std::mem::take(&mut cell).trim().to_owned()),
            c => cell.push(c),
        }
    }
    cells.push(cell.trim().to_owned());
    cells
}

fn cell<'a>(row: &'a Row, names: &[&str]) -> &'a str {
    names.iter().find_map(|name| row.get(*name)).map_or("", String::as_str)
}

/// Creates and changes members; tells who was named, lower-cased, and what came of each row.
fn import_users(world: &mut World, now: i64, rows: &[Row]) -> (HashSet<String>, Vec<Value>) {
    let (mut named, mut result) = (HashSet::new(), Vec::with_capacity(rows.len()));
    for row in rows {
        let given = |names: &[&str]| Some(cell(row, names).to_owned()).filter(|text| !text.is_empty());
        let departments = given(&["所在部门", "department"]);
        let fields = MemberFields {
            userid: cell(row, &["帐号", "账号", "userid"]).to_owned(),
            name: given(&["姓名", "name"]),
            mobile: given(&["手机号", "mobile"]),
            email: given(&["邮箱", "个人邮箱", "email"]),
            department: departments.map(|list| list.split(';').filter_map(|id| id.trim().parse().ok()).collect()),
            position: given(&["职位", "职务", "position"]),
            alias: given(&["别名", "alias"]),
            telephone: given(&["座机", "telephone"]),
            ..MemberFields::default()
        };
        named.insert(fields.userid.to_lowercase());
        let exists = world.company.find(&fields.userid).is_some();
        let done = if exists {
            fields.check().map_err(unfit).and_then(|()| member_edit::change(world, &fields))
        } else {
            let checked = CreateUser(fields.clone()).check().map_err(unfit);
            checked.and_then(|()| member_edit::add(world, now, &fields)).map(|_| ())
        };
        let (code, words) = match &done {
            Ok(()) => (0, "ok"),
            Err(fault) => (fault.code().parse().unwrap_or(-1), fault.message()),
        };
        let action = if exists { 2 } else { 1 };
        result.push(json!({"action": action, "userid": fields.userid, "errcode": code, "errmsg": words}));
    }
    (named, result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hold_commas_and_quotes() {
        assert_eq!(cells("a, \"b,\"\"c\"\"\" ,,d\r"), ["a", "b,\"c\"", "", "d"]);
    }
}
