//! The scripts of the tutorials in our own words, and the token recipe over a simulated day.

use crate::world::{World, reply, run};
use hongyan_script::{HostCall, Value};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

fn text_of(call: &HostCall, at: usize) -> String {
    call.positional.get(at).cloned().flatten().and_then(|value| value.as_text().map(str::to_owned)).unwrap_or_default()
}

#[test]
fn the_tutorials_scripts_run_as_they_are_written() {
    let seen = Rc::new(RefCell::new(Vec::new()));
    let log = Rc::clone(&seen);
    let mut world = World::new(move |call| {
        let url = text_of(call, 0);
        log.borrow_mut().push(url.clone());
        Ok(reply(
            if call.function == "sendEmail" { 250 } else { 200 },
            match () {
                () if url.ends_with("gettoken") => {
                    r#"{"errcode":0,"errmsg":"ok","access_token":"tok-1","expires_in":7200}"#
                }
                () if url.contains("department/list") => r#"{"errcode":0,"department":[{"id":42,"name":"开发组"}]}"#,
                () if url.contains("getDeptMember") => r#"{"errcode":0,"userIds":["u1","u2"]}"#,
                () if url.contains("create") => r#"{"errcode":0,"chatid":"chat-9"}"#,
                () => r#"{"errcode":0,"errmsg":"ok"}"#,
            },
        ))
    });
    let outcome = run(
        &mut world,
        r#"
loadPlugin("/opt/plugins/PluginHttpClient.txt");
url = 'https://wecom.example.com/cgi-bin/gettoken';
param=dict(string,string);
ID='ww0001';
SECRET='sample';
param['corpid']=ID;
param['corpsecret']=SECRET;
ret=httpClient::httpGet(url,param,1000);
print ret['text'];
body = parseExpr(ret.text).eval();
ERRCODE=body.errcode;
ERRMSG=body.errmsg;
ACCESS_TOKEN=body.access_token;

url = 'https://wecom.example.com/cgi-bin/message/send?';
url+='access_token='+ACCESS_TOKEN;
param='{"touser" : "@all","agentid" : 1000002,"msgtype" : "text","text" : {"content" : "一条样例"}}';
ret=httpClient::httpPost(url,param,1000);
body = parseExpr(ret.text).eval();
assert body.errcode==0;

url = 'https://ding.example.com/department/list';
param=dict(string,string);
param['access_token']=ACCESS_TOKEN;
param['fetch_child']='true';
ret=httpClient::httpGet(url,param,1000);
body = parseExpr(ret.text).eval();
DEPTID=string(body.department[0].id);
param['deptId']=DEPTID;
ret=httpClient::httpGet('https://ding.example.com/user/getDeptMember',param,1000);
body = parseExpr(ret.text).eval();
Userlds=body.userIds;
print Userlds;

url = "https://ding.example.com/chat/create?";
url+='access_token='+ACCESS_TOKEN;
header='Content-Type: application/json';
ret=httpClient::httpPost(url,'{"name":"g","owner":"u1","useridlist":["u1"]}',1000,header);
body = parseExpr(ret.text).eval();
CHATID=body.chatid;
headers=dict(string,string);
headers['Content-Type']='application/json';
param='{"chatid" : "'+CHATID+'","msg" : {"msgtype" : "text","text" : {"content" : "一条样例"}}}';
ret=httpClient::httpPost('https://ding.example.com/chat/send?access_token='+ACCESS_TOKEN,param,1000,headers);

user='from@example.com';
psw='code';
recipientCollection='one@example.com''two@example.com''three@example.com';
res=httpClient::sendEmail(user,psw,recipientCollection,'A subject','A text');
assert  res[`responseCode]==250;
"#,
    );
    assert!(!outcome.failed());
    assert_eq!(world.printed.last().map(String::as_str), Some("[\"u1\",\"u2\"]"));
    let seen = seen.borrow();
    assert_eq!(seen[1], "https://wecom.example.com/cgi-bin/message/send?access_token=tok-1");
    assert_eq!(seen.len(), 7);
    assert_eq!(outcome.variables.get("CHATID").and_then(Value::as_text), Some("chat-9"));
}

/// The recipe that the tutorials ask for in words: keep the token, fetch a new one when the platform says 40014.
pub(crate) const TOKEN_RECIPE: &str = r#"
def fetchToken(corpid, secret) {
    param = dict(string, string)
    param['corpid'] = corpid
    param['corpsecret'] = secret
    ret = httpClient::httpGet('https://wecom.example.com/cgi-bin/gettoken', param, 5000)
    body = parseExpr(ret.text).eval()
    if (body.errcode != 0) throw 'gettoken: ' + body.errcode + ' ' + body.errmsg
    token = dict(STRING, ANY)
    token['value'] = body.access_token
    token['until'] = now() + body.expires_in * 1000
    return token
}

def send(mutable token, corpid, secret, text) {
    if (size(token) == 0 || now() >= token.until) token = fetchToken(corpid, secret)
    body = dict(STRING, ANY)
    body['touser'] = '@all'
    body['msgtype'] = 'text'
    content = dict(STRING, ANY)
    content['content'] = text
    body['text'] = content
    for (attempt in 0:2) {
        url = 'https://wecom.example.com/cgi-bin/message/send?access_token=' + token.value
        reply = parseExpr(httpClient::httpPost(url, toStdJson(body), 5000).text).eval()
        if (reply.errcode in [40014, 42001]) {
            token = fetchToken(corpid, secret)
            continue
        }
        return reply.errcode
    }
    return -1
}

token = dict(STRING, ANY)
failures = 0
for (i in 0:1000) {
    if (send(token, 'ww0001', 'sample', 'message ' + i) != 0) failures += 1
    sleep(86400)
}
print failures
"#;

#[test]
fn a_thousand_sends_in_a_day_cost_twelve_tokens_at_most_even_when_one_is_revoked() {
    let (tokens, sends, valid) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)), Rc::new(RefCell::new(String::new())));
    let (t, s, v) = (Rc::clone(&tokens), Rc::clone(&sends), Rc::clone(&valid));
    let mut world = World::new(move |call| {
        let url = text_of(call, 0);
        if url.ends_with("gettoken") {
            t.set(t.get() + 1);
            *v.borrow_mut() = format!("tok-{}", t.get());
            let text = format!(r#"{{"errcode":0,"errmsg":"ok","access_token":"tok-{}","expires_in":7200}}"#, t.get());
            return Ok(reply(200, &text));
        }
        s.set(s.get() + 1);
        if s.get() == 500 {
            v.borrow_mut().clear();
        }
        let good = url.ends_with(&format!("={}", v.borrow()));
        Ok(reply(200, if good { r#"{"errcode":0}"# } else { r#"{"errcode":40014,"errmsg":"invalid access_token"}"# }))
    });
    run(&mut world, TOKEN_RECIPE);
    assert_eq!(world.printed, ["0"]);
    assert_eq!(sends.get(), 1001);
    assert!(tokens.get() <= 12, "{} token calls", tokens.get());
}
