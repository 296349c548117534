"""`langgraph dev` as Holdfast runs it: it stops within a grace period, and its reloader watches only code.

That reloader ends when the first server can't start (`reloader.py`).

By itself it waits for ever for clients that wait for a run, until whoever stopped it loses patience and
kills it; then what it has not written yet of its threads and runs is gone. And its reloader watches the whole
folder that it runs in. There PostgreSQL keeps its data, and each write would wake it and be logged.
"""

import functools
from importlib import import_module
from pathlib import Path
from typing import Any

import langgraph_api.cli
from langgraph_cli.cli import cli

from graphs.server.process import GRACE_SECONDS
from graphs.server.reloader import Reloader

CODE = Path(__file__).resolve().parents[1]


def main() -> None:
    """Run the command line of `langgraph`; it calls `run_server`, which hands what it is told to uvicorn."""
    langgraph_api.cli.run_server = _with_our_settings(langgraph_api.cli.run_server)
    # `uvicorn.main` as an attribute is a function of that name, not the module
    vars(import_module("uvicorn.main"))["ChangeReload"] = Reloader
    cli()


def _with_our_settings(run_server: Any) -> Any:
    @functools.wraps(run_server)
    def run(host: str, port: int, reload: bool, graphs: dict[str, Any], **options: Any) -> None:
        if reload:
            options["reload_dirs"] = [str(CODE)]
        run_server(host, port, reload, graphs, timeout_graceful_shutdown=GRACE_SECONDS, **options)

    return run


if __name__ == "__main__":
    main()
