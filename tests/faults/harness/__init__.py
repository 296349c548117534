"""The fault harness: a graph that counts its executions, users that remember what they were shown, faults.

| module | holds |
|---|---|
| `steps_agent` | the graph: as many steps as asked, each of them one line in a ledger |
| `ledger` | that ledger: which step was executed when, by which run |
| `served` | the real server with this graph beside the five agents |
| `users` | load through the SDK, and the model of what each client was shown |
| `invariants` | what must hold after a fault |
| `connections` | how many connections the server held meanwhile |
| `recovery` | how long waiting operations took once PostgreSQL accepted connections again |
| `scenario` | the usual test: users at work, a fault, recovery, invariants |
| `faults`, `wire`, `shortages` | the faults, by name: what `make chaos` chooses from |
| `chaos` | `make chaos` |

A test of one fault is a line, `await outlive(fault, scene, served)`, with the fixtures `scene` and `served`
of tests/faults/conftest.py. `scenario.outlive` shows how the parts work together, for tests that use them
otherwise.
"""
