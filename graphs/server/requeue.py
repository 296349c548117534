"""What a run meets when the database stayed away longer than the outage budget."""

from langgraph_runtime.retry import RetryableException

from graphs.persistence.outage import DatabaseUnavailable


class RunRequeued(DatabaseUnavailable, RetryableException):
    """The server queues the run again under its own id instead of ending it in an error."""
