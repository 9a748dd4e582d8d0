"""The Redis user of one kernel, and Flower's.

A kernel's container is hostile: its user reaches its own queues, streams, claims and control
list, and what Celery's worker needs of the shared control exchange; no scripting, no admin
command, no key listing. See docs/security.md for what Redis ACLs cannot isolate.
"""

from __future__ import annotations

import hashlib


def kernel_user(uid: str) -> str:
    """ACL user name of a kernel."""
    return f"kernel-{uid}"


def password_hash(password: str) -> str:
    """The form in which the ledger keeps a kernel's password: enough to rebuild the user, not to log in."""
    return hashlib.sha256(password.encode()).hexdigest()


def kernel_rules(uid: str, password_sha256: str) -> list[str]:
    """Arguments of ``ACL SETUSER kernel-<uid>``; each selector is one argument."""
    own = f"kernel.{uid}"
    return [
        "reset",
        "on",
        f"#{password_sha256}",
        "-@all",
        # `client|setinfo` is unknown to Redis 7.0; clients go on when it is refused.
        *("+ping", "+multi", "+exec", "+discard", "+client|setname"),
        *(f"~{own}", f"~{own}.batch"),
        *(f"~_kombu.binding.{own}*", f"~_kombu.binding_permanent.{own}*"),
        *("+brpop", "+lpush", "+rpush", "+llen", "+sadd", "+smembers"),
        f"(+xadd ~kernel:{uid}:events ~kernel:{uid}:requests ~kernel:{uid}:out ~kernel:{uid}:pulse)",
        f"(+set +get ~kernel:{uid}:claim:*)",
        f"(+blpop ~kernel:{uid}:ctl ~kernel:{uid}:reply:*)",
        "(+psubscribe +punsubscribe &/0.celery.pidbox)",
        "(+sadd +srem ~_kombu.binding.celery.pidbox ~_kombu.binding_permanent.celery.pidbox)",
        f"(+llen +del ~{uid}@*.celery.pidbox)",
        "(+smembers ~_kombu.binding.reply.celery.pidbox)",
        "(+lpush ~????????-????-????-????-????????????.reply.celery.pidbox)",
        "(+publish &/0.celeryev/worker.* &/0.celeryev/task.*)",
    ]


FLOWER_USER = "flower"


def flower_rules(password_sha256: str) -> list[str]:
    """Arguments of ``ACL SETUSER flower``: reads events and queue lengths, sends control broadcasts."""
    return [
        "reset",
        "on",
        f"#{password_sha256}",
        "-@all",
        *("+ping", "+multi", "+exec", "+discard", "+client|setname", "+info", "+select"),
        *("+llen", "+brpop", "+sadd", "+srem", "+smembers", "+del", "+exists"),
        *("+psubscribe", "+punsubscribe", "+subscribe", "+unsubscribe", "+publish", "+lpush"),
        *("~_kombu.binding.*", "~_kombu.binding_permanent.*"),
        *("~*.celery.pidbox", "~celeryev.*", "~kernel.*", "~lifecycle", "~flows", "~housekeeping"),
        *("&/0.celery.pidbox", "&/0.celeryev/*", "&/0.reply.celery.pidbox/*"),
    ]
