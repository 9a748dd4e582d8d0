"""Ids and names: how they are made, and what is refused."""

from __future__ import annotations

import re
import secrets
import string
import unicodedata
import uuid
from urllib.parse import quote

from broker_config.wire.errors import BadField

UID_ALPHABET = string.ascii_letters + string.digits
UID_LENGTH = 12
UID = re.compile(r"[A-Za-z0-9]{12}", re.ASCII)
KERNEL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", re.ASCII)
EXECUTION_ID = re.compile(
    r"[A-Za-z0-9]{12}-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII
)
FLOW_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)
LONGEST_ARTIFACT_NAME = 200
LONGEST_SHARED_NAME_BYTES = 1024


def new_uid() -> str:
    """A kernel's opaque id, never reused: 12 letters and digits, about 71 bits."""
    return "".join(secrets.choice(UID_ALPHABET) for _ in range(UID_LENGTH))


def new_execution_id(uid: str) -> str:
    """An execution's id, which is its Celery task id too: ``<uid>-<uuid4>``."""
    return f"{uid}-{uuid.uuid4()}"


def kernel_of(execution_id: str) -> str:
    """The kernel uid in an execution's id."""
    return execution_id[:UID_LENGTH]


def new_token(nbytes: int = 32) -> str:
    """A random secret for credentials, generations and nonces."""
    return secrets.token_urlsafe(nbytes)


def has_control(text: str) -> bool:
    """Whether text holds control, bidi-format or lone surrogate characters."""
    return any(unicodedata.category(c) in {"Cc", "Cf", "Cs"} for c in text)


def check_artifact_name(name: str, what: str = "name") -> str:
    """Validate an output or artifact name and return it in NFC.

    Raises:
        BadField: empty, over 200 characters, control characters, ``/``, ``\\``, ``::``, ``.``, ``..``.
    """
    name = unicodedata.normalize("NFC", name)
    if not 1 <= len(name) <= LONGEST_ARTIFACT_NAME:
        raise BadField(f"{what} has 1 to {LONGEST_ARTIFACT_NAME} characters")
    if has_control(name) or "/" in name or "\\" in name or "::" in name or name in {".", ".."}:
        raise BadField(f"{what} holds no control characters, '/', '\\', '::', and is not '.' or '..'")
    return name


def check_shared_name(name: str) -> str:
    """Validate a shared file's relative path and return it in NFC, without a trailing slash.

    Raises:
        BadField: empty, absolute, ``..`` or ``.`` parts, backslash, NUL or control characters,
            over 1024 bytes of UTF-8.
    """
    if has_control(name) or "\\" in name:
        raise BadField("a shared file's name holds no control characters and no backslash")
    name = unicodedata.normalize("NFC", name)
    if not name or name.startswith("/") or len(name.encode()) > LONGEST_SHARED_NAME_BYTES:
        raise BadField("a shared file's name is a relative path of 1 to 1024 bytes")
    parts = name.rstrip("/").split("/")
    if any(part in {"", ".", ".."} for part in parts):
        raise BadField("a shared file's name has no empty, '.' or '..' part")
    return "/".join(parts)


def stored(name: str) -> str:
    """A name as it stands in an object key: percent-encoded, so that two names never meet."""
    return quote(name, safe="")
