"""The lifecycle worker's main with the tests' store: ``DATA_DIR REDIS_PORT START_TIMEOUT_S [arguments]``."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from broker_config.memory import loading

with loading():
    from tasks.lifecycle import main
    from tests.integration.lifecycle_fixture import make_settings, make_test_services

if __name__ == "__main__":
    folder, port, timeout_s, *rest = sys.argv[1:]
    settings = make_settings(Path(folder), int(port), float(timeout_s))
    sys.exit(main(rest, make_test_services(settings)))
