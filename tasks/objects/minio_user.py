"""``python -m tasks.objects.minio_user USER_FILE PASSWORD_FILE``: MinIO's user of the control plane.

Of a deployment, before anything else: with MinIO's root name and password from these two files it makes the
user of ``s3_access_key``, who may do everything with the one bucket and nothing else. Kernels get credentials
made of this user, and MinIO makes none from root. It can be done again at will.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from minio.credentials.providers import StaticProvider
from minio.error import MinioAdminException
from minio.minioadmin import MinioAdmin
from urllib3.exceptions import HTTPError

from broker_config.settings import Settings, get_settings
from broker_config.wire.errors import HuskError, StorageFailed, Unavailable
from tasks.objects.client import bounded_pool

POLICY = "husk-control"
ALREADY = "PolicyChangeAlreadyApplied"
PATIENCE_S = 60.0
PAUSE_S = 1.0

log = logging.getLogger(__name__)


def policy(bucket: str) -> dict[str, object]:
    """Everything with one bucket."""
    names = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["s3:*"], "Resource": names}],
    }


def ensure(settings: Settings, root: str, password: str) -> None:
    """Make user and policy, or make them as they should be.

    Raises:
        Unavailable: the store did not answer, or not yet. StorageFailed: it refused.
    """
    url = urlsplit(settings.store_endpoint)
    admin = MinioAdmin(
        endpoint=url.netloc,
        credentials=StaticProvider(root, password),
        region=settings.s3_region,
        secure=url.scheme == "https",
        http_client=bounded_pool(),
    )
    with _our_errors("policy"):
        admin.policy_add(POLICY, policy=policy(settings.s3_bucket))
    with _our_errors("user"):
        admin.user_add(settings.s3_access_key, settings.s3_secret_key.get_secret_value())
    with _our_errors("user's policy"):
        admin.attach_policy([POLICY], user=settings.s3_access_key)


@contextmanager
def _our_errors(what: str) -> Iterator[None]:
    try:
        yield
    except MinioAdminException as error:
        if ALREADY in error._body:
            return
        if error._code >= "500":
            raise Unavailable(f"{what}: the object store is not ready ({error._code})") from None
        raise StorageFailed(f"{what}: the object store refused ({_code(error._body)})") from None
    except HTTPError as error:
        raise Unavailable(f"{what}: the object store did not answer ({type(error).__name__})") from None


def _code(body: str) -> str:
    try:
        return str(json.loads(body)["Code"])
    except (ValueError, KeyError, TypeError):
        return "for a reason that it does not say"


def main(argv: list[str]) -> int:
    """The exit code: 0 when the user is there."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stdout)
    root, password = (Path(name).read_text().strip() for name in argv)
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            ensure(get_settings(), root, password)
        except Unavailable as error:
            if time.monotonic() > deadline:
                log.critical("%s", error.message)
                return 1
            time.sleep(PAUSE_S)
        except HuskError as error:
            log.critical("%s", error.message)
            return 1
        else:
            log.info("the object store knows the control plane's user")
            return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
