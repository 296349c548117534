"""How many connections a deployment may open, against how many PostgreSQL accepts: plain arithmetic."""

from dataclasses import dataclass, fields, replace

_AT_LEAST_ONE = frozenset({"replicas", "budget", "max_connections"})


@dataclass(frozen=True)
class Deployment:
    """Server processes and the PostgreSQL that they share; what is not said to be something else is a number
    of connections. ValueError if a number is too small to make sense."""

    replicas: int = 1
    """Server processes that run side by side; in a rolling update, the old ones and the new ones."""
    jobs: int = 10
    """N_JOBS_PER_WORKER: runs side by side in one process."""
    isolated_loops: bool = False
    """BG_JOB_ISOLATED_LOOPS: an event loop, and so a pool, for each of them."""
    budget: int = 20
    """CHECKPOINT_CONNECTION_BUDGET of one process."""
    max_connections: int = 100
    """Of PostgreSQL."""
    reserved: int = 3
    """superuser_reserved_connections and reserved_connections of PostgreSQL."""
    others: int = 0
    """What all other clients of that PostgreSQL hold."""
    server_pool: int = 0
    """LANGGRAPH_POSTGRES_POOL_MAX_SIZE, if the server's own DATABASE_URI is on that PostgreSQL too."""
    users: int = 0
    """People with a run at work at the same time; 0: not asked."""

    def __post_init__(self) -> None:
        for name in (field.name for field in fields(self)):
            least = 1 if name in _AT_LEAST_ONE else 0
            if (number := getattr(self, name)) < least:
                raise ValueError(f"{name} is {number}: give {least} or more.")

    @property
    def loops(self) -> int:
        """Event loops of one process, each with a pool of its own."""
        return 1 + self.jobs if self.isolated_loops else 1

    @property
    def pool_size(self) -> int:
        """Connections of one pool at most; 0 if the budget is below one for each loop."""
        return self.budget // self.loops

    @property
    def per_process(self) -> int:
        """Connections of one process at most; with a budget that is too small, what it would need."""
        return self.loops * max(1, self.pool_size) + self.server_pool

    @property
    def total(self) -> int:
        """Connections of all processes at most."""
        return self.replicas * self.per_process

    @property
    def available(self) -> int:
        """What PostgreSQL leaves for them; below 1 if the others take all that there is."""
        return self.max_connections - self.reserved - self.others

    @property
    def max_connections_needed(self) -> int:
        """What PostgreSQL's max_connections would have to be for all of them."""
        return self.total + self.reserved + self.others

    @property
    def runs(self) -> int:
        """Runs side by side in all processes."""
        return self.replicas * self.jobs

    @property
    def room(self) -> int:
        """How many more processes PostgreSQL has connections for."""
        return max(0, self.available - self.total) // self.per_process

    @property
    def impossible(self) -> tuple[str, ...]:
        """What can't be as it is said, each with what to change; the other figures mean nothing then."""
        found = (self._budget_problem(), self._nothing_left_problem())
        return tuple(problem for problem in found if problem)

    @property
    def problems(self) -> tuple[str, ...]:
        """What does not fit, each with what to change; empty if all does."""
        found = (self._connections_problem(), self._users_problem())
        return self.impossible or tuple(problem for problem in found if problem)

    def _budget_problem(self) -> str:
        if self.pool_size:
            return ""
        return (
            f"--budget {self.budget} is below one connection for each of the {self.loops} event loops that "
            "--isolated-loops makes, so the server does not start: set "
            f"CHECKPOINT_CONNECTION_BUDGET={self.loops} or more, or unset BG_JOB_ISOLATED_LOOPS."
        )

    def _nothing_left_problem(self) -> str:
        if self.available > 0:
            return ""
        taken = self.reserved + self.others
        return (
            f"--max-connections {self.max_connections} leaves nothing for this deployment: --reserved "
            f"{self.reserved} and --others {self.others} take {taken}. Set "
            f"max_connections={self.max_connections_needed} in PostgreSQL, or correct these options."
        )

    def _connections_problem(self) -> str:
        if self.total <= self.available:
            return ""
        changes = [f"set max_connections={self.max_connections_needed} in PostgreSQL"]
        share = self.available // self.replicas - self.server_pool
        if share >= self.loops:
            changes.insert(0, f"set CHECKPOINT_CONNECTION_BUDGET={share}")
        elif share >= 1:
            changes.insert(0, f"set CHECKPOINT_CONNECTION_BUDGET={share} and unset BG_JOB_ISOLATED_LOOPS")
        own = self.available // self.replicas - (self.per_process - self.server_pool)
        if self.server_pool > own > 0:
            changes.append(f"set LANGGRAPH_POSTGRES_POOL_MAX_SIZE={own}")
        if fitting := self.available // self.per_process:
            changes.append(f"run no more than {fitting} replica{'s' if fitting > 1 else ''}")
        return (
            f"{self.total} connections are more than the {self.available} that PostgreSQL has for them: "
            f"{', or '.join(changes)}."
        )

    def _users_problem(self) -> str:
        if self.users <= self.runs:
            return ""
        ways = self._ways_to_more_runs()
        changes = [way for way, larger in ways.items() if larger.total <= larger.available]
        if not changes:
            changes = [
                f"{way} with max_connections={larger.max_connections_needed} in PostgreSQL"
                for way, larger in ways.items()
            ]
        return (
            f"{self.users} users are more than the {self.runs} runs that work side by side, and "
            f"{self.users - self.runs} would wait in the queue: {', or '.join(changes)}."
        )

    def _ways_to_more_runs(self) -> dict[str, "Deployment"]:
        """Return what would let all users' runs work, each with the deployment that it makes."""
        jobs = -(-self.users // self.replicas)
        way, larger = f"set N_JOBS_PER_WORKER={jobs}", replace(self, jobs=jobs)
        if not larger.pool_size:  # one budget can't have a pool for each of so many loops
            way, larger = f"{way} and unset BG_JOB_ISOLATED_LOOPS", replace(larger, isolated_loops=False)
        ways = {way: larger}
        if self.jobs:
            replicas = -(-self.users // self.jobs)
            ways[f"run {replicas} replicas"] = replace(self, replicas=replicas)
        return ways
