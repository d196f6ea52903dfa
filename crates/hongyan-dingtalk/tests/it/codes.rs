//! Every code that DingTalk's pages name has a class, and advice in both languages.

use hongyan_dingtalk::DingTalk;
use hongyan_endpoint::Platform;

/// The codes of the pages' tables; `a..b` are all from `a` to `b`.
const CODES: &str = "
    -1 15 22 40 41 88 404 500 1002 33001 33012 34001 34002 34004 34006 34007 34012..34016 40000 40001 40003..40017
    40019..40024 40031 40032 40035 40036 40038 40048 40056 40057 40066 40068..40070 40078 40080..40090 40096
    40102..40104 41001 41005 41006 41009 41011 41021..41026 41028..41031 41044..41049 41052 41102 42001 42008
    42009 43001..43005 43007..43009 44001 44002 44004 45001 45002 45009 46004 47001 48002..48004 49000..49023
    50002..50005 60003..60007 60011 60019..60021 60102..60106 60110..60112 60121 60124 70001 70003 70004
    71006..71013 81001 81002 90001..90014 90017..90020 101002 130101 143103..143106 143203..143206 300001 300005
    310000 400001 400002 400013 400020 400040 400041 400050..400054 400101 400102 400105 400106 410100
    430101..430104 460101 660001 660002 660012 660014..660016 660018 660020 660022..660027 660036 660041
    660045..660047 665033 665036 853001..853004 885001 885006 900001..900010 1430000..1430004 invalid.client
    unsupported.grant.type unauthorized.client server.error unknownError invalidSuiteTicket
    invalidClientIdOrSecret invalidSuiteKey invalidAuthInfo orgNotExist orgNotAuthApp invalidCorpId
    accesstoken.expired invalideChatId permession.checkFailed parameter.invalid system.error member.exceed
    member.notFound groupTemplate.notFound groupTemplate.permessionDenied.any ding.receivercount.limit
    ding.serverquota.insufficient toomuch.msg invalidParameter.robotCode.empty invalidParameter.robotCode.auth
    invalidParameter.robotCode.notExsit invalidParameter.robotCode.invalid invalidParameter.robotCode.missing
    invalidParameter.robotCode.coolApp invalidParameter.userIds.empty invalidParameter.userIds.overMax
    invalidParameter.msgKey.empty invalidParameter.msgKey.invalid invalidParameter.msgParam.invalid
    invalidParameter.msgParam.tooLong invalidParameter.msg.unsupport miss.param.any invalid.openConversationId
    miss.openConversationId invalid.processQueryKey robot.processQueryKey.expired processQueryKey.expireTime
    staffId.notExisted contain.unsafe.url contain.notAllowed.text contain.notAllowed.picture
    contain.notAllowed.content send.too.fast send.byToken.tooFast too.many.group too.many.people group.disbanded
    bot.stopped template.stopped template.not.existed send.forbidden bot.forbidden.sendMessage
    chatbotId.notAllow.sendOTO robot.oto.notExist conversation.org.notMatch resource.unavailable
    resource.not.found unauthorized auth.error only.groupAdmin.canAtAll session.expired unknown.send.result
    InvalidAuthentication AuthenticationFailed.MissingParameter paramIllegal commonParamIllegal qps.exceed.limit
    request.overlimit Forbidden.AccessDenied.AccessTokenPermissionDenied Forbidden.AccessDenied.IpNotInWhiteList
    Forbidden.AccessDenied.QpsLimitForAppkeyAndApi Forbidden.AccessDenied.QpmLimitForAppkeyAndApi
    Forbidden.AccessDenied.QpsLimitForSuitekeyAndOrgAndApi
    Forbidden.AccessDenied.QpmLimitForSuitekeyAndOrgAndApi Forbidden.AccessDenied.QpsLimitForApi
    Forbidden.AccessDenied.ApiCountLimitForOrg invalidRequest.duplicateClientToken systemError
     20001 Missingbody param.empty param.cardNotExist param.cardAlreadyExist param.templateNotExist
    param.templateUnpublished param.contentUnsafe system.busy system.updateCallbackFailed param.callbackRouteKeyExist
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
            if !DingTalk::error_code(&code).is_some_and(complete) {
                unknown.push(code);
            }
        }
    }
    assert_eq!(unknown, Vec::<String>::new());
}
