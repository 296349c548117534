"""What Prometheus is told of the persistence, summed over all event loops of this process.

LangGraph's server writes prometheus_client's own registry at /metrics, so these stand beside its metrics.
Nothing here asks the database, and a scrape reads counters only.
"""

import threading
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from functools import cache
from typing import Protocol

from prometheus_client import REGISTRY, Counter, Histogram
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from graphs.persistence.outage import Fault, outages

# From a primary key in memory to an outage that a whole budget waits for.
_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300)

_OPERATION_SECONDS = Histogram(
    "holdfast_operation_seconds",
    "Time of an operation of the checkpointer or the store, its waiting and its retries included.",
    ["operation"],
    buckets=_SECONDS,
)
_RETRIES = Counter(
    "holdfast_operation_retries",
    "Attempts that failed and were made again, by kind of fault.",
    ["kind"],
)
GIVEN_UP = Counter(
    "holdfast_operations_given_up",
    "Operations that ended without an answer: their outage budget or deadline was spent.",
)
ABANDONED = Counter(
    "holdfast_attempts_abandoned",
    "Attempts given up together with their connection, because the server did not answer in time.",
)
SWEEPS = Counter(
    "holdfast_pool_sweeps",
    "Times that all connections of a pool were renewed after one was found broken.",
)
BACKPRESSURE_SECONDS = Counter(
    "holdfast_backpressure_seconds",
    "Time that operations waited in front of a pool whose connections were all at work.",
)
RUNS_REQUEUED = Counter(
    "holdfast_runs_requeued",
    "Runs handed back to the queue under their own id, because an outage outlasted the budget.",
)


@cache
def operation_seconds(operation: str) -> Histogram:
    """Return the histogram of one kind of operation."""
    return _OPERATION_SECONDS.labels(operation)


@cache
def retries(kind: Fault) -> Counter:
    """Return the counter of one kind of retry."""
    return _RETRIES.labels(kind.name.lower())


@dataclass(frozen=True)
class PoolStats:
    """How one event loop's pool and the queue in front of it are now, and its totals since it was made."""

    max_size: int = 0
    size: int = 0
    """Connections that are open or being made."""
    idle: int = 0
    in_use: int = 0
    waiting: int = 0
    """Operations that wait for a connection to come free."""
    in_progress: int = 0
    """Operations that have begun and not ended, waiting ones included."""
    lost: int = 0
    """Connections found broken."""
    connect_failures: int = 0

    def __add__(self, other: "PoolStats") -> "PoolStats":
        return PoolStats(*map(sum, zip(astuple(self), astuple(other), strict=True)))

    def totals(self) -> "PoolStats":
        """Return what stays counted once the pool is closed."""
        return PoolStats(lost=self.lost, connect_failures=self.connect_failures)


class _Watched(Protocol):
    def stats(self) -> PoolStats: ...


class _Pools:
    """The collector of what is read at a scrape instead of counted as it happens."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: set[_Watched] = set()
        self._closed = PoolStats()

    def add(self, database: _Watched) -> None:
        with self._lock:
            self._open.add(database)

    def remove(self, database: _Watched) -> None:
        with self._lock:
            if database in self._open:
                self._open.remove(database)
                self._closed += database.stats().totals()

    def collect(self) -> Iterator[Metric]:
        with self._lock:
            now = sum((database.stats() for database in self._open), self._closed)
        connections = GaugeMetricFamily(
            "holdfast_pool_connections", "Connections of the pools, by state.", labels=["state"]
        )
        connections.add_metric(["in_use"], now.in_use)
        connections.add_metric(["idle"], now.idle)
        connections.add_metric(["connecting"], max(0, now.size - now.idle - now.in_use))
        yield connections
        yield GaugeMetricFamily(
            "holdfast_pool_connections_max", "Connections that the pools may hold.", now.max_size
        )
        yield GaugeMetricFamily(
            "holdfast_operations_in_progress", "Operations at work or waiting.", now.in_progress
        )
        yield GaugeMetricFamily(
            "holdfast_operations_waiting", "Operations that wait for a connection to come free.", now.waiting
        )
        yield CounterMetricFamily("holdfast_connections_lost", "Connections found broken.", now.lost)
        yield CounterMetricFamily(
            "holdfast_connect_failures", "Attempts to connect that failed.", now.connect_failures
        )
        yield GaugeMetricFamily("holdfast_outage", "1 while PostgreSQL is out of reach.", outages.going_on)
        yield CounterMetricFamily(
            "holdfast_outages", "Outages of PostgreSQL that operations met.", outages.count
        )
        yield CounterMetricFamily(
            "holdfast_outage_seconds", "Time of all outages, with the one going on.", outages.seconds
        )


pools = _Pools()
REGISTRY.register(pools)
for _kind in Fault:
    retries(_kind)
