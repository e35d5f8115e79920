"""Reads messages as strictly as Python's package email can, and prints what people would see, as JSON.

usage: read_messages.py FILE...
"""

import email
import email.policy
import json
import pathlib
import sys
from email.utils import parsedate_to_datetime

policy = email.policy.strict.clone(utf8=False)
shown = []
for path in sys.argv[1:]:
    data = pathlib.Path(path).read_bytes()
    message = email.message_from_bytes(data, policy=policy)
    if message.defects:
        sys.exit(f"{path}: {message.defects}")
    for name in message.keys():
        if message[name].defects:
            sys.exit(f"{path}: {name}: {message[name].defects}")
    # Postfix keeps messages with the line ends of the system.
    lines = data.replace(b"\r\n", b"\n")
    head = lines.split(b"\n\n", 1)[0]
    if not head.isascii() or any(len(line) > 998 for line in lines.split(b"\n")):
        sys.exit(f"{path}: a line is too long, or a header is not ASCII")
    wanted = ["From", "To", "Subject", "Date", "Message-ID", "List-Id", "Auto-Submitted", "Content-Type", "MIME-Version"]
    missing = [name for name in wanted if len(message.get_all(name, [])) != 1]
    if missing:
        sys.exit(f"{path}: not once: {missing}")
    if message.get_content_type() != "text/plain" or message.get_content_charset() != "utf-8":
        sys.exit(f"{path}: {message['Content-Type']}")
    parsedate_to_datetime(message["Date"])
    shown.append({
        "to": [address.addr_spec for address in message["To"].addresses],
        "to_name": [address.display_name for address in message["To"].addresses],
        "from": str(message["From"]),
        "subject": str(message["Subject"]),
        "id": str(message["Message-ID"]),
        "list_id": str(message["List-Id"]),
        "auto_submitted": str(message["Auto-Submitted"]),
        "headers": sorted(message.keys()),
        "body": message.get_content(),
    })
print(json.dumps(shown))
