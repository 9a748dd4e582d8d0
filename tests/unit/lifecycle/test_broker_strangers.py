"""Who is at the kernels' door of Redis, by what Redis lists."""

from __future__ import annotations

from tasks.kernels.broker_strangers import kernel_doors, service_doors, strangers

WAYS, INNER = "172.30.1.2", "172.30.9.2"


def client(number: int, laddr: str, **fields: str) -> dict[str, str]:
    """A line of ``CLIENT LIST``, of somebody who has said nothing for a minute."""
    line = {"id": str(number), "addr": "172.30.1.1:40000", "laddr": f"{laddr}:6379", "age": "60"}
    return {**line, "user": "default", "name": "", "lib-name": "", **fields}


LISTED = [
    client(1, INNER, **{"lib-name": "redis-py"}),
    client(2, WAYS, user="kernel-abc"),
    client(3, WAYS),
    client(4, INNER),
    client(5, "127.0.0.1"),
    client(6, WAYS, age="3"),
]


def test_a_deployments_door_is_where_kernels_come_in_and_no_service_does() -> None:
    doors = kernel_doors(LISTED) - service_doors(LISTED)
    assert doors == {WAYS}
    assert strangers(LISTED, doors).ids == ["3"]


def test_where_kernels_and_services_share_an_address_nobody_is_turned_away() -> None:
    listed = [*LISTED, client(7, WAYS, name="a service")]
    assert strangers(listed, kernel_doors(listed) - service_doors(listed)).ids == []


def test_a_redis_that_shows_no_libraries_has_no_door_that_is_sure() -> None:
    listed = [{name: value for name, value in one.items() if name != "lib-name"} for one in LISTED]
    assert kernel_doors(listed) == set()


def test_loopback_is_never_a_door() -> None:
    assert strangers(LISTED, {"127.0.0.1", ""}).ids == []
