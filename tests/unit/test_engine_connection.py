"""The connection to an engine that is not there."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
from docker.transport import unixconn


def test_a_socket_that_does_not_open_is_closed(tmp_path: Path) -> None:
    from tasks.runtimes import connection

    assert unixconn.UnixHTTPConnection is connection.ClosingConnection
    pool = unixconn.UnixHTTPConnectionPool("http+unix://", str(tmp_path / "nothing.sock"))
    one = pool._new_conn()
    with pytest.raises(FileNotFoundError):
        one.connect()
    gc.collect()  # an open socket would be told of here, and fail this test
