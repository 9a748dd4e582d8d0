"""``husk doctor``: what of this machine and this stack is as it has to be, and what to do where not."""

from __future__ import annotations

from collections.abc import Callable

import redis

from broker_config.settings import Settings
from broker_config.wire.errors import HuskError
from tasks.services import Services, make_services
from web.facts import Facts
from web.stack import host_checks, limit_checks, readiness, service_checks, status
from web.stack.finding import START, Finding, Verdict
from web.stack.reached import base_url


def examine(settings: Settings) -> list[Finding]:
    """Every check, in the order in which one depends on another. Starts nothing, changes nothing."""
    now = status.status(settings)
    # Before the first start there are no passwords to ask anybody with.
    services = make_services(settings) if settings.embedded_redis_url else None
    facts = Facts().get(services) if services else Facts().here(settings)
    return [
        host_checks.check_python(),
        _guarded("data folder", lambda: host_checks.check_folder(settings)),
        _guarded("disk", lambda: host_checks.check_disk(settings)),
        *([] if now.state != status.STOPPED else host_checks.check_ports(settings)),
        host_checks.check_processes(now),
        *(_of_services(settings, services) if services else []),
        _guarded("runtime", lambda: host_checks.check_runtime(facts)),
        _guarded("engine", lambda: host_checks.check_engine(facts)),
        *limit_checks.check_limits(facts),
        host_checks.check_listeners(settings, bool(facts["isolated"])),
    ]


def _of_services(settings: Settings, services: Services) -> list[Finding]:
    return [
        _guarded("redis", lambda: service_checks.check_redis(services)),
        _guarded("s3", lambda: service_checks.check_s3(services)),
        _guarded("database", lambda: service_checks.check_database(services)),
        _guarded(
            "api",
            lambda: service_checks.check_answers("api", f"{base_url(settings)}/api/v1/health"),
        ),
        _guarded(
            "flower",
            lambda: service_checks.check_answers(
                "flower", readiness.flower_url(settings), readiness.flower_answers(settings)
            ),
        ),
    ]


def _guarded(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except HuskError as error:
        return Finding(name, Verdict.FAILED, error.message, START)
    except redis.RedisError as error:
        return Finding(name, Verdict.FAILED, str(error), START)
    except OSError as error:
        return Finding(name, Verdict.FAILED, str(error), "see the permissions of the data folder")
