//! Work notifications: accepted at once, delivered later, judged person by person.
//!
//! What is over a person's quota, or the same again on one day, is accepted all the same and filtered at delivery:
//! only the result tells.

use super::{
    body::{self, split},
    credentials::Credentials,
    media,
};
use crate::{
    clock::china_day,
    route::{Refused, refuse, serves_ms},
    world::{
        Caller, World, canonical,
        company::{PersonId, PersonRule},
        digest,
        ledger::{KEPT_MS, Ledger},
        phone::Arriving,
    },
};
use hongyan_dingtalk::{
    DingTalk,
    notice::{
        Forbidden, GetSendProgress, GetSendResult, NoticeRecalled, NoticeTaken, Progress, RecallNotice, SendNotice,
        SendProgress, SendResult, SendResultGiven,
    },
};
use hongyan_endpoint::{DAY, Endpoint, Fault, RateScope};
use serde_json::Value;
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, HashSet},
    sync::Arc,
};

/// Receivers of one call, departments expanded.
const MAX_RECEIVERS: usize = 5_000;
/// Receivers of one result.
const MAX_RESULT: usize = 100;
/// Receivers per minute and application.
const PER_MINUTE: u32 = 5_000;
/// Notices per person and day.
const PER_DAY: u32 = SendNotice::SPEC.rate(RateScope::Recipient, DAY).unwrap();
/// Notices to everybody per day.
const TO_ALL_PER_DAY: u32 = 3;
/// How long result, progress and recall are offered.
const WINDOW_MS: i64 = serves_ms(&GetSendResult::SPEC);
/// The first task's number.
const FIRST_TASK: i64 = 256_271_000_001;

/// Tasks and counters.
#[derive(Default)]
pub(crate) struct Notices {
    tasks: Ledger<i64, Task>,
    due: BinaryHeap<Reverse<(i64, i64)>>,
    sent: i64,
    people: HashMap<PersonId, Day>,
    /// Day and notices to everybody.
    to_all: (i64, u32),
    /// Minute and receivers.
    minute: (i64, u32),
}

impl Notices {
    pub(crate) fn tasks(&self) -> usize {
        self.tasks.len()
    }
}

/// What one person got on one day.
#[derive(Default)]
struct Day {
    day: i64,
    notices: u32,
    contents: HashSet<u64>,
}

struct Task {
    at: i64,
    due: i64,
    id: Arc<str>,
    /// Gone once delivered.
    content: Option<Arc<str>>,
    digest: u64,
    people: Vec<(PersonId, Fate)>,
    invalid_users: Vec<String>,
    invalid_departments: Vec<String>,
    recalled: bool,
    /// Of the type whose status bar can be changed.
    oa: bool,
}

/// What became of one person's copy.
enum Fate {
    Waiting,
    Reached { read_at: Option<i64> },
    Forbidden { code: u32, count: i64 },
    Failed,
}

pub(super) fn send(world: &mut World, caller: &Caller, request: SendNotice) -> Result<NoticeTaken, Refused> {
    let app = world.memory.get::<Credentials>().agent_id;
    if request.agent_id != app {
        return Err(refuse::<DingTalk>("40056", "不合法的agentid").into());
    }
    let audience = audience(world, &request)?;
    let msg = body::read(request.msg)?;
    media::check(world, &msg)?;
    if msg.get("oa").is_some_and(|oa| oa.get("status_bar").is_some())
        && (audience.people.len() > 5 || audience.to_all || request.dept_id_list.is_some())
    {
        return Err(refuse::<DingTalk>("400002", "参数错误: status_bar 最多 5 个 userid,且不能指定部门或全员").into());
    }
    if audience.to_all && world.settings.limits.people {
        let today = china_day(caller.now);
        let sent = &mut world.memory.get_mut::<Notices>().to_all;
        if sent.0 != today {
            *sent = (today, 0);
        }
        if sent.1 >= TO_ALL_PER_DAY {
            return Err(refuse::<DingTalk>("41045", "全员消息每天最多发送 3 次").into());
        }
        sent.1 += 1;
    }
    let msg = Value::Object(msg);
    let mut same = String::new();
    canonical(&msg, &mut same);
    let delay = world.settings.delivery_delay_ms;
    let notices = world.memory.get_mut::<Notices>();
    let task_id = FIRST_TASK + notices.sent;
    notices.sent += 1;
    let due = caller.now.saturating_add(delay.into());
    let task = Task {
        at: caller.now,
        due,
        id: task_id.to_string().into(),
        content: Some(msg.to_string().into()),
        digest: digest("dingtalk", app, &same),
        people: audience.people.into_iter().map(|person| (person, Fate::Waiting)).collect(),
        invalid_users: audience.invalid_users,
        invalid_departments: audience.invalid_departments,
        recalled: false,
        oa: msg.get("oa").is_some(),
    };
    notices.tasks.keep(caller.now, task_id, task);
    notices.due.push(Reverse((due, task_id)));
    world.tally.of("dingtalk").sends += 1;
    Ok(NoticeTaken { task_id })
}

