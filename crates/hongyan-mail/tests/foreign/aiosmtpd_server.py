"""A foreign mail server for the tests: aiosmtpd with STARTTLS, AUTH and recipients that fail.

Usage: aiosmtpd_server.py CERTIFICATE KEY USERNAME PASSWORD
Prints one JSON object per line: first {"port": N}, then one per mail taken. Ends when its standard input does.
"""

import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


def say(value):
    print(json.dumps(value), flush=True)


class Handler:
    def __init__(self):
        self.seen = set()

    def first_time(self, address):
        known = address in self.seen
        self.seen.add(address)
        return not known

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address.startswith("gone"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("busy421") and self.first_time(address):
            # As a server does that shuts down: the reply, then the end.
            asyncio.get_running_loop().call_later(0.02, server.transport.close)
            return "421 4.3.2 shutting down"
        if address.startswith("busy451") and self.first_time(address):
            return "451 4.3.0 try again later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        body = mail.get_body(preferencelist=("plain",))
        html = mail.get_body(preferencelist=("html",))
        say(
            {
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "tls": session.ssl is not None,
                "login": session.auth_data.login.decode() if session.auth_data else None,
                "subject": mail["Subject"],
                "header_from": mail["From"].addresses[0].display_name,
                "header_to": str(mail["To"]),
                "date": mail["Date"].datetime.isoformat(),
                "message_id": mail["Message-ID"],
                "auto_submitted": mail["Auto-Submitted"],
                "text": body.get_content() if body else None,
                "html": html.get_content() if html else None,
                "attachments": [
                    {"name": part.get_filename(), "type": part.get_content_type(), "size": len(part.get_content())}
                    for part in mail.iter_attachments()
                ],
                "type": mail.get_content_type(),
                "defects": [str(defect) for part in mail.walk() for defect in part.defects],
            }
        )
        return "250 2.0.0 taken"


async def main(certificate, key, username, password):
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)

    def authenticate(server, session, envelope, mechanism, data):
        good = data.login.decode() == username and data.password.decode() == password
        return AuthResult(success=good, handled=True if good else False, auth_data=data)

    handler = Handler()
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(
            handler,
            hostname="foreign.example",
            tls_context=tls,
            require_starttls=True,
            auth_required=True,
            authenticator=authenticate,
        ),
        "127.0.0.1",
        0,
    )
    say({"port": server.sockets[0].getsockname()[1]})
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main(*sys.argv[1:]))
