"""A kernel's own store credential, taken from the desk as its agent takes it: other prefixes and ports."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any
from urllib.parse import urlsplit

import pytest

from broker_config import keys
from broker_config.wire.codec import build
from broker_config.wire.messages import StoreCredentials
from tests.containers.attacks import in_cell
from tests.containers.broker_attacks import Thief
from tests.containers.docker_stack import DockerStack, as_json
from tests.integration.scoped import Answer, request, sdk, sts
from tests.waiting import wait_until

SECRET = b"what nobody else may read"
ASK_THE_DESK = """
event = {"type": "request", "execution_id": None, "seq": 0, "at": {now!r}, "request": {number!r},
         "kind": "credentials", "args": {}}
client.ask("XADD", {requests!r}, "*", "e", json.dumps(event))
answer = client.ask("BLPOP", {reply!r}, 8)
print(answer[1])
"""
PROBE = """
for path, port in {wanted!r}:
    with socket.create_connection(({gateway!r}, port), 5) as one:
        one.sendall(f"GET {path} HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n".encode())
        said = one.makefile("rb").read()
    tried[path] = [int(said.split()[1]), said.decode(errors="replace")[-2000:]]
"""
SIDE_PATHS = (
    *("/", "/status", "/dir/status", "/dir/assign", "/cluster/status", "/vol/status", "/stats/counter"),
    *("/metrics", "/ui/index.html", "/debug/pprof/", "/buckets/", "/healthz", "/iam/", "/?Action=ListUsers"),
)


@pytest.fixture(scope="module")
def uid(docked: DockerStack) -> str:
    return docked.ready()


@pytest.fixture(scope="module")
def theirs(docked: DockerStack) -> str:
    """Key of an object of another kernel: what a cell there shared, before it is anybody else's."""
    other = docked.ready()
    credentials = take(docked, other)
    key = f"{credentials.prefix}u/secret"
    assert request(credentials, "PUT", f"/{credentials.bucket}/{key}", body=SECRET)[0] == 200
    return key


@pytest.fixture(scope="module")
def mine(docked: DockerStack, uid: str) -> StoreCredentials:
    return take(docked, uid)


@pytest.fixture(scope="module")
def owners(docked: DockerStack, mine: StoreCredentials) -> str:
    """Key of an owner's file in the store."""
    path = f"owned-{secrets.token_hex(4)}.txt"
    docked.husk.files.put(path, SECRET)
    store = every_right(docked, mine)

    def found() -> str | None:
        named = (one.object_name for one in store.list_objects(mine.bucket, recursive=True))
        return next((name for name in named if name and path in name), None) or newest(store, mine)

    key = wait_until(found, 20, "the file is in the store")
    assert key is not None
    return key


def newest(store: Any, mine: StoreCredentials) -> str | None:
    """The owner's object, whatever it is called."""
    outside = [one for one in store.list_objects(mine.bucket, recursive=True) if one.object_name[:2] != "k/"]
    return max(outside, key=lambda one: one.last_modified).object_name if outside else None


def every_right(docked: DockerStack, mine: StoreCredentials) -> Any:
    """The control removed: a client with the control plane's key."""
    from minio import Minio

    settings = docked.settings
    key = settings.s3_secret_key.get_secret_value()
    host = urlsplit(mine.endpoint).netloc
    return Minio(
        endpoint=host, access_key=settings.s3_access_key, secret_key=key, region=mine.region, secure=False
    )


def take(docked: DockerStack, uid: str) -> StoreCredentials:
    """Ask the desk from inside the container, as the kernel's own Redis user."""
    thief, number = Thief(docked, uid), secrets.token_hex(8)
    body = ASK_THE_DESK.replace("{now!r}", repr(time.time())).replace("{number!r}", repr(number))
    body = body.replace("{requests!r}", repr(keys.requests(uid)))
    body = body.replace("{reply!r}", repr(keys.reply(uid, number)))
    answer: dict[str, Any] = as_json(docked.said(uid, thief.code(body)).splitlines()[-1])
    found = build(StoreCredentials, answer["credentials"])
    assert found.prefix == f"k/{uid}/"
    return found


def refused(answer: Answer) -> bool:
    """Whether it was, and told nothing."""
    return answer[0] in {400, 403, 404, 405} and SECRET not in answer[1]


