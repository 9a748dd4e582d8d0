"""The agent's side of a runner's questions: what a flow holds, in files of the test's own folder."""

from __future__ import annotations

import difflib
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from broker_config.wire import flows
from broker_config.wire.codec import build, plain
from broker_config.wire.frames import Call, CallReply, Channel


def column(name: str, kind: str) -> flows.Column:
    return flows.Column(name, kind)


@dataclass
class Board:
    """``tables``: (input, file or URL, columns). ``published`` and ``outputs``: what came, by name.

    ``lend`` makes the spares that an answer to what brought a file brings; ``inodes`` are of such files.
    """

    folder: Path
    saved: bool = True
    in_flow: bool = True
    inputs: list[str] = field(default_factory=list)
    not_run: dict[str, str] = field(default_factory=dict)
    tables: list[tuple[str, Path | str, list[flows.Column]]] = field(default_factory=list)
    why: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    upstream: bool = True
    outputs: dict[str, tuple[flows.PublishOutput, bytes]] = field(default_factory=dict)
    artifacts: dict[str, tuple[flows.Artifact, Path]] = field(default_factory=dict)
    published: dict[str, flows.PublishArtifact] = field(default_factory=dict)
    catalog: list[tuple[flows.CatalogEntry, Path]] = field(default_factory=list)
    global_published: list[flows.PublishGlobal] = field(default_factory=list)
    asked: list[Any] = field(default_factory=list)
    silent: bool = False
    refusal: flows.Refusal | None = None
    links: list[int] = field(default_factory=list)
    lend: Callable[[], list[int]] = list
    inodes: list[int] = field(default_factory=list)
    before: Callable[[Call], None] = lambda _call: None

    def take(self, call: Call, fds: list[int], cells: Channel) -> None:
        """Answer one question."""
        question = build(flows.CALLS[call.kind], call.args)
        self.asked.append(question)
        self.before(call)
        if self.silent:
            return
        try:
            if self.refusal is not None:
                raise Refused(self.refusal)
            answers = list(getattr(self, call.kind)(question, fds))
        except Refused as refused:
            cells.send(CallReply(call.number, refusal=refused.refusal))
            return
        for place, (data, path) in enumerate(answers):
            reply = CallReply(call.number, plain(data), more=place < len(answers) - 1)
            if path is None:
                self._send(cells, reply, self.lend() if fds else [])
                continue
            with path.open("rb") as file:
                cells.send(reply, [file.fileno()])

    def _send(self, cells: Channel, reply: CallReply, lent: list[int]) -> None:
        try:
            cells.send(reply, lent)
        finally:
            for fd in lent:
                os.close(fd)

    def read_parameters(self, _question: flows.ReadParameters, _fds: list[int]) -> list[Answer]:
        return [({"parameters": self.parameters}, None)]

    def read_inputs(self, question: flows.ReadInputs, _fds: list[int]) -> list[Answer]:
        wanted = [t for t in self.tables if question.name in {None, "main", t[0]}]
        found, files = [], []
        for index, (name, place, columns) in enumerate(wanted):
            here = isinstance(place, Path)
            data = place.read_bytes() if isinstance(place, Path) else b""
            table = flows.Table(name, f"n-{name}", "main", len(data), sha256(data).hexdigest(), None, columns)
            found.append(table if here else replace(table, url=str(place)))
            files += [({"index": index}, place)] if isinstance(place, Path) else []
        view = flows.InputsFound(self.saved, self.in_flow, self.inputs, self.not_run, found)
        return [(view, None), *files]

    def publish_output(self, question: flows.PublishOutput, fds: list[int]) -> list[Answer]:
        replaced = question.name in self.outputs
        self.outputs[question.name] = (question, self._content(fds))
        return [({"replaced": replaced, "saved": self.saved}, None)]

    def publish_artifact(self, question: flows.PublishArtifact, fds: list[int]) -> list[Answer]:
        path = self._file(self._content(fds))
        facts = {n: getattr(question, n) for n in ("name", "type_name", "module", "format", "meta")}
        self.published[question.name] = question
        self.artifacts[question.name] = (
            flows.Artifact(
                **facts,
                **{"id": 0, "node_id": "n1", "node_name": "Train", "flow_id": "f", "kernel_uid": "k" * 12},
                **{"size": path.stat().st_size, "sha256": sha256(path.read_bytes()).hexdigest()},
                **{"created_at": time.time(), "persisted": True, "upstream": self.upstream},
            ),
            path,
        )
        return [({}, None)]

    def read_artifact(self, question: flows.ReadArtifact, _fds: list[int]) -> list[Answer]:
        return [self._artifact(question.name)]

    def delete_artifact(self, question: flows.DeleteArtifact, _fds: list[int]) -> list[Answer]:
        self._artifact(question.name)
        del self.artifacts[question.name]
        return [({}, None)]

    def list_artifacts(self, _question: flows.ListArtifacts, _fds: list[int]) -> list[Answer]:
        found = [plain(artifact) for artifact, _path in self.artifacts.values()]
        parts = [found[n : n + 2] for n in range(0, len(found), 2)] or [[]]
        return [({"artifacts": part}, None) for part in parts]

    def may_publish_global(self, _question: flows.MayPublishGlobal, _fds: list[int]) -> list[Answer]:
        return [({"why": self.why}, None)]

    def publish_global(self, question: flows.PublishGlobal, fds: list[int]) -> list[Answer]:
        path = self._file(self._content(fds))
        self.global_published.append(question)
        before = [
            e for e, _path in self.catalog if (e.namespace, e.name) == (question.namespace, question.name)
        ]
        entry = flows.CatalogEntry(
            **{"id": len(self.catalog) + 1, "name": question.name, "namespace": question.namespace},
            **{"version": len(before) + 1, "python_type": question.type_name, "module": question.module},
            **{"format": question.format, "meta": question.meta, "size": path.stat().st_size},
            **{"sha256": sha256(path.read_bytes()).hexdigest(), "created_at": time.time()},
            **{"tags": question.tags, "description": question.description, "owner": "ada"},
            **{"flow_id": "f", "node_id": "n1"},
        )
        self.catalog.append((entry, path))
        return [({"id": entry.id, "version": entry.version, "why": ""}, None)]

    def get_global(self, question: flows.GetGlobal, _fds: list[int]) -> list[Answer]:
        return [self._entries(question.name, question.namespace, question.version)[-1]]

    def list_global(self, question: flows.ListGlobal, _fds: list[int]) -> list[Answer]:
        found = [
            plain(entry)
            for entry, _path in self.catalog
            if set(question.tags) <= set(entry.tags)
            and question.namespace in {None, entry.namespace}
            and question.name in {None, entry.name}
        ]
        return [({"entries": found[:1]}, None), ({"entries": found[1:]}, None)]

    def delete_global(self, question: flows.DeleteGlobal, _fds: list[int]) -> list[Answer]:
        gone = self._entries(question.name, question.namespace, question.version)
        self.catalog = [one for one in self.catalog if one not in gone]
        return [({"deleted": len(gone)}, None)]

    def _entries(self, name: str, namespace: str, version: int | None) -> list[Answer]:
        found: list[Answer] = [
            (entry, path)
            for entry, path in self.catalog
            if (entry.name, entry.namespace) == (name, namespace) and version in {None, entry.version}
        ]
        if not found:
            raise Refused(flows.Refusal("KeyError", f"the catalog has no {namespace}::{name}"))
        return found

    def _artifact(self, name: str) -> Answer:
        if name not in self.artifacts:
            near = difflib.get_close_matches(name, self.artifacts) or sorted(self.artifacts)
            raise Refused(flows.Refusal("KeyError", f"there is no artifact {name!r}; there are: {near}"))
        return self.artifacts[name]

    def _content(self, fds: list[int]) -> bytes:
        self.links.append(os.fstat(fds[0]).st_nlink)
        self.inodes.append(os.fstat(fds[0]).st_ino)
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.write(fds[0], b"x")
        return os.pread(fds[0], os.fstat(fds[0]).st_size, 0)

    def _file(self, content: bytes) -> Path:
        fd, name = tempfile.mkstemp(dir=self.folder)
        with os.fdopen(fd, "wb") as file:
            file.write(content)
        return Path(name)


Answer = tuple[Any, Path | None]


class Refused(Exception):
    """There is no answer, and why."""

    def __init__(self, refusal: flows.Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal
