"""A package index of a test's own, on loopback: wheels made on the spot, and everything that can be wrong."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import socket
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from broker_config.settings import Settings
from tasks.environments.base_set import base_pins, this_python
from tasks.environments.locks import Lock, Pin, make

PYTHON = this_python()
LINK = 0o120777 << 16
PAGES = "/simple/"
HANG_S = 60.0


def wheel(
    name: str,
    version: str,
    files: Mapping[str, bytes | str],
    requires: Sequence[str] = (),
    modes: Mapping[str, int] | None = None,
) -> bytes:
    """A wheel for any Python. ``modes``: attributes of entries, as a zip keeps them (``LINK``: a link)."""
    about = f"{name.replace('-', '_')}-{version}.dist-info"
    head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    entries: dict[str, bytes] = {
        path: content.encode() if isinstance(content, str) else content for path, content in files.items()
    }
    entries[f"{about}/METADATA"] = (head + "".join(f"Requires-Dist: {one}\n" for one in requires)).encode()
    entries[f"{about}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: husk\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    entries[f"{about}/RECORD"] = _record(entries, about)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as zipped:
        for path, content in entries.items():
            info = zipfile.ZipInfo(path)
            info.external_attr = (modes or {}).get(path, 0o100644 << 16)
            info.compress_type = zipfile.ZIP_DEFLATED
            zipped.writestr(info, content)
    return packed.getvalue()


def _record(entries: Mapping[str, bytes], about: str) -> bytes:
    lines = [
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()},{len(data)}"
        for path, data in entries.items()
    ]
    return "\n".join([*lines, f"{about}/RECORD,,", ""]).encode()


@dataclass
class File:
    """``told``: the hash that the page has for it."""

    name: str
    content: bytes
    told: str
    yanked: str | None = None


@dataclass
class Index:
    """``trouble``: what happens instead of an answer, by the end of a path: hang, cut, or a status.

    What hangs is answered as soon as it is no trouble any more.
    """

    url: str = ""
    projects: dict[str, list[File]] = field(default_factory=dict)
    trouble: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    pace_s: float = 0.0

    def put(
        self, name: str, version: str, files: Mapping[str, bytes | str] | None = None, **more: Any
    ) -> Pin:
        """Add a wheel; its pin."""
        inside = {f"{name.replace('-', '_')}.py": f"VERSION = {version!r}\n"} if files is None else files
        return self.put_file(
            name,
            version,
            f"{name.replace('-', '_')}-{version}-py3-none-any.whl",
            wheel(name, version, inside, **more),
        )

    def put_file(self, name: str, version: str, file: str, content: bytes) -> Pin:
        """Add any file; its pin."""
        digest = hashlib.sha256(content).hexdigest()
        self.projects.setdefault(name, []).append(File(file, content, digest))
        return Pin(name, version, (digest,))

    def settings(self, data_dir: Path, **more: Any) -> Settings:
        """Settings that know this index alone."""
        return Settings(data_dir=data_dir, index_url=self.url, **more)


def lock_of(*pins: Pin, **more: Any) -> Lock:
    """A lock of these alone, without the base set."""
    return make(PYTHON, "base", [f"{pin.name}=={pin.version}" for pin in pins], pins, **more)


def with_base_set(index: Index) -> None:
    """Put an empty wheel for each package of the flavour ``base``."""
    for name, version in base_pins("base", PYTHON).items():
        index.put(name, version)


@contextmanager
def serving(host: str = "127.0.0.1", listen: str = "127.0.0.1") -> Iterator[Index]:
    """An empty index that answers until the end of the block. ``host``: as those who ask it name this one."""
    index = Index()

    class Handler(_Handler):
        served = index

    server = ThreadingHTTPServer((listen, 0), Handler)
    server.daemon_threads = True
    index.url = f"http://{host}:{server.server_address[1]}{PAGES}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield index
    finally:
        index.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    served: Index

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self.served.asked.append(self.path)
        body = self._body()
        trouble, until = self._trouble(), time.monotonic() + HANG_S
        while trouble == "hang" and time.monotonic() < until and not self.served.closing.wait(0.05):
            trouble = self._trouble()
        if trouble == "hang":
            return
        if body is None or trouble.isdigit():
            self.send_error(int(trouble or 404))
        else:
            self._answer(body, trouble == "cut")

    def _trouble(self) -> str:
        return next((what for end, what in dict(self.served.trouble).items() if self.path.endswith(end)), "")

    do_HEAD = do_GET  # noqa: N815 (as the base class names them)

    def _body(self) -> bytes | None:
        *_, project, name = self.path.split("/")
        if not name:
            files = self.served.projects.get(project)
            return None if files is None else _page(files).encode()
        found = [file for file in self.served.projects.get(project, []) if file.name == name]
        return found[-1].content if found else None

    def _answer(self, body: bytes, cut: bool) -> None:
        self.send_response(200)
        self.send_header(
            "Content-Type", "text/html" if self.path.endswith("/") else "application/octet-stream"
        )
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if cut:
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if self.served.pace_s:
            time.sleep(self.served.pace_s)
        self.wfile.write(body)


def _page(files: Sequence[File]) -> str:
    lines = []
    for file in files:
        yanked = "" if file.yanked is None else f' data-yanked="{html.escape(file.yanked)}"'
        lines.append(
            f'<a href="{html.escape(file.name)}#sha256={file.told}"{yanked}>{html.escape(file.name)}</a><br>'
        )
    return "<!DOCTYPE html><html><body>" + "\n".join(lines) + "</body></html>"
