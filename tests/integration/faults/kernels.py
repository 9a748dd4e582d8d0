"""Kernels that rounds share, and what the ledger says of them and their executions."""

from __future__ import annotations

from contextlib import suppress

from broker_config.queues import queue_of
from broker_config.wire.errors import HuskError
from broker_config.wire.names import new_uid
from broker_config.wire.states import EXECUTION_TERMINAL, ExecutionState, KernelState
from tasks.ledger import executions, kernels, users
from tasks.ledger.models import Execution, Kernel
from tasks.services import Services
from tests.waiting import wait_until
from web.client import Husk

READY_S = 45.0
AGAIN_S = 60.0
MOST_ROWS = 100
DOWN = frozenset({KernelState.ERROR.value, KernelState.STOPPED.value})
GONE_NAMESPACE = frozenset({"NamespaceLost", "RunnerDied", "AgentDied"})


class Kernels:
    """One kernel per size of memory, made when it is first needed."""

    def __init__(self, services: Services, husk: Husk) -> None:
        self._services = services
        self._husk = husk
        self._made: dict[float, str] = {}

    def ready(self, memory_gb: float) -> str:
        """Uid of the kernel of that size, ready and idle."""
        if memory_gb not in self._made:
            made = self._husk.kernels.create(f"k{new_uid()}", memory_gb=memory_gb)
            self._made[memory_gb] = made["uid"]
        uid = self._made[memory_gb]
        self.make_ready(uid)
        return uid

    def forget(self) -> None:
        """Later rounds get new ones: a round that failed may have left anything in these."""
        for uid in self._made.values():
            with suppress(HuskError):
                self._husk.kernels.delete(uid)
        self._made.clear()

    def make_ready(self, uid: str) -> None:
        """Wait until it is ready; one that is down is started, as a person would."""

        def ready() -> bool:
            self.start_if_down(uid)
            return self.row(uid).state == KernelState.READY.value

        wait_until(ready, READY_S, f"kernel {uid} is ready")

    def start_if_down(self, uid: str) -> None:
        """Ask for its start if it failed or stopped, and the API is there to ask."""
        if self.row(uid).state in DOWN:
            with suppress(HuskError):
                self._husk.kernels.start(uid)

    def row(self, uid: str) -> Kernel:
        """The kernel as the ledger has it."""
        with self._services.ledger.read() as session:
            found = kernels.get(session, uid)
        assert found is not None
        return found

    def init_pid(self, uid: str) -> int:
        """The process that the ledger names."""
        return int(self.row(uid).runtime_ref["pid"])

    def inits(self) -> set[int]:
        """The processes that the ledger names, of all kernels that are not down."""
        with self._services.ledger.read() as session:
            return {
                int(row.runtime_ref["pid"]) for row in kernels.alive(session) if row.runtime_ref.get("pid")
            }

    def left_in_queues(self, uid: str) -> int:
        """How many messages lie in its two queues."""
        queues = (queue_of(uid, interactive) for interactive in (True, False))
        return sum(int(self._services.redis.llen(queue)) for queue in queues)

    def executions(self, uid: str, after: int) -> list[Execution]:
        """What the ledger has of a kernel above that seq, by seq."""
        with self._services.ledger.read() as session:
            admin = users.by_name(session, "admin")
            assert admin is not None
            found, _next = executions.page(session, admin, kernel_uid=uid, limit=MOST_ROWS)
        return sorted((row for row in found if row.seq > after), key=lambda row: row.seq)

    def many(self, ids: list[str]) -> list[Execution]:
        """Executions by their ids."""
        with self._services.ledger.read() as session:
            pieces = [ids[at : at + MOST_ROWS] for at in range(0, len(ids), MOST_ROWS)]
            return [row for piece in pieces for row in executions.many(session, piece)]

    def newest_seq(self, uid: str) -> int:
        """The seq of its newest execution; 0 before the first."""
        return max((row.seq for row in self.executions(uid, 0)), default=0)

    def run_again(self, uid: str) -> None:
        """Wait until an interactive ``1+1`` succeeds. While a namespace's end is news, cells say so."""

        def one_plus_one() -> bool:
            try:
                sent = self._husk.executions.submit(uid, "1+1")
            except HuskError:
                return False
            done = wait_until(lambda: self._ended(sent["id"]), AGAIN_S, f"the end of {sent['id']}")
            assert done is not None
            kind = None if done.error is None else done.error["type"]
            assert done.status == ExecutionState.SUCCEEDED or kind in GONE_NAMESPACE, done.error
            return done.status == ExecutionState.SUCCEEDED

        wait_until(one_plus_one, AGAIN_S, f"kernel {uid} runs 1+1")

    def _ended(self, execution_id: str) -> Execution | None:
        with self._services.ledger.read() as session:
            row = executions.get(session, execution_id)
        return row if row is not None and row.status in EXECUTION_TERMINAL else None
