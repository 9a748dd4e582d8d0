"""Requests with a kernel's scoped credential, signed as given: the SDK would tidy the paths up first."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import hashlib
import hmac
import http.client
import json
from contextlib import closing
from urllib.parse import SplitResult, quote, urlencode, urlsplit

from minio import Minio
from minio.credentials.credentials import Credentials
from minio.signer import sign_v4_s3, sign_v4_sts

from broker_config.wire.messages import StoreCredentials

Answer = tuple[int, bytes]


def sdk(credentials: StoreCredentials) -> Minio:
    """The SDK's client as the agent makes it."""
    return Minio(
        endpoint=urlsplit(credentials.endpoint).netloc,
        access_key=credentials.access_key,
        secret_key=credentials.secret_key,
        session_token=credentials.session_token,
        region=credentials.region,
        secure=False,
    )


def request(
    credentials: StoreCredentials,
    method: str,
    path: str,
    query: dict[str, str] | None = None,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    signed_path: str | None = None,
) -> Answer:
    """One S3 request; ``path`` goes out unchanged, the signature is of ``signed_path`` or of it."""
    text = urlencode(sorted((query or {}).items()), quote_via=quote, safe="")
    url = SplitResult("http", urlsplit(credentials.endpoint).netloc, signed_path or path, text, "")
    signed = _signed(sign_v4_s3, credentials, method, url, body, headers or {})
    return _send(credentials, method, f"{path}?{text}" if text else path, body, signed)


def sts(credentials: StoreCredentials, **form: str) -> Answer:
    """One STS request with the scoped credential itself."""
    body = urlencode({"Version": "2011-06-15", **form}).encode()
    url = SplitResult("http", urlsplit(credentials.endpoint).netloc, "/", "", "")
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return _send(credentials, "POST", "/", body, _signed(sign_v4_sts, credentials, "POST", url, body, kind))


def reissued(credentials: StoreCredentials, signing_key: bytes, **claims: object) -> StoreCredentials:
    """The credential with a token of other claims, signed with ``signing_key``."""
    header, payload, _ = credentials.session_token.split(".")
    decoded = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    fresh = f"{header}.{_b64(json.dumps({**decoded, **claims}).encode())}"
    signature = _b64(hmac.digest(signing_key, fresh.encode(), "sha256"))
    return dataclasses.replace(credentials, session_token=f"{fresh}.{signature}")


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _signed(sign, credentials, method, url, body, headers):  # type: ignore[no-untyped-def]
    now = datetime.datetime.now(datetime.UTC)
    digest = hashlib.sha256(body).hexdigest()
    keys = (credentials.access_key, credentials.secret_key, credentials.session_token)
    return sign(
        method=method,
        url=url,
        region=credentials.region,
        headers={
            "Host": url.netloc,
            "x-amz-content-sha256": digest,
            "x-amz-date": now.strftime("%Y%m%dT%H%M%SZ"),
            "X-Amz-Security-Token": credentials.session_token,
            **headers,
        },
        credentials=Credentials(*keys),
        content_sha256=digest,
        date=now,
    )


def _send(
    credentials: StoreCredentials, method: str, target: str, body: bytes, headers: dict[str, str]
) -> Answer:
    url = urlsplit(credentials.endpoint)
    with closing(http.client.HTTPConnection(str(url.hostname), url.port, timeout=10)) as connection:
        connection.request(method, target, body=body, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
