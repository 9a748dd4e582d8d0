"""Requests to the object store, signed with a kernel's credential. The SDK loads when first used."""

from __future__ import annotations

import datetime
from urllib.parse import SplitResult, urlencode, urlunsplit

from broker_config.wire.messages import StoreCredentials
from kernel_worker.agent import sdk


def url_of(held: StoreCredentials, key: str) -> SplitResult:
    """Where an object of the kernel's bucket is."""
    scheme, _, host = held.endpoint.rpartition("://")
    return SplitResult(scheme or "http", host, f"/{held.bucket}/{key}", "", "")


def signed(
    held: StoreCredentials, method: str, url: SplitResult, headers: dict[str, str], hashed: str
) -> dict[str, str]:
    """The headers of a request whose body has the SHA-256 ``hashed`` (hex)."""
    sdk.load()
    from minio.credentials.credentials import Credentials
    from minio.signer import sign_v4_s3

    now = datetime.datetime.now(datetime.UTC)
    headers |= {
        "Host": url.netloc,
        "x-amz-content-sha256": hashed,
        "X-Amz-Security-Token": held.session_token,
        "x-amz-date": now.strftime("%Y%m%dT%H%M%SZ"),
    }
    signed = sign_v4_s3(
        method=method,
        url=url,
        region=held.region,
        headers=dict(headers),
        credentials=Credentials(held.access_key, held.secret_key, held.session_token),
        content_sha256=hashed,
        date=now,
    )
    return {name: str(value) for name, value in signed.items()}


def presigned(held: StoreCredentials, key: str, seconds: int) -> str:
    """An address by which anybody may read an object until the credential or its time ends."""
    sdk.load()
    from minio.credentials.credentials import Credentials
    from minio.signer import presign_v4

    query = urlencode({"X-Amz-Security-Token": held.session_token})
    url = presign_v4(
        method="GET",
        url=url_of(held, key)._replace(query=query),
        region=held.region,
        credentials=Credentials(held.access_key, held.secret_key, held.session_token),
        date=datetime.datetime.now(datetime.UTC),
        expires=seconds,
    )
    return urlunsplit(url)
