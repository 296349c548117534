"""Sessions in PostgreSQL: the checkpointer and the store, and what keeps them alive through an outage.

Import from the modules: `settings`, `start` (what the server opens), `sessions`, `outage`, `embedded`.
This file imports nothing, so that the embedded server's keeper process stays small.
"""
