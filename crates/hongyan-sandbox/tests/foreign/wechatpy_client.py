"""WeCom through wechatpy, pointed at the sandbox: every step asserts, and prints a line when it holds.

Reads from the environment: SANDBOX_BASE (http://HOST:PORT), SANDBOX_CORP_ID, SANDBOX_SECRET, SANDBOX_AGENT_ID and
SANDBOX_CONTACTS_SECRET. Leaves the company as it found it, beside messages.
"""

import io
import json
import os
import urllib.request

from wechatpy.enterprise import WeChatClient
from wechatpy.enterprise.client.api import WeChatMedia
from wechatpy.exceptions import WeChatClientException

BASE = os.environ["SANDBOX_BASE"].rstrip("/")
CORP_ID = os.environ["SANDBOX_CORP_ID"]
AGENT_ID = int(os.environ["SANDBOX_AGENT_ID"])
PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)


class SandboxMedia(WeChatMedia):
    """The library writes the real host into this one address."""

    def get_url(self, media_id):
        return super().get_url(media_id).replace("https://qyapi.weixin.qq.com", BASE)


class SandboxClient(WeChatClient):
    """The library's client on another host."""

    API_BASE_URL = BASE + "/cgi-bin/"
    media = SandboxMedia()

    def fetch_access_token(self):
        params = {"corpid": self.corp_id, "corpsecret": self.secret}
        return self._fetch_access_token(url=self.API_BASE_URL + "gettoken", params=params)


def done(step):
    print("ok", step, flush=True)


def refused(code, call, *args, **kwargs):
    """The call is refused with that code."""
    try:
        call(*args, **kwargs)
    except WeChatClientException as error:
        assert error.errcode == code, (error.errcode, error.errmsg)
    else:
        raise AssertionError("expected %d" % code)


def inspect(path, body=None):
    """The sandbox's own side."""
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(BASE + "/sandbox" + path, data) as answer:
        return json.load(answer)


def file(name, content):
    held = io.BytesIO(content)
    held.name = name
    return held


def newest(userid):
    return inspect("/phones/" + userid)["messages"][-1]


app = SandboxClient(CORP_ID, os.environ["SANDBOX_SECRET"])
contacts = SandboxClient(CORP_ID, os.environ["SANDBOX_CONTACTS_SECRET"])

token = app.fetch_access_token()
assert token["expires_in"] > 7000 and app.access_token == token["access_token"]
assert app.fetch_access_token()["access_token"] == token["access_token"]
refused(40001, SandboxClient(CORP_ID, "wrong").fetch_access_token)
refused(40013, SandboxClient("ww0", "wrong").fetch_access_token)
done("token")

zhangsan = app.user.get("ZhangSan")
assert zhangsan["userid"] == "zhangsan" and zhangsan["name"] == "张三" and zhangsan["department"] == [11]
refused(60111, app.user.get, "ghost01")
refused(60011, app.user.get, "outsider")
done("user.get")

names = app.user.list(11, simple=True)
full = app.user.list(11)
assert {one["userid"] for one in names} == {one["userid"] for one in full} >= {"zhangsan", "lisi"}
assert len(app.user.list(1, fetch_child=True, simple=True)) > 200
assert len(app.department.get_users(11)) == len(names)
assert app.department.get_map_users(11)["李四"] == "lisi"
done("user.list")

departments = app.department.get()
assert len(departments) > 20 and {one["id"] for one in app.department.get(2)} == {2, 11, 12, 13}
refused(48002, app.department.create, "夜班")
done("department.get")

night = contacts.department.create("夜班", parent_id=3, order=5)["id"]
refused(60008, contacts.department.create, "夜班", parent_id=3)
contacts.department.update(night, name="夜班组", order=6)
told = contacts.department.get(night)[0]
assert (told["name"], told["order"], told["parentid"]) == ("夜班组", 6, 3)
done("department.create, update")

contacts.user.create("zhengshi", "郑十", department=[night], mobile="13900002222", email="zs@example.com", position="值班")
refused(60102, contacts.user.create, "zhengshi", "郑十", mobile="13900003333")
contacts.user.update("zhengshi", position="组长", enable=1)
assert contacts.user.get("zhengshi")["position"] == "组长"
refused(60005, contacts.department.delete, night)
contacts.user.delete("zhengshi")
contacts.user.create("linshi1", "临时一", department=[night], mobile="13900004444")
contacts.user.batch_delete(["linshi1"])
refused(60111, contacts.user.get, "linshi1")
contacts.department.delete(night)
refused(60003, contacts.department.get, night)
done("user.create, update, delete, batch_delete; department.delete")

text = app.message.send_text(AGENT_ID, ["zhangsan", "ghost01"], "批次完成")
assert text["invaliduser"] == "ghost01" and text["msgid"]
assert newest("zhangsan")["content"]["text"]["content"] == "批次完成"
app.message.send_text(str(AGENT_ID), "", "全组", party_ids=["11"], tag_ids=["1"])
refused(81013, app.message.send_text, AGENT_ID, "ghost01", "x")
refused(301002, app.message.send_text, AGENT_ID + 1, "zhangsan", "x")
refused(44004, app.message.send_text, AGENT_ID, "zhangsan", "")
app.message.send_markdown(AGENT_ID, "zhangsan", "# 告警\n> 节点 **dn-3**")
assert newest("zhangsan")["content"]["msgtype"] == "markdown"
refused(45002, app.message.send_markdown, AGENT_ID, "zhangsan", "x" * 2049)
app.message.send_text_card(AGENT_ID, "zhangsan", "审批", "待办", "https://example.com/t/9", btntxt="去处理")
app.message.send_articles(
    AGENT_ID,
    "zhangsan",
    [{"title": "周报", "description": "第 31 周", "url": "https://example.com/w", "image": "https://example.com/w.png"}],
)
done("message.send_text, send_markdown, send_text_card, send_articles")

