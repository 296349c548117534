"""`holdfast smoke` against the real server behind a load balancer with TLS, and against what is broken."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from langgraph_sdk.client import LangGraphClient

from graphs.server.process import PROJECT_ROOT, DevServer, free_port, isolated_project
from tests.support.load_balancer import LoadBalancer
from tests.support.postgres import PostgresInstance
from tests.support.waiting import START_SECONDS

STEPS = ("health", "ready", "agents", "run", "restore", "files", "clean up")


@pytest.fixture
async def balancer(server: DevServer) -> AsyncGenerator[LoadBalancer]:
    async with LoadBalancer(server.port) as balancer:
        yield balancer


async def smoke(url: str, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "graphs.client.cli", "smoke", "--url", url, *options],
        cwd=PROJECT_ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def result_of(line: str) -> tuple[str, str]:
    """Return ok or FAIL, and the step's name."""
    result, rest = line.split(maxsplit=1)
    return result, next(step for step in STEPS if rest.startswith(step))


async def test_every_step_passes_behind_a_load_balancer(
    balancer: LoadBalancer, client: LangGraphClient
) -> None:
    before = await client.threads.count()
    done = await smoke(balancer.url, SSL_CERT_FILE=str(balancer.ca_file))

    assert done.returncode == 0, done.stdout + done.stderr
    assert [result_of(line) for line in done.stdout.splitlines()] == [("ok", step) for step in STEPS]
    assert balancer.timeouts == 0
    assert await client.threads.count() == before, "it leaves no session"


async def test_a_certificate_that_is_not_trusted_is_told(balancer: LoadBalancer) -> None:
    done = await smoke(balancer.url)

    assert done.returncode == 1
    assert "FAIL  health" in done.stderr
    assert "CERTIFICATE_VERIFY_FAILED" in done.stderr
    assert "set SSL_CERT_FILE" in done.stderr


async def test_a_load_balancer_without_a_task_is_told() -> None:
    async with LoadBalancer(free_port()) as balancer:
        done = await smoke(balancer.url, SSL_CERT_FILE=str(balancer.ca_file))

    assert done.returncode == 1
    assert "FAIL  health" in done.stderr
    assert "502 for /ok: Bad Gateway" in done.stderr
    assert "events of the ECS service" in done.stderr


async def test_a_database_that_is_away_is_told(server: DevServer, postgres: PostgresInstance) -> None:
    await asyncio.to_thread(postgres.stop)
    try:
        done = await smoke(server.url)
    finally:
        await asyncio.to_thread(postgres.start)
        await asyncio.to_thread(server.wait_ready, START_SECONDS)

    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith("ok    health")
    assert "FAIL  ready" in done.stderr
    assert "503 for /ready" in done.stderr
    assert "CHECKPOINT_POSTGRES_URI" in done.stderr


async def test_an_address_without_a_server_is_told() -> None:
    done = await smoke(f"http://127.0.0.1:{free_port()}")

    assert done.returncode == 1
    assert "FAIL  health" in done.stderr
    assert "security group" in done.stderr


async def test_runs_that_nobody_takes_are_told(postgres: PostgresInstance, tmp_path: Path) -> None:
    """An API that runs nothing itself, as in production, and no worker."""
    server = DevServer(
        isolated_project(tmp_path),
        environment={
            "CHECKPOINT_POSTGRES_URI": postgres.uri,
            "ARTIFACTS_URL": str(tmp_path / "files"),
            "MODEL": "",
        },
        log=tmp_path / "server.log",
        jobs=0,
    )
    server.start()
    try:
        await asyncio.to_thread(server.wait_ready, START_SECONDS)
        done = await smoke(server.url, "--deadline", "10")
    finally:
        await asyncio.to_thread(server.stop)

    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith("ok    agents")
    assert "FAIL  run" in done.stderr
    assert re.search(r"not done within 10 s; the run of session \S+ is pending", done.stderr)
    assert "has no worker" in done.stderr


def test_make_smoke_passes_the_address_on() -> None:
    # --old-file: what is installed is not looked at
    options = ("--dry-run", "--no-print-directory", "--old-file=.venv/.installed")
    printed = subprocess.run(
        ["make", *options, "smoke", "URL=https://agents.example.com"],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert printed.stdout.strip() == ".venv/bin/holdfast smoke --url https://agents.example.com"
