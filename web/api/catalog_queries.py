"""What is asked of the catalog."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from broker_config.wire import names
from broker_config.wire.errors import BadField
from web.validation.fields import Flag, PageQuery, Seconds, Strict

DEFAULT = "default"
MOST_TAGS = 20
LONGEST_TAG = 100
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


class PruneBody(Strict):
    """Which versions to delete: of each name all but the newest ones."""

    keep: Annotated[int, Field(ge=1, le=1_000_000)] = Field(description="Of each name so many newest stay")
    namespace: ArtifactName | None = Field(None, description="Only in this one; default: in all")
    name: ArtifactName | None = Field(None, description="Only of this name; default: of all")
    older_than_s: Seconds | None = Field(None, description="Only what is older than so many seconds")
    dry_run: bool = Field(True, description="Only say what would be deleted")
