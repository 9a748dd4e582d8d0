"""Frames over a socket pair: whole messages, and descriptors that nobody is left with."""

from __future__ import annotations

import array
import os
import socket
from pathlib import Path

from broker_config.wire.frames import PACKET_BYTES, Channel, Clear, pair


def open_descriptors() -> int:
    return len([*Path("/proc/self/fd").iterdir()])


def test_a_long_frame_arrives_whole_with_its_descriptor() -> None:
    ours, theirs = map(Channel, pair())
    sent = os.open(os.devnull, os.O_RDONLY)
    ours.send_raw(b"o", b"x" * (3 * PACKET_BYTES), [sent])
    frame = theirs.recv()
    assert frame is not None
    assert (frame.payload, len(frame.fds)) == (b"x" * (3 * PACKET_BYTES), 1)
    frame.close()
    for end in (ours, theirs):
        end.close()
    os.close(sent)


def test_descriptors_of_a_packet_that_is_not_the_last_are_closed() -> None:
    ours, theirs = map(Channel, pair())
    before = open_descriptors()
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]).tobytes())
    for _ in range(5):
        ours.sock.sendmsg([b"\x01", b"j", b""], [rights])
    ours.send(Clear())
    frame = theirs.recv()
    assert frame is not None
    assert isinstance(frame.message, Clear)
    assert open_descriptors() == before
    for end in (ours, theirs):
        end.close()
