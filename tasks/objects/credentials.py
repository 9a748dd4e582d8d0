"""A kernel's scoped credential: STS ``AssumeRole`` with a session policy of its prefix.

By a request of our own: the SDK's provider raises durations below an hour to an hour, and leaves out
the body's hash, without which SeaweedFS finds the signature wrong.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from urllib.parse import SplitResult, urlencode, urlsplit
from xml.etree import ElementTree

import urllib3
from minio.credentials.credentials import Credentials
from minio.signer import sign_v4_sts
from urllib3.exceptions import HTTPError

from broker_config.settings import Settings
from broker_config.wire.errors import StorageFailed, Unavailable
from broker_config.wire.messages import StoreCredentials
from tasks.objects import keys
from tasks.objects.client import bounded_pool

NAMESPACE = "{https://sts.amazonaws.com/doc/2011-06-15/}"
SHORTEST_S = 900
LONGEST_S = 3600
READ_S = 5.0


def kernel_credentials(
    settings: Settings, uid: str, duration_s: int = SHORTEST_S, gateway: str | None = None
) -> StoreCredentials:
    """A credential for ``k/<uid>/`` alone: get, put, copy, delete, list, multipart; 900 to 3600 s.

    Args:
        duration_s: brought into what STS grants, 900 to 3600 s.
        gateway: of the network of a kernel that is a container.

    Raises:
        BadField: ``uid`` is not a kernel uid.
        Unavailable: the store did not answer within about 15 s.
        StorageFailed: the store refused.
    """
    form = {
        "Action": "AssumeRole",
        "Version": "2011-06-15",
        "RoleArn": settings.s3_role_arn,
        "RoleSessionName": f"kernel-{uid}",
        "DurationSeconds": str(min(max(duration_s, SHORTEST_S), LONGEST_S)),
        "Policy": json.dumps(kernel_policy(settings.s3_bucket, uid), separators=(",", ":")),
    }
    answer = _credentials_of(_post(settings, urlencode(form).encode()))
    return StoreCredentials(
        endpoint=settings.kernel_endpoint(gateway),
        region=settings.s3_region,
        bucket=settings.s3_bucket,
        prefix=keys.kernel_prefix(uid),
        access_key=_text(answer, "AccessKeyId"),
        secret_key=_text(answer, "SecretAccessKey"),
        session_token=_text(answer, "SessionToken"),
        expires_at=datetime.datetime.fromisoformat(_text(answer, "Expiration")).timestamp(),
    )


def kernel_policy(bucket: str, uid: str) -> dict[str, object]:
    """The session policy: what is not named here is denied."""
    prefix = keys.kernel_prefix(uid)
    objects = {
        "Effect": "Allow",
        "Action": [
            "s3:GetObject",
            "s3:PutObject",
            "s3:DeleteObject",
            "s3:AbortMultipartUpload",
            "s3:ListMultipartUploadParts",
        ],
        "Resource": [f"arn:aws:s3:::{bucket}/{prefix}*"],
    }
    listing = {
        "Effect": "Allow",
        "Action": ["s3:ListBucket"],
        "Resource": [f"arn:aws:s3:::{bucket}"],
        "Condition": {"StringLike": {"s3:prefix": [f"{prefix}*"]}},
    }
    return {"Version": "2012-10-17", "Statement": [objects, listing]}


def _post(settings: Settings, body: bytes) -> bytes:
    url = urlsplit(settings.store_endpoint)._replace(path="/")
    try:
        with bounded_pool(READ_S) as pool:
            response = pool.request("POST", url.geturl(), body=body, headers=_signed(settings, url, body))
    except HTTPError as error:
        raise Unavailable(f"credentials: the object store did not answer ({type(error).__name__})") from None
    _check(response)
    return response.data


def _signed(settings: Settings, url: SplitResult, body: bytes) -> dict[str, str]:
    now = datetime.datetime.now(datetime.UTC)
    digest = hashlib.sha256(body).hexdigest()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Host": url.netloc,
        "X-Amz-Content-Sha256": digest,
        "X-Amz-Date": now.strftime("%Y%m%dT%H%M%SZ"),
    }
    signed = sign_v4_sts(
        method="POST",
        url=url,
        region=settings.s3_region,
        headers=dict(headers),
        credentials=Credentials(settings.s3_access_key, settings.s3_secret_key.get_secret_value()),
        content_sha256=digest,
        date=now,
    )
    return {name: str(value) for name, value in signed.items()}


def _check(response: urllib3.BaseHTTPResponse) -> None:
    if response.status == 200:
        return
    code = _element(response.data, "Code")
    why = response.status if code is None else code.text
    if response.status >= 500:
        raise Unavailable(f"credentials: the object store is not ready ({why})")
    raise StorageFailed(f"credentials: the object store refused ({why})")


def _credentials_of(xml: bytes) -> ElementTree.Element:
    found = _element(xml, "Credentials")
    if found is None:
        raise StorageFailed("credentials: the object store's answer holds none")
    return found


def _element(xml: bytes, name: str) -> ElementTree.Element | None:
    try:
        return ElementTree.fromstring(xml).find(f".//{NAMESPACE}{name}")  # noqa: S314 (the store is trusted)
    except ElementTree.ParseError:
        return None


def _text(element: ElementTree.Element, name: str) -> str:
    return element.findtext(f"{NAMESPACE}{name}") or ""
