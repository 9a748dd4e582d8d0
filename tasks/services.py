"""The control plane's clients, made once per process from the settings, each with bounds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import redis
from celery import Celery
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from broker_config.celery_app import make_celery
from broker_config.settings import Settings
from tasks.ledger.session import Ledger
from tasks.marking import Marks
from tasks.objects.store import ObjectStore
from tasks.waking import wake_lists

SOCKET_TIMEOUT_S = 10.0
CONNECT_TIMEOUT_S = 3.0


@dataclass(frozen=True, slots=True)
class Services:
    """What control-plane code needs. Making it connects to nothing."""

    settings: Settings
    ledger: Ledger
    redis: redis.Redis
    celery: Celery
    store: ObjectStore
    marks: Marks


def make_redis(url: str) -> redis.Redis:
    """A Redis client with timeouts and one quick retry; answers are text."""
    return redis.Redis.from_url(
        url,
        socket_timeout=SOCKET_TIMEOUT_S,
        socket_connect_timeout=CONNECT_TIMEOUT_S,
        socket_keepalive=True,
        health_check_interval=25,
        retry=Retry(ExponentialBackoff(cap=0.2, base=0.02), 1),
        decode_responses=True,
    )


def make_services(settings: Settings) -> Services:
    """All clients of one process."""
    url = settings.embedded_redis_url
    ledger, client = Ledger(settings.sqlalchemy_url), make_redis(url)
    ledger.tell = partial(wake_lists, client)
    return Services(
        settings=settings,
        ledger=ledger,
        redis=client,
        celery=make_celery(url),
        store=ObjectStore(settings),
        marks=Marks(ledger),
    )
