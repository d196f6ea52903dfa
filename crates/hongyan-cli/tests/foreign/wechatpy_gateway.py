"""WeCom through wechatpy, pointed at the gateway: every step asserts, and prints a line when it holds.

Reads from the environment: GATEWAY_BASE and SANDBOX_BASE (http://HOST:PORT), CORP_ID, SECRET, AGENT_ID, ACCOUNT (its
name in the gateway's configuration) and KEY (an API key for it). After the line `restart` it reads the base of the
restarted gateway from its standard input.
"""

import io
import json
import os
import sys
import urllib.request

from wechatpy.enterprise import WeChatClient
from wechatpy.enterprise.client.api import WeChatMedia
from wechatpy.exceptions import WeChatClientException

CORP_ID, SECRET, KEY = os.environ["CORP_ID"], os.environ["SECRET"], os.environ["KEY"]
AGENT_ID = int(os.environ["AGENT_ID"])
SANDBOX = os.environ["SANDBOX_BASE"]
HOST = "https://qyapi.weixin.qq.com"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)


class Media(WeChatMedia):
    """The library writes the real host into this one address."""

    def get_url(self, media_id):
        return super().get_url(media_id).replace(HOST, os.environ["GATEWAY_BASE"])


class Client(WeChatClient):
    """The library's client on another host."""

    API_BASE_URL = os.environ["GATEWAY_BASE"] + "/cgi-bin/"
    media = Media()

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


def sandbox(path, body=None):
    """The platform's own side."""
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(SANDBOX + "/sandbox" + path, data) as answer:
        return json.load(answer)


def held(name, content):
    file = io.BytesIO(content)
    file.name = name
    return file


def newest(userid):
    return sandbox("/phones/" + userid)["messages"][-1]["content"]


app = Client(CORP_ID, SECRET)
token = app.fetch_access_token()
assert token["errcode"] == 0 and token["errmsg"] == "ok" and 7000 < token["expires_in"] <= 7200, token
assert app.fetch_access_token()["access_token"] == token["access_token"]
keyed = Client(os.environ["ACCOUNT"], KEY)
assert keyed.access_token != app.access_token
by_company = Client(CORP_ID, KEY)
assert by_company.user.get("zhangsan")["name"] == "张三"
refused(40001, Client(CORP_ID, "wrong").fetch_access_token)
refused(40013, Client("ww0", "wrong").fetch_access_token)
done("token by the application's pair, and by account and key")

sent = app.message.send_text(AGENT_ID, ["zhangsan", "ghost01"], "批次完成")
assert sent["invaliduser"] == "ghost01" and sent["msgid"] and not sent["msgid"].startswith("hy"), sent
assert newest("zhangsan")["text"]["content"] == "批次完成"
keyed.message.send_text(str(AGENT_ID), ("lisi",), "经由密钥")
assert newest("lisi")["text"]["content"] == "经由密钥"
app.message.send_text(AGENT_ID, "", "全组", party_ids=["11"], tag_ids=["1"])
app.message.send_text(AGENT_ID, "@all", "全体")
assert newest("wangwu")["text"]["content"] == "全体"
refused(81013, app.message.send_text, AGENT_ID, "ghost01", "查无此人")
refused(44004, app.message.send_text, AGENT_ID, "zhangsan", "")
refused(82001, app.message.send_text, AGENT_ID, "", "无人")
refused(40056, app.message.send_text, 7, "zhangsan", "别的应用")
done("message.send_text")

app.message.send_markdown(AGENT_ID, "zhangsan", "# 告警\n> 节点 **dn-3**")
assert newest("zhangsan")["markdown"]["content"] == "# 告警\n> 节点 **dn-3**"
refused(45002, app.message.send_markdown, AGENT_ID, "zhangsan", "x" * 2049)
app.message.send_text_card(AGENT_ID, "zhangsan", "审批", "待办", "https://example.com/t/9", btntxt="去处理")
assert newest("zhangsan")["textcard"]["btntxt"] == "去处理"
news = [{"title": "周报", "description": "第 31 周", "url": "https://example.com/w", "image": "https://example.com/w.png"}]
app.message.send_articles(AGENT_ID, "zhangsan", news)
assert newest("zhangsan")["news"]["articles"][0]["picurl"] == "https://example.com/w.png"
done("message.send_markdown, send_text_card, send_articles")

