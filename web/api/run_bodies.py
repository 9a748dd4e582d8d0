"""What a run of a flow is asked to be, and which runs are asked for."""

from __future__ import annotations

from itertools import product
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from broker_config.wire import names
from broker_config.wire.errors import BadField
from broker_config.wire.states import RunState
from tasks.ledger.runs import Filter
from web.validation.fields import Flag, LongName, NodeId, PageQuery, Strict

MOST_IN_GROUP = 500
TRIGGERS = ("manual", "resume", "rerun", "schedule", "file", "flow")


def _one_of(words: tuple[str, ...]) -> Any:
    def check(value: str) -> str:
        if value not in words:
            raise ValueError(f"is one of {', '.join(words)}")
        return value

    return AfterValidator(check)


def _uid(value: str) -> str:
    if not names.UID.fullmatch(value):
        raise ValueError("is an id: 12 letters and digits")
    return value


Uid = Annotated[str, AfterValidator(_uid), Field(json_schema_extra={"pattern": "^[A-Za-z0-9]{12}$"})]
State = Annotated[
    str, _one_of(tuple(RunState)), Field(json_schema_extra={"enum": [str(state) for state in RunState]})
]
Trigger = Annotated[str, _one_of(TRIGGERS), Field(json_schema_extra={"enum": list(TRIGGERS)})]


class RunBody(Strict):
    """A run of a flow."""

    parameters: dict[str, Any] = Field({}, description="Name → value; what is left out has its default")
    options: dict[str, Any] = Field(
        {}, description="`{cache, start_kernels, max_parallel, timeout_s, targets}`, each may be left out"
    )
    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = Field(
        None, description="Of the flow; null: the newest"
    )
    idempotency_key: LongName | None = Field(None, description="The same key and flow: the same run")


class MatrixBody(Strict):
    """Runs of a flow for all combinations of parameters' values."""

    matrix: dict[str, Annotated[list[Any], Field(min_length=1, max_length=MOST_IN_GROUP)]] = Field(
        min_length=1, max_length=10, description=f"Parameter → values; at most {MOST_IN_GROUP} runs together"
    )
    parameters: dict[str, Any] = Field({}, description="Of all of them")
    options: dict[str, Any] = Field({}, description="As of one run")
    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None

    def combinations(self) -> list[dict[str, Any]]:
        """The parameters of each run, the last name changing fastest.

        Raises:
            BadField: too many runs, or a parameter in both.
        """
        number = 1
        for name, given in self.matrix.items():
            number *= len(given)
            if name in self.parameters:
                raise BadField("is given by the matrix", f"parameters.{name}"[:200])
        if number > MOST_IN_GROUP:
            raise BadField(f"{number} runs are too many; {MOST_IN_GROUP} are allowed", "matrix")
        each = product(*self.matrix.values())
        return [{**self.parameters, **dict(zip(self.matrix, values, strict=True))} for values in each]


class PruneRunsBody(Strict):
    """Which runs are deleted: those that are older, without the newest of each flow."""

    older_than_days: Annotated[float, Field(ge=0, le=36_500)]
    keep: Annotated[int, Field(ge=0, le=1_000_000)] = Field(description="Of each flow, the newest")
    dry_run: bool = Field(True, description="Only tell what would be deleted")
    all: bool = Field(False, description="Everybody's, for an admin")


class RunsQuery(PageQuery):
    """Which runs; all of these hold."""

    flow: NodeId | None = None
    state: State | None = None
    trigger: Trigger | None = None
    schedule: Uid | None = None
    group: Uid | None = None
    all: Flag = Field(False, description="Everybody's, for an admin")

    def filter(self) -> Filter:
        """The same for the ledger."""
        return Filter(self.flow, self.state, self.trigger, self.schedule, self.group)


class RunLogQuery(PageQuery):
    """Which lines of a run; all of these hold."""

    node: NodeId | None = None
    level: Annotated[str, _one_of(("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))] | None = Field(
        None, description="This one or worse"
    )
    q: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        None, description="Is in the message, whatever its case"
    )
