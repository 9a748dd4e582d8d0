"""Checks of the stack's services: each is asked for what it is there for."""

from __future__ import annotations

from tasks.services import Services
from web.stack import readiness, redis_server
from web.stack.finding import START, Finding, Verdict


def check_redis(services: Services) -> Finding:
    """Version, eviction policy and durability of Redis."""
    client = services.redis
    told: dict[str, str] = client.info("server")
    version = str(told.get("redis_version", "0"))
    policy = client.config_get("maxmemory-policy")["maxmemory-policy"]
    durable = client.config_get("appendonly")["appendonly"]
    found = f"version {version}, {policy}, append-only file {durable}"
    if int(version.partition(".")[0]) < redis_server.OLDEST:
        return Finding("redis", Verdict.FAILED, found, "use Redis or Valkey of version 7 or newer")
    if policy != "noeviction":
        return Finding(
            "redis",
            Verdict.FAILED,
            found,
            "CONFIG SET maxmemory-policy noeviction: queues must not be evicted",
        )
    if durable != "yes":
        return Finding(
            "redis", Verdict.WARNING, found, "CONFIG SET appendonly yes: queued cells outlive a restart"
        )
    return Finding("redis", Verdict.GOOD, found)


def check_s3(services: Services) -> Finding:
    """The object store takes an object and gives it back."""
    services.store.probe()
    return Finding("s3", Verdict.GOOD, f"put and get at {services.settings.store_endpoint}")


def check_database(services: Services) -> Finding:
    """The ledger's database answers."""
    if not services.settings.database_url and not (services.settings.data_dir / "husk.db").exists():
        return Finding("database", Verdict.FAILED, "there is none yet", START)
    services.ledger.ping()
    kind = services.settings.sqlalchemy_url.split(":", 1)[0]
    return Finding("database", Verdict.GOOD, f"{kind} answers")


def check_answers(name: str, url: str, probe: readiness.Probe | None = None) -> Finding:
    """An HTTP address answers 200, or what ``probe`` asks for."""
    trouble = (probe or readiness.answers(url))()
    if trouble:
        return Finding(name, Verdict.FAILED, f"{url}: {trouble}", START)
    return Finding(name, Verdict.GOOD, url)
