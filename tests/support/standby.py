"""PostgreSQL servers that replicate one another, so that a test can fail over from one to the other."""

import shutil
from typing import Self

from graphs.persistence.cluster import SUPERUSER, Cluster, give_to_account
from tests.support.postgres import PostgresInstance
from tests.support.waiting import wait_until

_SECONDS = 60.0


class ReplicatedInstance(PostgresInstance):
    """A server that can be a standby of another one, and take its place.

    Replication is synchronous: what a client was told is committed is on both. With asynchronous
    replication PostgreSQL itself may lose it in a failover, and no client could tell.
    """

    def __init__(self, host: str = "127.0.0.1", port: int | None = None, **settings: str) -> None:
        super().__init__(host, port, **settings)
        self.cluster = _CopyingCluster(self.cluster.data, self.cluster.options)

    def follow(self, primary: PostgresInstance) -> Self:
        """Become the synchronous standby of the primary, with a copy of its data; returns once it is."""
        self.thaw()
        self.stop("immediate")
        self.cluster.copy(primary)
        self.start()
        primary.configure(synchronous_standby_names="*")
        wait_until(lambda: is_followed(primary), "synchronous replication", _SECONDS)
        return self

    def promote(self) -> None:
        """End the recovery, and accept writes from now on."""
        [(promoted,)] = self.execute(f"SELECT pg_promote(true, {_SECONDS:.0f})")
        assert promoted, "the standby was not promoted"


def is_followed(primary: PostgresInstance) -> bool:
    """Return whether the primary has a synchronous standby."""
    return primary.execute("SELECT sync_state FROM pg_stat_replication") == [("sync",)]


class _CopyingCluster(Cluster):
    def copy(self, primary: PostgresInstance) -> None:
        """Replace the data folder by a copy of the primary's that follows it."""
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(mode=0o700)
        give_to_account(self.data)
        self._run(
            "pg_basebackup",
            *("--pgdata", str(self.data), "--checkpoint=fast", "--write-recovery-conf", "--no-sync"),
            *("--host", primary.host, "--port", str(primary.port), "--username", SUPERUSER),
        )


class ReplicatedPair:
    """Two servers, one of them the primary and the other its standby, that change places in a failover."""

    def __init__(self, first: ReplicatedInstance, second: ReplicatedInstance) -> None:
        self.primary = first
        self.standby = second.follow(first)
        hosts = ",".join(f"{server.host}:{server.port}" for server in (first, second))
        self.uri = f"postgresql://{SUPERUSER}@{hosts}/postgres"
        """Lists both of them, whichever is the primary."""

    def fail_over(self) -> None:
        """Let the standby take over. The old primary is left as it is."""
        self.standby.promote()
        self.primary, self.standby = self.standby, self.primary

    def restore(self) -> None:
        """Make the one that isn't the primary its standby again, whatever a test did to the two of them."""
        self.primary.thaw()
        self.primary.start()
        self.primary.configure(default_transaction_read_only="")
        if not is_followed(self.primary):
            self.standby.follow(self.primary)
