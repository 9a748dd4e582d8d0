"""Values of a kernel's environment, encrypted at rest with a key made from ``secret_key``."""

from __future__ import annotations

import base64
import json

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from broker_config.settings import Settings
from broker_config.wire.errors import KernelStartFailed

PURPOSE = b"husk kernel environment 1"


def _fernet(settings: Settings) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE)
    key = derived.derive(settings.secret_key.get_secret_value().encode())
    return Fernet(base64.urlsafe_b64encode(key))


def seal(settings: Settings, env: dict[str, str]) -> str | None:
    """Names and values as text for the ledger; None when there are none."""
    if not env:
        return None
    return _fernet(settings).encrypt(json.dumps(env).encode()).decode()


def unseal(settings: Settings, sealed: str | None) -> dict[str, str]:
    """The reverse of ``seal``.

    Raises:
        KernelStartFailed: they were sealed with another ``secret_key``, or are damaged.
    """
    if sealed is None:
        return {}
    try:
        env = json.loads(_fernet(settings).decrypt(sealed.encode()))
    except (InvalidToken, ValueError):
        raise KernelStartFailed(
            "this kernel's environment values cannot be decrypted: HUSK_SECRET_KEY is not the one they were "
            "saved with; set it back, or save the values again"
        ) from None
    return {str(name): str(value) for name, value in env.items()}
