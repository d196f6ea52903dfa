"""DingTalk's own Stream client, unmodified: echoes what is said to the robot and prints the events that it hears.

Where the platform is comes from DINGTALK_OPENAPI_ENDPOINT, as the client itself has it. Ends when its input does.
"""

import json
import os
import sys
import threading

import dingtalk_stream
from dingtalk_stream import AckMessage


def say(**what):
    print(json.dumps(what), flush=True)


class Events(dingtalk_stream.EventHandler):
    async def process(self, event):
        say(event=event.headers.event_type, corp=event.headers.event_corp_id, data=event.data)
        return AckMessage.STATUS_OK, "OK"


class Echo(dingtalk_stream.ChatbotHandler):
    async def process(self, callback):
        heard = dingtalk_stream.ChatbotMessage.from_dict(callback.data)
        answered = self.reply_text("echo: " + heard.text.content.strip(), heard)
        say(heard=heard.text.content, by=heard.sender_staff_id, kind=heard.conversation_type, answered=answered)
        return AckMessage.STATUS_OK, "OK"


def end_with_input():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_input, daemon=True).start()
client = dingtalk_stream.DingTalkStreamClient(dingtalk_stream.Credential(sys.argv[1], sys.argv[2]))
client.register_all_event_handler(Events())
client.register_callback_handler(dingtalk_stream.ChatbotMessage.TOPIC, Echo())
client.start_forever()
