"""Prometheus figures: counted in this process, or read from the ledger when they are asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client import Counter as PrometheusCounter
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from broker_config.wire.states import KernelState
from tasks.ledger import figures, policies
from tasks.ledger.session import Ledger
from web.live.slots import Slots

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """One registry per process, not the library's own, so that tests make as many as they need."""

    def __init__(self, ledger: Ledger, slots: Slots) -> None:
        self._registry = CollectorRegistry()
        labels = ("method", "endpoint", "status")
        self._requests = PrometheusCounter(
            "husk_http_requests", "Requests answered", labels, registry=self._registry
        )
        self._seconds = Histogram(
            "husk_http_request_seconds",
            "Seconds until a request's answer began",
            ("endpoint",),
            buckets=BUCKETS,
            registry=self._registry,
        )
        self._registry.register(_Now(ledger, slots))

    def request(self, method: str, endpoint: str, status: int, seconds: float) -> None:
        """Count one request."""
        self._requests.labels(method, endpoint, str(status)).inc()
        self._seconds.labels(endpoint).observe(seconds)

    def text(self) -> bytes:
        """All figures in Prometheus' text format. Raises ``Unavailable`` without the ledger."""
        return generate_latest(self._registry)


class _Now(Collector):
    """What the ledger and this process know at this moment."""

    def __init__(self, ledger: Ledger, slots: Slots) -> None:
        self._ledger = ledger
        self._slots = slots

    def collect(self) -> Iterator[Metric]:
        """Called by the registry."""
        with self._ledger.read() as session:
            by_state, opened = figures.by_state(session), figures.opened(session)
            restarts, idle_stops = policies.totals(session)
        yield _gauge("husk_kernels", "Kernels that are not stopped, by state", "state", _all_states(by_state))
        counts = {"queued": float(opened.waiting), "running": float(opened.running)}
        yield _gauge("husk_executions_open", "Executions on such kernels, by status", "status", counts)
        yield CounterMetricFamily("husk_kernel_restarts", "Kernels restarted by themselves", value=restarts)
        yield CounterMetricFamily("husk_kernel_idle_stops", "Kernels stopped without work", value=idle_stops)
        streams = GaugeMetricFamily("husk_event_streams", "Open event streams of this process")
        streams.add_metric([], float(self._slots.open))
        yield streams

    def describe(self) -> Iterator[Metric]:
        """Called at registration: nothing is read then."""
        return iter(())


def _all_states(by_state: Counter[str]) -> dict[str, float]:
    return {
        state.value: float(by_state[state.value])
        for state in KernelState
        if state not in {KernelState.STOPPED, KernelState.EXECUTING}
    }


def _gauge(name: str, text: str, label: str, values: dict[str, float]) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        gauge.add_metric([key], value)
    return gauge
