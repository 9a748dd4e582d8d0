"""What ``weed`` reads: who may do what, and the keys and certificates of its inner ports."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

from broker_config.settings import Settings
from web.stack import inner_tls

IDENTITIES = "identities.json"
ROLES = "roles.json"
POLICY_VERSION = "2012-10-17"
ACCOUNT = "000000000000"
# An hour is the longest that a kernel's credential can be asked for; 15 minutes is what is asked for.
LONGEST_SESSION = "1h"
GRPC_SIDES = ("master", "volume", "filer", "s3", "client")
JWT_SIDES = ("jwt.signing", "jwt.signing.read", "jwt.filer_signing", "jwt.filer_signing.read")


def files(settings: Settings, home: Path) -> dict[str, str]:
    """Name → text of every configuration file of the server in ``home``."""
    return {
        IDENTITIES: json.dumps(_identities(settings)),
        ROLES: json.dumps(_roles(settings)),
        "security.toml": _security(settings, home),
        "filer.toml": _table("leveldb2", enabled=True, dir=str(home / "data" / "filerldb2")),
        "master.toml": _maintenance(),
    }


def _derived(settings: Settings, purpose: str) -> str:
    # Derived, not drawn: tokens and presigned URLs outlive a restart of the server.
    key = settings.s3_secret_key.get_secret_value().encode()
    return base64.b64encode(hmac.digest(key, purpose.encode(), hashlib.sha256)).decode()


def _identities(settings: Settings) -> dict[str, Any]:
    # Admin of one bucket, not of the server: a plain "Admin" marks every session made from it as admin.
    return {
        "identities": [
            {
                "name": settings.s3_access_key,
                "credentials": [
                    {
                        "accessKey": settings.s3_access_key,
                        "secretKey": settings.s3_secret_key.get_secret_value(),
                    }
                ],
                "actions": [f"Admin:{settings.s3_bucket}"],
            }
        ]
    }


def _roles(settings: Settings) -> dict[str, Any]:
    role = settings.s3_role_arn.rpartition("/")[2]
    control = f"arn:aws:iam::{ACCOUNT}:user/{settings.s3_access_key}"
    return {
        "sts": {
            "issuer": "husk",
            "signingKey": _derived(settings, "sts"),
            "tokenDuration": "15m",
            "maxSessionLength": LONGEST_SESSION,
        },
        "policy": {"defaultEffect": "Deny", "storeType": "memory"},
        "providers": [],
        "roles": [
            {
                "roleName": role,
                "roleArn": settings.s3_role_arn,
                # Trusting "*" lets a kernel's session assume the role again, without the session policy.
                "trustPolicy": _policy(Principal={"AWS": [control]}, Action=["sts:AssumeRole"]),
                "attachedPolicies": [role],
            }
        ],
        "policies": [{"name": role, "document": _kernels_only(settings.s3_bucket)}],
    }


def _kernels_only(bucket: str) -> dict[str, Any]:
    # The outer bound of any session, should a session policy ever be left out.
    return _policy(Action=["s3:*"], Resource=[f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/k/*"])


def _policy(**statement: Any) -> dict[str, Any]:
    return {"Version": POLICY_VERSION, "Statement": [{"Effect": "Allow", **statement}]}


def _security(settings: Settings, home: Path) -> str:
    # Loopback is shared by all users of the host: without these, the inner ports ask nobody who they are.
    crt, key = str(home / inner_tls.CERTIFICATE), str(home / inner_tls.KEY)
    tables = [_table(side, key=_derived(settings, side), expires_after_seconds=60) for side in JWT_SIDES]
    tables.append(_table("grpc", ca=crt))
    tables += [_table(f"grpc.{side}", cert=crt, key=key) for side in GRPC_SIDES]
    return "".join(tables)


def _maintenance() -> str:
    # weed's own list also erasure-codes full volumes, which on one server costs space and protects nothing.
    script = ["lock", "fs.log.purge -daysAgo=7", "s3.clean.uploads -timeAgo=24h", "unlock"]
    return _table("master.maintenance", scripts="\n".join(script), sleep_minutes=60) + _table(
        "master.volume_growth", copy_1=2
    )


def _table(name: str, **values: str | int | bool) -> str:
    # JSON's strings, numbers and booleans are TOML's too.
    return f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
