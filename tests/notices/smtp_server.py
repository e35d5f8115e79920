"""A mail server for the tests: STARTTLS or TLS, a login, and a file for each message that it takes.

usage: smtp_server.py FOLDER CERTIFICATE KEY [plain|starttls|tls]

It listens on a free port of 127.0.0.1 and writes that to FOLDER/port. The login is oncal / s3cret-password. What goes to an
address that begins with `refused` is refused. While FOLDER/down is there every message is refused for the moment; with
FOLDER/slow it waits before and after it takes a message; with FOLDER/hold it takes none and leaves each without a reply.
FOLDER/login says that somebody tried to log in.
"""

import asyncio
import itertools
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

folder, certificate, key = map(pathlib.Path, sys.argv[1:4])
mode = sys.argv[4] if len(sys.argv) > 4 else "starttls"
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
numbers = itertools.count()


def log_in(server, session, envelope, mechanism, data):
    (folder / "login").touch()
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"oncal", b"s3cret-password")
    return AuthResult(success=right, handled=False)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if (folder / "down").exists():
            return "421 4.3.2 s3cret-password of the server's text"
        if address.startswith("refused"):
            return "550 5.1.1 no such user s3cret-text"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        number = next(numbers)
        while (folder / "hold").exists():
            (folder / f"{number:05}.held").touch()
            await asyncio.sleep(0.02)
        if (folder / "slow").exists():
            await asyncio.sleep(0.3)
        name = folder / f"{number:05}-{envelope.rcpt_tos[0]}.eml"
        aside = name.with_suffix(".part")
        aside.write_bytes(envelope.original_content)
        aside.rename(name)
        if (folder / "slow").exists():
            await asyncio.sleep(0.3)
        return "250 taken"


def protocol():
    starttls = mode == "starttls"
    return SMTP(
        Handler(),
        hostname="localhost",
        authenticator=log_in,
        auth_required=mode != "plain",
        auth_require_tls=starttls,
        require_starttls=starttls,
        tls_context=context if starttls else None,
    )


async def main():
    loop = asyncio.get_running_loop()
    tls = context if mode == "tls" else None
    server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    (folder / "port.part").write_text(str(port))
    (folder / "port.part").rename(folder / "port")
    await server.serve_forever()


asyncio.run(main())
