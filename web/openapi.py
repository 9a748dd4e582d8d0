"""``python -m web.openapi [FILE]`` writes the API's OpenAPI document; it needs no server and no setting."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, cast

from flask_openapi3.openapi import OpenAPI
from pydantic import SecretStr

from broker_config.settings import Settings
from tasks.services import make_services
from web.app import make_app

NOWHERE = SecretStr("redis://127.0.0.1:1/0")


def document() -> dict[str, Any]:
    """The document, as `/api/v1/openapi.json` serves it."""
    settings = Settings(redis_url=NOWHERE, s3_secret_key=SecretStr("-" * 16))  # type: ignore[call-arg]
    services = make_services(settings)
    return dict(cast(OpenAPI, make_app(services)).api_doc)


def main(argv: list[str]) -> None:
    """Write it to a file, else to standard output."""
    text = json.dumps(document(), indent=1) + "\n"
    if argv:
        Path(argv[0]).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main(sys.argv[1:])
