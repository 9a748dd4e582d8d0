"""The certificate by which the S3 server's inner parts know each other."""

from __future__ import annotations

import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from web.stack.private_file import write_private

CERTIFICATE = "inner.crt"
KEY = "inner.key"
VALID_DAYS = 3650
RENEW_DAYS = 30


def ensure(home: Path) -> None:
    """Make certificate and key in ``home`` unless a good pair is there. Called by ``write_config``."""
    if _is_good(home):
        return
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(home / KEY, pem)
    certificate = _self_signed(key).public_bytes(serialization.Encoding.PEM)
    write_private(home / CERTIFICATE, certificate)


def _is_good(home: Path) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate((home / CERTIFICATE).read_bytes())
        key = serialization.load_pem_private_key((home / KEY).read_bytes(), password=None)
    except (OSError, ValueError):
        return False
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=RENEW_DAYS)
    return certificate.not_valid_after_utc > soon and certificate.public_key() == key.public_key()


def _self_signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "husk-objects")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=VALID_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
