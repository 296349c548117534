"""`langgraph dev` whose reloader watches the code, and nothing else in the checkout.

By itself it watches the whole folder that it runs in. There PostgreSQL keeps its data, and each write would
wake the reloader and be logged.
"""

import functools
from pathlib import Path

import langgraph_api.cli
from langgraph_cli.cli import cli

CODE = Path(__file__).resolve().parents[1]


def main() -> None:
    """Run the command line of `langgraph`; it calls `run_server`, which hands `reload_dirs` to uvicorn."""
    run_server = functools.partial(langgraph_api.cli.run_server, reload_dirs=[str(CODE)])
    langgraph_api.cli.run_server = run_server
    cli()


if __name__ == "__main__":
    main()
