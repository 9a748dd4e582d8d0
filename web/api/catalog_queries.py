"""What is asked of the catalog."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field

from broker_config.wire import names
from broker_config.wire.errors import BadField
from web.validation.fields import Flag, PageQuery, Strict

DEFAULT = "default"
MOST_TAGS = 20
MOST_TAGS_OF_ONE = 50
LONGEST_AGE_S = 36_500 * 86_400.0
LONGEST_TAG = 100
LONGEST_DESCRIPTION = 10_000
A_NAMESPACE = f"Default: `{DEFAULT}`"


def _name(value: str) -> str:
    try:
        return names.check_artifact_name(value)
    except BadField as error:
        raise ValueError(error.message.removeprefix("name ")) from None


def _tags(value: str) -> str:
    found = [tag.strip() for tag in value.split(",")]
    if len(found) > MOST_TAGS or not all(0 < len(tag) <= LONGEST_TAG for tag in found):
        raise ValueError(f"is at most {MOST_TAGS} tags of 1 to {LONGEST_TAG} characters, with commas between")
    return value


def _tag(value: str) -> str:
    value = unicodedata.normalize("NFC", value).strip()
    if not value or names.has_control(value):
        raise ValueError("is not blank, and holds no control, bidi or surrogate characters")
    return value


def _text(value: str) -> str:
    if names.has_control(value.replace("\n", " ").replace("\t", " ")):
        raise ValueError("holds no control, bidi or surrogate characters but new lines and tabs")
    return value.strip()


ArtifactName = Annotated[
    str, Field(min_length=1, max_length=names.LONGEST_ARTIFACT_NAME), AfterValidator(_name)
]


class ListQuery(PageQuery):
    """Which names; all of these hold."""

    tags: Annotated[str, Field(max_length=2_500), AfterValidator(_tags)] | None = Field(
        None, description="Tags that the latest version has, with commas between"
    )
    namespace: ArtifactName | None = None
    name: ArtifactName | None = None
    q: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        None, description="Is in the name or the description, whatever its case"
    )


class VersionsQuery(PageQuery):
    """Which name's versions."""

    namespace: ArtifactName = Field(DEFAULT, description=A_NAMESPACE)


class NamespaceQuery(Strict):
    """Of which namespace."""

    namespace: ArtifactName = Field(DEFAULT, description=A_NAMESPACE)


class DeleteQuery(NamespaceQuery):
    """How to delete."""

    force: Flag = Field(False, description="Also what code reads that names no version: the latest")


Tag = Annotated[str, Field(min_length=1, max_length=LONGEST_TAG), AfterValidator(_tag)]


class DescribeBody(Strict):
    """What to say of a version; what is left out stays."""

    description: Annotated[str, Field(max_length=LONGEST_DESCRIPTION), AfterValidator(_text)] | None = Field(
        None, description="Empty: none"
    )
    tags: Annotated[list[Tag], Field(max_length=MOST_TAGS_OF_ONE)] | None = None


class PruneBody(Strict):
    """Which versions to delete: of each name all but the newest ones."""

    keep: Annotated[int, Field(ge=1, le=1_000_000)] = Field(description="Of each name so many newest stay")
    namespace: ArtifactName | None = Field(None, description="Only in this one; default: in all")
    name: ArtifactName | None = Field(None, description="Only of this name; default: of all")
    older_than_s: Annotated[float, Field(gt=0, le=LONGEST_AGE_S)] | None = Field(
        None, description="Only what is older than so many seconds"
    )
    dry_run: bool = Field(True, description="Only say what would be deleted")
