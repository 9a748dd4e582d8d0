"""``python -m web.stack.deployed``: makes ready what a deployment's web stands on, then becomes web.

Every start does it, several at once too: tables of this release, the bucket, the first account with the token
of this container's command line. The first start says how to log in.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable

from broker_config.settings import Settings, get_settings, require_secrets
from broker_config.wire.errors import BadSettings, HuskError, Unavailable
from tasks.services import Services, make_services
from web.stack import admin, web_server
from web.stack.reached import token_file

PATIENCE_S = 90.0
"""Database, Redis and store may start at the same time."""
PAUSE_S = 0.5
BAD_SETTINGS = 2

log = logging.getLogger(__name__)


def prepare(services: Services) -> None:
    """Tables, bucket, first account.

    Raises:
        Unavailable: a server did not answer within ``PATIENCE_S``; what was done is kept.
        BadSettings: the database was written by a newer release.
    """
    deadline = time.monotonic() + PATIENCE_S
    _patiently("the ledger", services.ledger.migrate, deadline)
    _patiently("the object store", services.store.ensure_bucket, deadline)
    first = not token_file(services.settings).exists()
    admin.ensure(services)
    if first:
        log.info(
            "the first account is `%s`: `husk user link %s` here makes a link for a browser",
            *2 * (admin.NAME,),
        )


def _patiently(what: str, step: Callable[[], None], deadline: float) -> None:
    told = False
    while True:
        try:
            step()
        except BadSettings:
            raise
        except HuskError as error:
            if time.monotonic() > deadline:
                raise Unavailable(f"{what} was not ready within {PATIENCE_S:g} s: {error.message}") from None
            if not told:
                log.warning("%s is not ready yet, trying again: %s", what, error.message)
            told = True
            time.sleep(PAUSE_S)
        else:
            return


def _settings() -> Settings:
    settings = get_settings()
    if settings.mode != "deployed" or not settings.database_url or not settings.s3_endpoint:
        raise BadSettings("a deployment sets HUSK_MODE=deployed, HUSK_DATABASE_URL and HUSK_S3_ENDPOINT")
    require_secrets(settings)
    return settings


def main() -> int:
    """Become gunicorn; the exit code where that cannot be: 2 for settings, 1 for a server that is away."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stdout)
    try:
        services = make_services(_settings())
        prepare(services)
        services.ledger.dispose()
    except BadSettings as error:
        log.critical("%s", error.message)
        return BAD_SETTINGS
    except HuskError as error:
        log.critical("%s", error.message)
        return 1
    web_server.main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
