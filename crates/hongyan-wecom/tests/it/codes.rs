//! Every code that WeCom's pages name has a class, and advice in both languages.

use hongyan_endpoint::Platform;
use hongyan_wecom::WeCom;

/// The codes of the pages' tables; `a..b` are all from `a` to `b`.
const CODES: &str = "
    -1 6000 40001 40003..40009 40011 40013 40014 40029 40031..40033 40035 40039 40050 40056..40058 40063 40066
    40068 40070..40072 40074 40091 40094 40123 40145 40146 40201 40204 40206 41001 41002 41004..41006
    41009..41011 41016 41017 41024 41033 42001 42003 42014..42052 43004 43009 43012 44001 44004 45001 45002
    45007..45009 45024 45026 45029 45031..45036 46003 46004 48001 48002 48004..48006 48009 48010 49008
    50001..50003 60001 60003..60011 60020 60021 60031 60102..60106 60110..60112 60123..60125 60127 60129 60132
    60140 60206..60208 80001 81001..81003 81011..81013 82001..82004 82101 82102 85005 86001 86003..86008 86101
    86201..86207 86215..86217 86220 86225 90200..90208 92002 92003 93000 93001 93004 93006 93008 93017 93018
    301002 301005 301007 301016 301017 301019 301021 830002
";

#[test]
fn every_code_of_the_pages_is_known() {
    let mut unknown = Vec::new();
    for word in CODES.split_whitespace() {
        let codes: Vec<String> = match word.split_once("..") {
            Some((first, last)) => {
                let (first, last): (u32, u32) = (first.parse().unwrap(), last.parse().unwrap());
                (first..=last).map(|code| code.to_string()).collect()
            }
            None => vec![word.to_owned()],
        };
        for code in codes {
            let complete = |known: &hongyan_endpoint::ErrorCode| {
                [known.en, known.zh, known.advice_en, known.advice_zh].iter().all(|words| !words.is_empty())
            };
            if !WeCom::error_code(&code).is_some_and(complete) {
                unknown.push(code);
            }
        }
    }
    assert_eq!(unknown, Vec::<String>::new());
}