image = app.media.upload("image", file("图.png", PNG))["media_id"]
voice = app.media.upload("voice", file("a.amr", b"#!AMR\n" + bytes(32)))["media_id"]
video = app.media.upload("video", file("a.mp4", b"\0\0\0\x18ftypmp42" + bytes(32)))["media_id"]
report = app.media.upload("file", ("report.csv", "日期,量\n8-1,3\n".encode(), "text/csv"))
assert report["type"] == "file" and int(report["created_at"]) > 0
report = report["media_id"]
down = app.media.download(report)
assert down.status_code == 200 and down.content.decode() == "日期,量\n8-1,3\n"
assert down.headers["content-disposition"].startswith("attachment; filename=")
refused(40004, app.media.upload, "poem", file("a.txt", b"123456"))
refused(40123, app.media.upload, "image", file("a.png", b"123456"))
assert app.media.upload_img(file("图.png", PNG))["url"].startswith("https://")
done("media.upload, download, upload_img")

app.message.send_image(AGENT_ID, "zhangsan", image)
app.message.send_voice(AGENT_ID, "zhangsan", voice)
app.message.send_video(AGENT_ID, "zhangsan", video, title="演示", description="回放")
app.message.send_file(AGENT_ID, "zhangsan", report, safe=1)
assert newest("zhangsan")["content"]["file"]["media_id"] == report
article = {
    "thumb_media_id": image,
    "author": "运维",
    "title": "周报",
    "content": "<p>正文</p>",
    "content_source_url": "https://example.com/w",
    "digest": "摘要",
    "show_cover_pic": 1,
}
app.message.send_mp_articles(AGENT_ID, "zhangsan", [article], safe=1)
refused(40007, app.message.send_file, AGENT_ID, "zhangsan", "nobody")
done("message.send_image, send_voice, send_video, send_file, send_mp_articles")

card = {
    "card_type": "button_interaction",
    "task_id": "wechatpy-1",
    "main_title": {"title": "任务失败"},
    "button_list": [{"text": "重试", "key": "retry"}],
}
sent = app.message.send(AGENT_ID, "zhangsan", msg={"msgtype": "template_card", "template_card": card})
assert sent["response_code"]
app.post("message/recall", data={"msgid": sent["msgid"]})
assert newest("zhangsan")["recalled"]
done("message.send of a card, recall")

tag = app.tag.create("wechatpy 演练")["tagid"]
app.tag.update(tag, "wechatpy 演练组")
assert {"tagid": tag, "tagname": "wechatpy 演练组"} in app.tag.list()
assert app.tag.add_users(tag, ["lisi", "ghost01"])["invalidlist"] == "ghost01"
assert app.tag.get_users(tag)["userlist"] == [{"userid": "lisi", "name": "李四"}]
app.message.send_text(AGENT_ID, "", "演练开始", tag_ids=str(tag))
assert newest("lisi")["content"]["text"]["content"] == "演练开始"
app.tag.delete_users(tag, ["lisi"])
app.tag.delete(tag)
refused(81011, app.tag.delete, 1)
done("tag.create, update, list, add_users, get_users, delete_users, delete")

chat = app.appchat.create("wechatpychat", "量化告警", "lisi", ["lisi", "wangwu", "zhaoliu"])["chatid"]
assert chat == "wechatpychat"
refused(86215, app.appchat.create, chat, "量化告警", "lisi", ["lisi", "wangwu"])
app.appchat.update(chat, name="夜盘", add_user_list=["sunqi"], del_user_list=["zhaoliu"])
told = app.appchat.get(chat)
assert told["name"] == "夜盘" and set(told["userlist"]) == {"lisi", "wangwu", "sunqi"} and told["owner"] == "lisi"
app.appchat.send(chat, "markdown", content="**收盘完成**")
app.appchat.send_text(chat, "收盘完成了")
assert newest("sunqi")["group"]["id"] == chat
refused(86003, app.appchat.get, "nowhere")
done("appchat.create, update, get, send, send_text")

table = "姓名,帐号,手机号,邮箱,所在部门\n批一,piyi,13900005555,,11\n".encode()
batch = contacts.media.upload("file", file("import.csv", table))["media_id"]
job = contacts.batch.sync_user("https://example.com/cb", "SampleToken2026", "A" * 43, batch)["jobid"]
result = contacts.batch.get_result(job)
assert result["status"] == 3 and result["result"][0]["userid"] == "piyi", result
contacts.user.delete("piyi")
invited = app.batch.invite(user=["lisi", "ghost01"])
assert invited["invaliduser"] == ["ghost01"], invited
assert app.misc.get_wechat_ips()
done("batch.sync_user, get_result, invite; misc.get_wechat_ips")

inspect("/tokens/revoke", {"platform": "wecom", "how": "expire"})
app.message.send_text(AGENT_ID, "zhangsan", "换过令牌")
assert newest("zhangsan")["content"]["text"]["content"] == "换过令牌"
done("a lapsed token is replaced by the library itself")
