"""What an attacker who became the agent says to Redis, from inside a kernel's container."""

from __future__ import annotations

import secrets
from typing import Any

from tests.containers.docker_stack import DockerStack, as_json

TALK = """
import json, socket

class Redis:
    def __init__(self, address, user, password):
        self.socket = socket.create_connection(tuple(address), 5)
        self.file = self.socket.makefile("rb")
        self.ask("AUTH", user, password)

    def ask(self, *words):
        words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        parts = [b"*%d\\r\\n" % len(words), *(b"$%d\\r\\n%s\\r\\n" % (len(one), one) for one in words)]
        self.socket.sendall(b"".join(parts))
        return self.read()

    def read(self):
        line = self.file.readline().rstrip().decode(errors="replace")
        kind, rest = line[:1], line[1:]
        if kind == "$":
            if rest == "-1":
                return None
            text = self.file.read(int(rest) + 2)[:-2]
            return text.decode(errors="replace")
        if kind == "*":
            return None if rest == "-1" else [self.read() for _ in range(int(rest))]
        return line

client = Redis({address!r}, {user!r}, {password!r})
"""
"""``client.ask(word, …)``: the answer; errors begin with ``-``."""
ASK_ALL = "print(json.dumps([client.ask(*words) for words in {commands!r}]))"


class Thief:
    """Has the password of a kernel's own user, and talks from that kernel's container."""

    def __init__(self, docked: DockerStack, uid: str) -> None:
        self._docked = docked
        self.uid = uid
        self.user = f"kernel-{uid}"
        self.password = secrets.token_hex(16)
        # What the boot message holds is known to the agent alone: a second password opens the same rights.
        docked.redis.execute_command("ACL", "SETUSER", self.user, f">{self.password}")

    def code(self, body: str, user: str | None = None) -> str:
        """A cell's code that logs in, then does ``body``."""
        address = (self._docked.container(self.uid).labels["husk.gateway"], self._docked.settings.redis_port)
        filled = {"address": address, "user": user or self.user, "password": self.password}
        begin = TALK
        for name, value in filled.items():
            begin = begin.replace(f"{{{name}!r}}", repr(value))
        return begin + body

    def ask(self, *commands: list[str], user: str | None = None) -> list[Any]:
        """What Redis says to each."""
        body = ASK_ALL.replace("{commands!r}", repr(list(commands)))
        return list(as_json(self._docked.said(self.uid, self.code(body, user)).splitlines()[-1]))
