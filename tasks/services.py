"""The control plane's clients, made once per process from the settings, each with bounds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import redis
from celery import Celery

from broker_config.celery_app import make_celery
from broker_config.settings import Settings
from tasks.broker import make_redis
from tasks.ledger.session import Ledger
from tasks.marking import Marks
from tasks.objects.store import ObjectStore
from tasks.waking import wake_lists


@dataclass(frozen=True, slots=True)
class Services:
    """What control-plane code needs. Making it connects to nothing."""

    settings: Settings
    ledger: Ledger
    redis: redis.Redis
    celery: Celery
    store: ObjectStore
    marks: Marks


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
