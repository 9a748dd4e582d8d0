"""The S3 SDK's client with its bounds, and its errors as ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error
from urllib3.exceptions import HTTPError

from broker_config.settings import Settings
from broker_config.wire.errors import BadSettings, NotFound, StorageFailed, Unavailable

CONNECT_S = 3.0
READ_S = 30.0
# A copy inside the store answers when it is done, up to 5 GiB later.
COPY_READ_S = 300.0
PROBE_S = 2.0
BACKOFF_S = 0.2
CONNECTIONS = 16
ABSENT = frozenset({"NoSuchKey", "NoSuchVersion", "NoSuchObject", "NoSuchUpload"})
PASSING = frozenset(
    {"InternalError", "ServiceUnavailable", "SlowDown", "RequestTimeout", "XMinioServerNotInitialized"}
)


def bounded_pool(read_s: float = READ_S, retries: int = 2) -> urllib3.PoolManager:
    """Connections of ``CONNECT_S`` and ``read_s`` seconds; failed connects and 502 to 504 are tried again.

    A request that the store did not answer in ``read_s`` is tried once more, if ``retries`` is not 0.
    """
    return urllib3.PoolManager(
        maxsize=CONNECTIONS,
        timeout=urllib3.Timeout(connect=min(CONNECT_S, read_s), read=read_s),
        retries=urllib3.Retry(
            total=retries,
            read=min(1, retries),
            redirect=0,
            status_forcelist=(502, 503, 504),
            backoff_factor=BACKOFF_S,
            raise_on_status=False,
            respect_retry_after_header=False,
        ),
    )


def make_client(settings: Settings, endpoint: str, pool: urllib3.PoolManager) -> Minio:
    """The SDK's client with the control plane's key. Connects to nothing.

    Raises:
        BadSettings: ``endpoint`` is not ``http(s)://host[:port]``.
    """
    url = urlsplit(endpoint)
    if url.scheme not in {"http", "https"} or not url.hostname or url.path not in {"", "/"}:
        raise BadSettings("the S3 endpoint is an address of the form http(s)://host:port")
    return Minio(
        endpoint=url.netloc,
        access_key=settings.s3_access_key,
        secret_key=settings.s3_secret_key.get_secret_value(),
        secure=url.scheme == "https",
        region=settings.s3_region,
        http_client=pool,
    )


@contextmanager
def our_errors(what: str) -> Iterator[None]:
    """Translate the SDK's and its HTTP library's errors; ``what`` begins the message.

    Raises:
        NotFound: there is no such object.
        Unavailable: no answer in time, or one that says "later".
        StorageFailed: any other refusal.
    """
    try:
        yield
    except S3Error as error:
        raise _translated(what, error) from None
    except (HTTPError, MinioException) as error:
        # MinioException that is no S3Error: an answer that is not S3's, as a proxy's or a starting server's.
        raise Unavailable(f"{what}: the object store did not answer ({type(error).__name__})") from None


def _translated(what: str, error: S3Error) -> NotFound | Unavailable | StorageFailed:
    if error.code in ABSENT:
        return NotFound(f"{what}: there is no such object")
    status = error.response.status if error.response is not None else 0
    if error.code in PASSING or status >= 500:
        return Unavailable(f"{what}: the object store is not ready ({error.code})")
    return StorageFailed(f"{what}: the object store refused ({error.code})")
