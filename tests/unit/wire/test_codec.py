"""Whatever bytes come: a message, or BadMessage and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker_config.wire.codec import build, decode, decode_tagged, encode_tagged
from broker_config.wire.errors import BadMessage
from broker_config.wire.events import EVENTS, Event, Finished, Pulse, Started, pack, unpack
from broker_config.wire.frames import MESSAGES, Done, Step
from broker_config.wire.messages import CONTROL, Boot, DeskReply, ExecuteCell

HUGE = 10**400
TAGS = sorted({*EVENTS, *MESSAGES, *CONTROL})
FIELDS = sorted(
    {
        *("type", "execution_id", "seq", "at"),
        *(f for cls in [*EVENTS.values(), *MESSAGES.values()] for f in vars(cls)["__slots__"]),
    }
)

numbers = st.one_of(st.integers(), st.just(HUGE), st.just(-HUGE), st.floats())
scalars = st.one_of(st.none(), st.booleans(), numbers, st.text(), st.sampled_from(TAGS))
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5)
    ),
    max_leaves=20,
)
heads = st.fixed_dictionaries(
    {
        "type": st.sampled_from(TAGS),
        "execution_id": st.one_of(st.none(), st.text()),
        "seq": scalars,
        "at": scalars,
    }
)
objects = st.builds(
    lambda head, rest: {**rest, **head}, heads, st.dictionaries(st.sampled_from(FIELDS), values)
)


def read_all(text: str | bytes) -> None:
    """Read it as everything that comes from outside; only BadMessage may be raised."""
    for read in (
        unpack,
        *(lambda t, c=cls: decode(c, t) for cls in (Pulse, DeskReply, ExecuteCell, Boot)),
        *(lambda t, m=members: decode_tagged(m, t) for members in (MESSAGES, CONTROL, EVENTS)),
    ):
        try:
            read(text)
        except BadMessage:
            continue


@given(st.one_of(st.binary(), st.text()))
def test_arbitrary_bytes_are_a_bad_message(text: str | bytes) -> None:
    read_all(text)


@given(st.one_of(values, objects))
def test_arbitrary_json_is_a_message_or_a_bad_one(data: Any) -> None:
    read_all(json.dumps(data))


def replaced(message: Any, path: str, text: str) -> str:
    """A message's JSON with one field as this text of JSON."""
    data = message if isinstance(message, dict) else json.loads(message)
    place = data
    *parents, last = path.split(".")
    for parent in parents:
        place = place[parent]
    place[last] = "@"
    return json.dumps(data).replace('"@"', text)


STARTED = pack(Event("x", 1, 1.0, Started("g")))
RESULT = {"type": "finished", "execution_id": "x", "seq": 1, "at": 1.0}
STEP = encode_tagged(Step("b", "", 1.0, 2.0))
DONE = encode_tagged(Done("x", "succeeded", 1, 1.0, 1.0, None))
BAD = [str(HUGE), "9" * 5_000, "[" * 400 + "]" * 400, "[" * 100_000 + "]" * 100_000]


@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
@pytest.mark.parametrize("field", ["seq", "at", "generation", "execution_id", "type"])
def test_a_number_or_a_depth_that_nothing_can_hold_is_no_event(field: str, text: str) -> None:
    with pytest.raises(BadMessage):
        unpack(replaced(STARTED, field, text))


@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
@pytest.mark.parametrize("field", ["status", "wall_s", "memory_peak_bytes"])
def test_the_same_in_a_result(field: str, text: str) -> None:
    event = {**RESULT, "result": {"status": "failed", "generation": "g", "wall_s": 1, "memory_peak_bytes": 1}}
    assert isinstance(unpack(json.dumps(event)).body, Finished)
    with pytest.raises(BadMessage):
        unpack(replaced(event, f"result.{field}", text))


@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
def test_the_same_in_frames_of_a_runner(text: str) -> None:
    for frame, field in ((STEP, "done"), (STEP, "total"), (DONE, "wall_s"), (DONE, "execution_count")):
        with pytest.raises(BadMessage):
            decode_tagged(MESSAGES, replaced(frame, field, text))


def test_what_is_just_shallow_enough_to_be_read_is_no_word() -> None:
    event = {**RESULT, "result": {"status": "failed", "generation": "g"}}
    for depth in range(300, 1_000):
        with pytest.raises(BadMessage):
            unpack(replaced(event, "result.status", "[" * depth + "]" * depth))


def test_whole_numbers_fit_64_bits_and_become_floats_where_those_are_due() -> None:
    assert build(int, 2**63 - 1) == 2**63 - 1
    for number in (2**63, -(2**63) - 1, True, 1.0):
        with pytest.raises(BadMessage):
            build(int, number)
    assert build(float, 10**30) == 1e30
    assert type(build(float, 1)) is float