def test_its_own_prefix_is_open(mine: StoreCredentials) -> None:
    path = f"/{mine.bucket}/{mine.prefix}u/own"
    assert request(mine, "PUT", path, body=b"own")[0] == 200
    assert request(mine, "GET", path) == (200, b"own")


def test_anothers_objects_are_closed_to_every_request(
    docked: DockerStack, mine: StoreCredentials, theirs: str, owners: str
) -> None:
    own = f"/{mine.bucket}/{mine.prefix}u/copy"
    upload = sdk(mine)._create_multipart_upload(mine.bucket, f"{mine.prefix}u/parts", {})
    part = {"partNumber": "1", "uploadId": upload}
    for key in (theirs, owners):
        path = f"/{mine.bucket}/{key}"
        copy = {"x-amz-copy-source": path}
        for method, where, query, body, headers in (
            *(("GET", path, {}, b"", {}), ("HEAD", path, {}, b"", {}), ("PUT", path, {}, b"evil", {})),
            *(("DELETE", path, {}, b"", {}), ("POST", path, {"uploads": ""}, b"", {})),
            *(("PUT", path, part, b"evil", {}), ("PUT", own, {}, b"", copy)),
            ("PUT", f"/{mine.bucket}/{mine.prefix}u/parts", part, b"", copy),
            *(("GET", path, {"versionId": "null"}, b"", {}), ("GET", path, {"acl": ""}, b"", {})),
            *(("GET", path, {"attributes": ""}, b"", {}), ("PUT", path, {"tagging": ""}, b"<x/>", {})),
        ):
            assert refused(request(mine, method, where, query, body, headers)), (method, where, query)
    # The control removed: with the control plane's key both can be read, and are as they were.
    store = every_right(docked, mine)
    for key in (theirs, owners):
        with store.get_object(mine.bucket, key) as response:
            assert response.read() == SECRET


def test_no_spelling_leads_out_of_the_prefix(mine: StoreCredentials, theirs: str) -> None:
    other = theirs.removeprefix("k/")
    for trick in (
        *(f"{mine.prefix}../{other}", f"{mine.prefix}%2e%2e/{other}", f"{mine.prefix}..%2f{other}"),
        *(f"{mine.prefix}/../{other}", f"{mine.prefix}./../{other}", f"./{theirs}", f"/{theirs}"),
    ):
        path = f"/{mine.bucket}/{trick}"
        for method in ("GET", "PUT", "DELETE"):
            assert refused(request(mine, method, path, body=b"evil" if method == "PUT" else b"")), trick


@pytest.mark.parametrize(
    "query",
    [
        *({}, {"prefix": "k/"}, {"prefix": "u/"}, {"list-type": "2"}, {"versions": ""}, {"uploads": ""}),
        *({"versions": "", "prefix": "k/"}, {"list-type": "2", "prefix": "k/", "delimiter": "/"}),
    ],
)
def test_no_list_shows_what_others_have(mine: StoreCredentials, query: dict[str, str]) -> None:
    assert refused(request(mine, "GET", f"/{mine.bucket}", query))


def test_the_credential_makes_no_other_and_does_not_open_the_buckets_settings(
    docked: DockerStack, mine: StoreCredentials
) -> None:
    again = {"RoleArn": docked.settings.s3_role_arn, "RoleSessionName": "again"}
    for form in ({"Action": "AssumeRole", **again}, {"Action": "CreateUser", "UserName": "x"}):
        status, answer = sts(mine, **form)
        assert status >= 400
        assert b"<SecretAccessKey>" not in answer
    for query in ("policy", "acl", "cors", "lifecycle"):
        assert refused(request(mine, "PUT", f"/{mine.bucket}", {query: ""}, b"{}"))
    assert refused(request(mine, "DELETE", f"/{mine.bucket}"))


def test_the_stores_port_serves_s3_and_none_of_the_servers_other_pages(
    docked: DockerStack, uid: str, mine: StoreCredentials
) -> None:
    url = urlsplit(mine.endpoint)
    wanted = [(path, url.port) for path in SIDE_PATHS]
    found = in_cell(
        docked,
        uid,
        PROBE.replace("{wanted!r}", repr(wanted)).replace("{gateway!r}", repr(url.hostname)),
    )
    told = {path: (status, text) for path, (status, text) in found.items() if status < 400}
    assert set(told) <= {"/status", "/healthz"}, json.dumps(told)
    assert not [text for _, text in told.values() if "volume" in text.lower() or "<Name>" in text]