struct Audience {
    people: Vec<PersonId>,
    invalid_users: Vec<String>,
    invalid_departments: Vec<String>,
    to_all: bool,
}

/// Whom a send names, each once, and whom it names in vain.
fn audience(world: &World, request: &SendNotice) -> Result<Audience, Fault> {
    let (users, departments) = (split(request.userid_list.as_deref()), split(request.dept_id_list.as_deref()));
    let to_all = request.to_all_user == Some(true);
    if request.dept_id_list.is_some() && departments.is_empty() {
        return Err(refuse::<DingTalk>("41", "Invalid arguments:dept_id_list"));
    }
    if users.is_empty() && departments.is_empty() && !to_all {
        return Err(refuse::<DingTalk>("400002", "参数错误: userid_list、dept_id_list、to_all_user 不能同时为空"));
    }
    if let Some(code) = SendNotice::SPEC.exceeded("userid_list", users.len()) {
        return Err(refuse::<DingTalk>(code, "不合法的userid列表长度"));
    }
    if let Some(code) = SendNotice::SPEC.exceeded("dept_id_list", departments.len()) {
        return Err(refuse::<DingTalk>(code, "不合法的部门列表: 超过长度限制"));
    }
    let company = &world.company;
    let visible = |id: &PersonId| {
        let person = company.person(*id);
        person.visible && person.dingtalk != PersonRule::Invisible
    };
    let mut audience =
        Audience { people: Vec::new(), invalid_users: Vec::new(), invalid_departments: Vec::new(), to_all };
    let mut seen = HashSet::new();
    if to_all {
        audience.people.extend(company.people().map(|(id, _)| id).filter(visible));
        return Ok(audience);
    }
    for userid in users {
        match company.find_exact(&userid).filter(visible) {
            Some(id) if seen.insert(id) => audience.people.push(id),
            Some(_) => {}
            None => audience.invalid_users.push(userid),
        }
    }
    for text in departments {
        let id: i64 = text.parse().map_err(|_| refuse::<DingTalk>("40066", format!("不合法的部门列表: {text}")))?;
        if company.department(id).is_some_and(|department| department.visible) {
            audience
                .people
                .extend(company.members_of(id, true).into_iter().filter(visible).filter(|id| seen.insert(*id)));
        } else {
            audience.invalid_departments.push(text);
        }
    }
    if audience.people.len() > MAX_RECEIVERS {
        return Err(refuse::<DingTalk>("41029", "消息接收者过多: 最多 5000 人"));
    }
    Ok(audience)
}

/// Delivers every task that is due by `now`, in order, each at the time it was due.
pub(crate) fn deliver_due(world: &mut World, now: i64) {
    while let Some(Reverse((due, id))) = world.memory.get::<Notices>().due.peek().copied() {
        if due > now {
            return;
        }
        world.memory.get_mut::<Notices>().due.pop();
        deliver(world, due, id);
    }
}

fn deliver(world: &mut World, at: i64, task_id: i64) {
    let Some(task) = world.memory.get_mut::<Notices>().tasks.get_mut(&task_id) else { return };
    let Some(content) = task.content.take() else { return };
    let mut people = std::mem::take(&mut task.people);
    let (id, digest, recalled) = (task.id.clone(), task.digest, task.recalled);
    for (person, fate) in &mut people {
        *fate = judge(world, *person, digest, at);
        let tally = world.tally.of("dingtalk");
        match fate {
            Fate::Reached { .. } => tally.effects += 1,
            Fate::Forbidden { code, .. } => {
                tally.forbidden += 1;
                tally.swallowed += u64::from(*code == 143_106);
                continue;
            }
            _ => continue,
        }
        let read_at = if recalled { None } else { world.reads_at(*person, at) };
        *fate = Fate::Reached { read_at };
        let message = Arriving {
            platform: "dingtalk",
            app: world.memory.get::<Credentials>().agent_id,
            source: &id,
            content: &content,
            digest,
            at,
            read_at,
            recalled,
            room: None,
            from: None,
        };
        if world.phones.show(*person, &message) > 1 {
            world.tally.duplicates += 1;
        }
    }
    if let Some(task) = world.memory.get_mut::<Notices>().tasks.get_mut(&task_id) {
        task.people = people;
    }
}

