"""Puts the parts of a runner together."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from broker_config.wire.frames import STDERR, STDOUT, Channel
from kernel_worker.runner import whole_imports
from kernel_worker.runner.calls import Calls
from kernel_worker.runner.children import Children
from kernel_worker.runner.control import Control
from kernel_worker.runner.display import plotly_show
from kernel_worker.runner.display.presenter import Presenter
from kernel_worker.runner.executor import Executor
from kernel_worker.runner.fdcapture import FdCapture
from kernel_worker.runner.flowfile.session import Session, open_session
from kernel_worker.runner.inbox import Inbox
from kernel_worker.runner.interrupts import Interrupts
from kernel_worker.runner.loaded import Loaded
from kernel_worker.runner.logs import Relay, keep_basic_config
from kernel_worker.runner.loop import Loop
from kernel_worker.runner.namespaces import Namespaces
from kernel_worker.runner.outbox import Outbox
from kernel_worker.runner.questions import Answerer
from kernel_worker.runner.shared import SharedFolder
from kernel_worker.runner.spares import Spares
from kernel_worker.runner.spool import Spool
from kernel_worker.runner.streams import CellStream
from kernel_worker.runner.surroundings import Surroundings
from kernel_worker.runner.threads import Threads


def assemble(
    cells: socket.socket,
    control: socket.socket,
    generation: str,
    most_namespaces: int,
    shared: Path,
    interrupts: Interrupts,
) -> Loop:
    """A runner, its threads started, ready to say hello."""
    questions = Channel(control)
    channel = Channel(cells)
    threads = Threads()
    outbox = Outbox(channel, interrupts, threads)
    spares = Spares()
    os.register_at_fork(after_in_child=spares.close)  # a child that has one open keeps it from being taken
    inbox = Inbox(channel, interrupts, spares)
    presenter = Presenter(outbox)
    folder = SharedFolder(shared, outbox, inbox)
    spool = Spool(Path.cwd(), spares)
    namespaces = Namespaces(most_namespaces, interrupts, presenter, questions.send, spool)
    calls = Calls(outbox, inbox, spares)
    loaded = Loaded()
    open_session(
        Session(outbox, presenter, folder, calls, spool, namespaces.shelf, namespaces.active, loaded)
    )
    namespaces.prepare()
    capture = FdCapture(outbox)
    surroundings = _surroundings(outbox, interrupts)
    children = Children()
    executor = Executor(
        *(outbox, interrupts, threads, capture, surroundings),
        *(presenter, folder, namespaces, children),
    )
    answerer = Answerer(questions, threads, namespaces.find, namespaces.helper, loaded)
    serving = Control(questions, interrupts, inbox, answerer)
    for body in (outbox.flush_in_time, capture.read_pipes, serving.serve):
        threads.start(body)
    return Loop(generation, inbox, outbox, serving, executor, namespaces, children)


def _surroundings(outbox: Outbox, interrupts: Interrupts) -> Surroundings:
    relay = Relay(outbox)
    keep_basic_config(relay)
    out = CellStream(outbox, STDOUT, "stdout", 1)
    err = CellStream(outbox, STDERR, "stderr", 2)
    plotly_show.watch()
    whole_imports.shield(interrupts)
    made = Surroundings(out, err, interrupts, relay)
    made.take()
    made.restore()
    return made