image = app.media.upload("image", held("图.png", PNG))["media_id"]
voice = app.media.upload("voice", held("a.amr", b"#!AMR\n" + bytes(32)))["media_id"]
video = app.media.upload("video", held("a.mp4", b"\0\0\0\x18ftypmp42" + bytes(32)))["media_id"]
table = "日期,量\n8-1,3\n".encode()
report = app.media.upload("file", ("日报.csv", table, "text/csv"))
assert report["type"] == "file" and int(report["created_at"]) > 0
report = report["media_id"]
down = keyed.media.download(report)
assert (down.status_code, down.content) == (200, table), down.content
assert down.headers["content-disposition"].startswith("attachment; filename="), down.headers
refused(40004, app.media.upload, "poem", held("a.txt", b"123456"))
refused(40123, app.media.upload, "image", held("a.png", b"123456"))
assert app.media.download("nobody").json()["errcode"] == 40007
assert app.media.upload_img(held("图.png", PNG))["url"].startswith("https://")
done("media.upload, download, upload_img")

app.message.send_image(AGENT_ID, "zhangsan", image)
assert newest("zhangsan")["image"]["media_id"] == image
app.message.send_voice(AGENT_ID, "zhangsan", voice)
app.message.send_video(AGENT_ID, "zhangsan", video, title="演示", description="回放")
assert newest("zhangsan")["video"]["title"] == "演示"
app.message.send_file(AGENT_ID, "zhangsan", report, safe=1)
assert newest("zhangsan")["file"]["media_id"] == report
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
assert sent["response_code"], sent
app.post("message/recall", data={"msgid": sent["msgid"]})
assert sandbox("/phones/zhangsan")["messages"][-1]["recalled"]
done("message.send of a card, recall")

chat = app.appchat.create("wechatpychat", "量化告警", "lisi", ["lisi", "wangwu", "zhaoliu"])["chatid"]
app.appchat.update(chat, name="夜盘", add_user_list=["sunqi"], del_user_list=["zhaoliu"])
assert keyed.appchat.get(chat)["name"] == "夜盘"
app.appchat.send(chat, "markdown", content="**收盘完成**")
app.appchat.send_text(chat, "收盘完成了")
assert newest("sunqi")["text"]["content"] == "收盘完成了"
refused(86003, app.appchat.get, "nowhere")
refused(86003, app.appchat.send_text, "nowhere", "无此群")
done("appchat.create, update, get, send, send_text")

tag = app.tag.create("wechatpy 演练")["tagid"]
assert app.tag.add_users(tag, ["lisi", "ghost01"])["invalidlist"] == "ghost01"
app.message.send_text(AGENT_ID, "", "演练开始", tag_ids=str(tag))
assert newest("lisi")["text"]["content"] == "演练开始"
app.tag.delete_users(tag, ["lisi"])
app.tag.delete(tag)
refused(81011, app.tag.delete, 1)
refused(60111, app.user.get, "ghost01")
refused(48002, app.department.create, "夜班")
names = app.user.list(11, simple=True)
assert len(app.department.get()) > 20 and {"zhangsan", "lisi"} <= {one["userid"] for one in names}
assert app.batch.invite(user=["lisi", "ghost01"])["invaliduser"] == ["ghost01"]
assert app.misc.get_wechat_ips()
done("tag, user, department, batch, misc")

# The platform takes back the token that the gateway has of it: nobody notices.
sandbox("/tokens/revoke", {"platform": "wecom", "how": "expire"})
before = app.access_token
app.message.send_text(AGENT_ID, "zhangsan", "换过内里的令牌")
assert newest("zhangsan")["text"]["content"] == "换过内里的令牌" and app.access_token == before
assert app.user.get("lisi")["name"] == "李四"
done("a lapsed token of the platform's own")

# A restart ends the gateway's tokens: the library logs in again by itself.
print("restart", flush=True)
base = sys.stdin.readline().strip()
os.environ["GATEWAY_BASE"] = base
for client in (app, keyed):
    client.API_BASE_URL = base + "/cgi-bin/"
app.message.send_text(AGENT_ID, "zhangsan", "换过令牌")
assert newest("zhangsan")["text"]["content"] == "换过令牌" and app.access_token != before
assert keyed.user.get("lisi")["name"] == "李四"
done("a lapsed token of the gateway's is replaced by the library itself")
