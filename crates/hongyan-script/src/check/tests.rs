//! Each rule by a script that breaks it and one that keeps it, and the whole by the recipes.

use super::{Surroundings, check};
use crate::Script;

/// The rules that a script breaks, in the order of the text.
fn rules(text: &str) -> Vec<&'static str> {
    let script = Script::parse("t", text).unwrap_or_else(|errors| panic!("{errors:?}"));
    check(&script, &Surroundings::default()).iter().map(|finding| finding.rule.id).collect()
}

/// As [`rules`], after the lines of a script that has a token.
fn after_token(text: &str) -> Vec<&'static str> {
    let known = ["ACCESS_TOKEN"].map(str::to_owned);
    let script = Script::parse("t", text).unwrap_or_else(|errors| panic!("{errors:?}"));
    check(&script, &Surroundings { defined: &known }).iter().map(|finding| finding.rule.id).collect()
}

const WECOM: &str = "url='https://qyapi.weixin.qq.com/cgi-bin/message/send?access_token='+ACCESS_TOKEN;";
const DING: &str = "url='https://oapi.dingtalk.com/chat/send?access_token='+ACCESS_TOKEN;";

#[test]
fn json_is_looked_through_where_it_is_sent() {
    for (body, expected) in [
        (r#"'{"msgtype":"text","text":{"content":"a，b：“c”"}}'"#, &[][..]),
        (r#"'{"msgtype":"text","text":{"content":"a"}'"#, &["json-missing-brace"]),
        (r#"'{"to":["a","b"]，"msgtype":"text"}'"#, &["json-full-width-punctuation"]),
        (r#"'{"agentid":xxxx,"msgtype":"text"}'"#, &["json-placeholder"]),
        (r#"'{"agentid":xxxx,"text":{"content":"a"}'"#, &["json-placeholder", "json-missing-brace"]),
        (r#"'{"a":1,}'"#, &["json-invalid"]),
        (r#"'{"a":"b'"#, &["json-invalid"]),
        (r#"'{"a":"'+ACCESS_TOKEN+'","n":'+string(5)+'}'"#, &[]),
        (r#"'{"a":['+ACCESS_TOKEN+']}'"#, &[]),
        (r#"'{"a":{'+ACCESS_TOKEN"#, &[]),
        (r#"'{"chatid":"CHATID","n":["xxx"]}'"#, &["placeholder-sent", "placeholder-sent"]),
    ] {
        let text = format!("{WECOM}ret=httpClient::httpPost(url,{body},1000);");
        assert_eq!(after_token(&text), expected, "{body}");
    }
    // In pieces, by way of a variable, and never sent.
    let text = format!("{WECOM}param='{{\"a\":';param+='{{\"b\":2}}';ret=httpClient::httpPost(url,param,1000);");
    assert_eq!(after_token(&text), ["json-missing-brace"]);
    assert_eq!(rules(r#"param='{"a":{"b":1}';"#), ["json-missing-brace"]);
    // A pattern that is filled later is none of the checker's business.
    assert_eq!(
        rules(r#"p='{"a":%s}';q=strReplace(p,'%s','1');def f(x){return x}y=f('{"a":%s}');z='{"b":%s}';"#),
        Vec::<&str>::new()
    );
}

#[test]
fn a_finding_in_a_text_points_at_the_letter() {
    let text = r#"param="{\"say\":\"你好\"，\"n\":1}";"#;
    let script = Script::parse("t", text).unwrap();
    let findings = check(&script, &Surroundings::default());
    assert_eq!(script.source().slice(findings[0].span), "，");
    let place = script.source().place(findings[0].span);
    assert_eq!((place.line, place.column), (1, 23));
}

#[test]
fn fields_are_those_of_the_operation_that_was_called() {
    let read = |path: &str, read: &str| {
        let text = format!(
            "url='https://{path}?access_token='+ACCESS_TOKEN;ret=httpClient::httpPost(url,'{{\"a\":1}}',1000,'Content-Type:application/json');body=parseExpr(ret.text).eval();{read}"
        );
        after_token(&text)
    };
    let create = "qyapi.weixin.qq.com/cgi-bin/appchat/create";
    assert_eq!(read(create, "CHATID=body.access_token;"), ["chatid-from-access-token"]);
    assert_eq!(read(create, "CHATID=body.chatid;"), Vec::<&str>::new());
    assert_eq!(read(create, "code=body.errocode;CHATID=body['chatid'];"), ["misspelt-field"]);
    assert_eq!(read(create, "code=body.errcode;"), ["chatid-not-read"]);
    assert_eq!(
        read("oapi.dingtalk.com/chat/create", "code=body.userIds;c=body.chatId;"),
        ["chatid-not-read", "no-such-field", "misspelt-field"]
    );
    assert_eq!(read("www.example.com/chat/create", "code=body.anything;"), Vec::<&str>::new());
}

#[test]
fn the_department_list_is_a_get_that_answers_a_dictionary() {
    let list = |params: &str, read: &str| {
        let text = format!(
            "q=dict(string,string);q['access_token']=ACCESS_TOKEN;{params}ret=httpClient::httpGet('https://oapi.dingtalk.com/department/list',q,1000);body=parseExpr(ret.text).eval();{read}"
        );
        after_token(&text)
    };
    assert_eq!(list("", "id=string(body[0].id);"), ["fetch-child-not-sent", "index-on-dictionary"]);
    assert_eq!(list("q['fetch_child']='true';", "id=string(body.department[0].id);"), Vec::<&str>::new());
    assert_eq!(list("q['fetch_child']='true';", "Userlds=body.department;"), ["misspelt-name"]);
}

#[test]
fn headers_are_names_and_values_with_one_colon() {
    let post =
        |header: &str| after_token(&format!("{DING}{header}ret=httpClient::httpPost(url,'{{\"a\":1}}',1000,h);"));
    assert_eq!(post("h='Content-Type: application/json';"), Vec::<&str>::new());
    assert_eq!(post("h='Content-Type : application/json';"), ["header-space-before-colon"]);
    assert_eq!(post("h='X-From:a';"), ["missing-content-type"]);
    assert_eq!(post("h='Content-Type:application/json;x:y';"), ["header-colons"]);
    assert_eq!(post("h=dict(string,string);h['Content-Type']='application/json';"), Vec::<&str>::new());
    assert_eq!(post("h=dict(string,string);h['Content-Type ']='application/json';"), ["header-space-before-colon"]);
    assert_eq!(
        after_token(&format!("{DING}ret=httpClient::httpPost(url,'{{\"a\":1}}',1000);")),
        ["missing-content-type"]
    );
    assert_eq!(after_token(&format!("{WECOM}ret=httpClient::httpPost(url,'{{\"a\":1}}',1000);")), Vec::<&str>::new());
}

#[test]
fn addresses_are_whole_and_hold_no_words_for_values() {
    let get = |url: &str| after_token(&format!("r=httpClient::httpGet({url},,1000);"));
    let user = "https://qyapi.weixin.qq.com/cgi-bin/appchat/get?chatid=a&access_token=";
    assert_eq!(get(&format!("'{user}'+ACCESS_TOKEN+','")), ["url-trailing-comma"]);
    assert_eq!(get(&format!("'{user}ACCESS_TOKEN,'")), ["url-placeholder", "url-trailing-comma"]);
    assert_eq!(get(&format!("'{user}canary0123456789'")), ["secret-in-source"]);
    assert_eq!(get(&format!("'{user}'+ACCESS_TOKEN").replace("https", "http")), ["secret-over-http"]);
    assert_eq!(get("'https://oapi.dingtalk.com/gettoken?appkey=k'"), ["missing-parameter"]);
    assert_eq!(get("'https://oapi.dingtalk.com/gettoken?'+ACCESS_TOKEN"), Vec::<&str>::new());
    assert_eq!(
        after_token("q=dict(string,string);q['a']='b';r=httpClient::httpGet('https://www.example.com/?c=d',q,1000);"),
        ["query-twice"]
    );
}

#[test]
fn secrets_in_the_source_are_told_and_never_repeated() {
    for line in [
        "SECRET='canary-value';",
        "psw=\"canary-value\";",
        "p=dict(string,string);p['corpsecret']='canary-value';",
        "r=httpClient::sendEmail('a@example.com','canary-value','b@example.com','subject','text');",
    ] {
        let script = Script::parse("t", line).unwrap();
        let findings = check(&script, &Surroundings::default());
        assert_eq!(findings.iter().map(|f| f.rule.id).collect::<Vec<_>>(), ["secret-in-source"], "{line}");
        assert!(
            !format!("{} {} {}", findings[0].message, findings[0].message_zh, findings[0].right).contains("canary")
        );
    }
    assert_eq!(rules("SECRET='xxxxx';key='ding0000';psw='<code>';ACCESS_TOKEN='';"), Vec::<&str>::new());
}

#[test]
fn calls_have_their_functions_and_arguments() {
    assert_eq!(rules("r=httpClient::httpGet();"), ["wrong-arguments", "no-timeout"]);
    assert_eq!(rules("r=httpClient::httpget('https://www.example.com/',,1000);"), ["unknown-function"]);
    assert_eq!(rules("r=httpClient::sendEmail('a@example.com',x);"), ["wrong-arguments", "undefined-variable"]);
    assert_eq!(
        rules("def f(a,b=1){return a}\nx=f();y=f(1,2,3);z=g(1);"),
        ["wrong-arguments", "wrong-arguments", "unknown-function"]
    );
    assert_eq!(rules("r=httpClient::httpGet('https://www.example.com/');"), ["no-timeout"]);
    assert_eq!(rules("r=httpClient::httpGet('https://www.example.com/',,0);"), ["no-timeout"]);
    assert_eq!(
        rules("r=httpClient::sendEmail('a@example.com','xxxxx','b@example.com','s','text');"),
        ["one-letter-char"]
    );
}

#[test]
fn variables_have_a_value_before_they_are_used() {
    assert_eq!(rules("print token;token='';"), ["undefined-variable"]);
    assert_eq!(rules("a=1;def f(){return a}\nx=f();"), ["undefined-variable"]);
    assert_eq!(rules("if(1==1){a=1}\nfor(i in 0:3){b=i;print a}\ndo{c=1}while(c<1);print b;"), Vec::<&str>::new());
    assert_eq!(rules("try{a=1}catch(ex){print ex}\nprint a;"), Vec::<&str>::new());
    assert_eq!(rules("url+='a';"), ["undefined-variable"]);
}

#[test]
fn tokens_are_kept_over_a_loop_and_placeholders_do_not_take_their_place() {
    let login = "q=dict(string,string);q['corpid']='ww0';q['corpsecret']='xxxxx';";
    let get = "r=httpClient::httpGet('https://qyapi.weixin.qq.com/cgi-bin/gettoken',q,1000);b=parseExpr(r.text).eval();ACCESS_TOKEN=b.access_token;";
    let send = "u='https://qyapi.weixin.qq.com/cgi-bin/message/send?access_token='+ACCESS_TOKEN;r=httpClient::httpPost(u,'{\"a\":1}',1000);";
    assert_eq!(rules(&format!("{login}for(i in 0:9){{{get}{send}}}")), ["token-in-loop", "no-token-renewal"]);
    assert_eq!(rules(&format!("{login}{get}{send}")), Vec::<&str>::new());
    assert_eq!(rules(&format!("{login}do{{{get}}}while(b.errcode==-1);{send}")), Vec::<&str>::new());
    assert_eq!(rules(&format!("{login}{get}ACCESS_TOKEN='xxxxx';{send}")), ["placeholder-overwrites-value"]);
}

#[test]
fn the_recipes_are_without_findings() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/scripts");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "dos") {
            let found = rules(&std::fs::read_to_string(&path).unwrap());
            assert!(found.is_empty(), "{}: {found:?}", path.display());
            seen += 1;
        }
    }
    assert!(seen >= 10, "only {seen} recipes were found");
}

#[test]
fn a_text_that_doubles_for_ever_is_given_up() {
    let text = format!("a='x';{}", "a+=a;".repeat(60));
    assert_eq!(rules(&text), Vec::<&str>::new());
}

mod torn {
    //! Scripts that were cut and stitched: the checker may find what it likes, and never falls over.

    use crate::{
        Script,
        check::{Surroundings, check, masked, masked_script, overwriting_placeholders},
    };
    use proptest::prelude::*;

    const SCRIPT: &str = "SECRET='s3cret，值'; q=dict(string,string);q['corpsecret']=SECRET;u='https://qyapi.weixin.qq.com/cgi-bin/appchat/create?access_token='+t;\
        p='{\"a\" : xxxx，\"b\":[\"\\u4f60\\\\\"],'+string(1)+'}';r=httpClient::httpPost(u,p,1000,'A :b');b=parseExpr(r.text).eval();c=b[0].access_token;t=c;t='xxxxx';";

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]

        #[test]
        fn nothing_makes_it_fall_over(cuts in proptest::collection::vec((0..SCRIPT.len(), 0..30_usize, 0..SCRIPT.len()), 0..4), noise in "\\PC{0,6}") {
            let mut text = SCRIPT.to_owned();
            for (from, length, to) in cuts {
                let chars: Vec<char> = text.chars().collect();
                let piece: String = chars.iter().skip(from).take(length).collect();
                let to = to.min(chars.len());
                text = chars[..to].iter().chain(&noise.chars().collect::<Vec<_>>()).chain(&piece.chars().collect::<Vec<_>>()).chain(&chars[(to + length / 2).min(chars.len())..]).collect();
            }
            prop_assert_eq!(masked(&text).len(), text.len());
            if let Ok(script) = Script::parse("t", &text) {
                for finding in check(&script, &Surroundings::default()) {
                    prop_assert!(text.get(finding.span.range()).is_some(), "{:?}", finding);
                    let _ = finding.diagnostic(script.source()).render(script.source(), false);
                }
                prop_assert_eq!(masked_script(&script).len(), text.len());
                let _ = overwriting_placeholders(&script);
            }
        }
    }
}
