"""What people pass, checked before anything is done."""

from __future__ import annotations

import re
from typing import Any

from broker_config.wire.errors import BadField
from broker_config.wire.flows import FORMATS
from broker_config.wire.names import LONGEST_ARTIFACT_NAME, check_artifact_name, has_control

MOST_TAGS = 50
LONGEST_TAG = 100
LONGEST_DESCRIPTION = 10_000
LARGEST_VERSION = 2**31 - 1
NO_TEXT = re.compile("[\0\ud800-\udfff]")


def text(value: Any, what: str) -> str:
    """A str.

    Raises:
        TypeError: anything else.
    """
    if not isinstance(value, str):
        raise TypeError(f"{what} is a str, not {_kind(value)}")
    return str(value)


def name_of(value: Any, what: str) -> str:
    """The name of an output, an artifact or a namespace, in NFC.

    Raises:
        TypeError: not a str.
        ValueError: no name; the message says the rule.
    """
    try:
        return check_artifact_name(text(value, what), what)
    except BadField as error:
        raise ValueError(f"{error.message}: {_shown(value)}") from None


def input_name(value: Any) -> str:
    """The name of an input: any that could be one.

    Raises:
        TypeError: not a str.
        ValueError: longer than a name may be.
    """
    found = text(value, "an input's name")
    if len(found) > LONGEST_ARTIFACT_NAME or has_control(found):
        raise ValueError(f"an input's name has at most {LONGEST_ARTIFACT_NAME} characters, no control ones")
    return found


def flag(value: Any, what: str) -> bool:
    """True or False.

    Raises:
        TypeError: anything else.
    """
    if not isinstance(value, bool):
        raise TypeError(f"{what} is True or False, not {_kind(value)}")
    return value


def tags_of(value: Any) -> list[str]:
    """Tags, each once, in their order; None is none.

    Raises:
        TypeError: not a list of str.
        ValueError: too many, or one that is empty, too long or holds control characters.
    """
    if value is None:
        return []
    if not isinstance(value, (list, tuple, set, frozenset)):
        raise TypeError(f"tags is a list of str, not {_kind(value)}")
    found = list(dict.fromkeys(text(tag, "a tag") for tag in value))
    if len(found) > MOST_TAGS:
        raise ValueError(f"there are at most {MOST_TAGS} tags, not {len(found)}")
    for tag in found:
        if not 1 <= len(tag) <= LONGEST_TAG or has_control(tag):
            raise ValueError(f"a tag has 1 to {LONGEST_TAG} characters, no control ones: {_shown(tag)}")
    return found


def description_of(value: Any) -> str | None:
    """A description, of any number of lines.

    Raises:
        TypeError: neither a str nor None.
        ValueError: too long, or it holds NUL or half a character.
    """
    if value is None:
        return None
    found = text(value, "description")
    if len(found) > LONGEST_DESCRIPTION or NO_TEXT.search(found):
        raise ValueError(f"description is text of at most {LONGEST_DESCRIPTION} characters, without NUL")
    return found


def version_of(value: Any) -> int | None:
    """A version's number; None is the latest, or all.

    Raises:
        TypeError: not an int.
        ValueError: not from 1 on.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"version is an int, not {_kind(value)}")
    if not 1 <= value <= LARGEST_VERSION:
        raise ValueError(f"version is 1 to {LARGEST_VERSION}: {_shown(value)}")
    return int(value)


def format_of(value: Any) -> str | None:
    """One of ``wire.flows.FORMATS``; ``pickle`` is cloudpickle, None the one that fits the type.

    Raises:
        TypeError: not a str.
        ValueError: no such format.
    """
    if value is None:
        return None
    found = "cloudpickle" if text(value, "fmt") == "pickle" else str(value)
    if found not in FORMATS:
        raise ValueError(f"fmt is one of {', '.join(FORMATS)}, or None: {_shown(value)}")
    return found


def catalog_name(name: Any, namespace: Any) -> tuple[str, str | None]:
    """Name and namespace; ``namespace::name`` is accepted as name.

    Raises:
        TypeError: not a str.
        ValueError: no name, or two namespaces.
    """
    given = None if namespace is None else name_of(namespace, "namespace")
    within, found, rest = text(name, "name").partition("::")
    if not found:
        return name_of(name, "name"), given
    inner = name_of(within, "namespace")
    if given is not None and given != inner:
        raise ValueError(f"the name says namespace {inner!r}, the argument {given!r}")
    return name_of(rest, "name"), inner


def _kind(value: Any) -> str:
    return type(value).__qualname__[:200]


def _shown(value: Any) -> str:
    shown = ascii(value)
    return shown if len(shown) <= 100 else f"{shown[:100]}…"