/// What becomes of one person's copy: rules about the person, then content, day and minute.
fn judge(world: &mut World, person: PersonId, digest: u64, at: i64) -> Fate {
    match world.company.person(person).dingtalk {
        PersonRule::Forbidden(code) => return Fate::Forbidden { code, count: 1 },
        PersonRule::Failed => return Fate::Failed,
        _ => {}
    }
    let quotas = world.settings.limits.people;
    let notices = world.memory.get_mut::<Notices>();
    let (today, minute) = (china_day(at), at.div_euclid(60_000));
    let day = notices.people.entry(person).or_default();
    if day.day != today {
        *day = Day { day: today, ..Day::default() };
    }
    if day.contents.contains(&digest) {
        return Fate::Forbidden { code: 143_106, count: 1 };
    }
    if quotas && day.notices >= PER_DAY {
        return Fate::Forbidden { code: 143_105, count: i64::from(PER_DAY) };
    }
    if notices.minute.0 != minute {
        notices.minute = (minute, 0);
    }
    if quotas && notices.minute.1 >= PER_MINUTE {
        return Fate::Forbidden { code: 143_103, count: i64::from(PER_MINUTE) };
    }
    notices.minute.1 = notices.minute.1.saturating_add(1);
    day.notices = day.notices.saturating_add(1);
    day.contents.insert(digest);
    Fate::Reached { read_at: None }
}

/// The task of a query, while the window is open.
fn task<'a>(world: &'a World, caller: &Caller, agent_id: i64, id: i64, code: &str) -> Result<&'a Task, Refused> {
    if agent_id != world.memory.get::<Credentials>().agent_id {
        return Err(refuse::<DingTalk>(code, "不合法的参数: agent_id").into());
    }
    let found = world.memory.get::<Notices>().tasks.get(&id).filter(|task| caller.now - task.at <= WINDOW_MS);
    Ok(found.ok_or_else(|| refuse::<DingTalk>(code, "不合法的参数: 任务不存在或已超过24小时"))?)
}

/// What a change of an OA notice needs to know.
pub(super) struct Oa {
    pub(super) id: Arc<str>,
    pub(super) due: i64,
    pub(super) people: Vec<PersonId>,
}

/// The OA notice of a task, while its bar can be changed.
pub(super) fn oa(world: &World, now: i64, task: i64) -> Option<Oa> {
    let task = world.memory.get::<Notices>().tasks.get(&task).filter(|task| task.oa && now - task.at <= KEPT_MS)?;
    Some(Oa { id: task.id.clone(), due: task.due, people: task.people.iter().map(|(person, _)| *person).collect() })
}

pub(super) fn progress(world: &mut World, caller: &Caller, request: GetSendProgress) -> Result<SendProgress, Refused> {
    let task = task(world, caller, request.agent_id, request.task_id, "40035")?;
    let halfway = task.at + (task.due - task.at) / 2;
    let (progress_in_percent, status) = match caller.now {
        now if now >= task.due => (100, 2),
        now if now >= halfway => (50, 1),
        _ => (0, 0),
    };
    Ok(SendProgress { progress: Progress { progress_in_percent, status } })
}

pub(super) fn result(world: &mut World, caller: &Caller, request: GetSendResult) -> Result<SendResultGiven, Refused> {
    let task = task(world, caller, request.agent_id, request.task_id, "40035")?;
    if task.people.len() + task.invalid_users.len() > MAX_RESULT {
        return Err(refuse::<DingTalk>("41052", "接收者过多,不返回发送结果").into());
    }
    let mut result = SendResult {
        invalid_user_id_list: task.invalid_users.clone(),
        invalid_dept_id_list: task.invalid_departments.clone(),
        ..SendResult::default()
    };
    for (person, fate) in &task.people {
        let userid = world.company.person(*person).userid.clone();
        match fate {
            Fate::Waiting => {}
            Fate::Reached { read_at: Some(at) } if *at <= caller.now => result.read_user_id_list.push(userid),
            Fate::Reached { .. } => result.unread_user_id_list.push(userid),
            Fate::Failed => result.failed_user_id_list.push(userid),
            Fate::Forbidden { code, count } => {
                result.forbidden_user_id_list.push(userid.clone());
                result.forbidden_list.push(Forbidden { code: code.to_string(), count: *count, userid });
            }
        }
    }
    Ok(SendResultGiven { send_result: result })
}

/// Recalls a task; a second recall of the same is answered as the first.
pub(super) fn recall(world: &mut World, caller: &Caller, request: RecallNotice) -> Result<NoticeRecalled, Refused> {
    task(world, caller, request.agent_id, request.msg_task_id, "400002")?;
    let World { memory, phones, tally, .. } = world;
    let Some(task) = memory.get_mut::<Notices>().tasks.get_mut(&request.msg_task_id) else {
        return Ok(NoticeRecalled {});
    };
    if !task.recalled {
        task.recalled = true;
        tally.of("dingtalk").recalls += 1;
        for (person, fate) in &task.people {
            if matches!(fate, Fate::Reached { .. }) {
                phones.recall(*person, "dingtalk", &task.id);
            }
        }
    }
    Ok(NoticeRecalled {})
}

/// Notes that a person has read a task's message, so that its result says so.
pub(super) fn read(world: &mut World, person: PersonId, source: &str, now: i64) {
    let task = source.parse().ok().and_then(|id: i64| world.memory.get_mut::<Notices>().tasks.get_mut(&id));
    let fate = task.and_then(|task| task.people.iter_mut().find(|(id, _)| *id == person));
    if let Some((_, Fate::Reached { read_at })) = fate {
        *read_at = Some(now);
    }
}
