"""The benchmarks run, and say what they should: in small, since speed is not a matter for a test."""

import re
from collections.abc import Generator
from pathlib import Path

import pytest

from benchmarks import ablation, availability, saver, server, start, tables
from benchmarks.contenders import FLOOR, OURS, PER_AGENT, STOCK
from benchmarks.database import durable_postgres
from benchmarks.report import Options, Report, publish
from benchmarks.rounds import Timing
from tests.support.postgres import PostgresInstance

_SHORT = Timing(rounds=1, seconds=0.02)


@pytest.fixture(scope="module")
def postgres() -> Generator[PostgresInstance]:
    with durable_postgres() as instance:
        yield instance


async def test_the_saver_is_compared_with_the_floor(postgres: PostgresInstance, tmp_path: Path) -> None:
    plan = saver.Plan(
        _SHORT,
        sessions=(1, 3),
        latencies=(0, 1),
        size=2,
        other_sizes=(),
        sessions_of_sizes=2,
        sessions_of_reads=(2,),
        histories=(3, 30),
    )

    page = published(await saver.measure(postgres, plan), tmp_path)

    steps = table(page, "Steps")
    assert [row[:3] for row in steps[1:]] == [
        ["0 ms", "2 kB", "1"],
        ["0 ms", "2 kB", "3"],
        ["1 ms", "2 kB", "1"],
        ["1 ms", "2 kB", "3"],
    ]
    assert steps[0][5:] == [f"{name} ÷ floor" for name in (OURS, PER_AGENT, STOCK)]
    assert all(a_spread(cell) for row in steps[1:] for cell in row[5:])
    assert [row[0] for row in table(page, "Reads of threads of different length")[1:]] == ["3", "30"]
    assert pictures(page, tmp_path) == ["saver-steps.png", "saver-reads.png"]


async def test_each_optimisation_has_a_row(postgres: PostgresInstance, tmp_path: Path) -> None:
    plan = ablation.Plan(_SHORT, sessions=(2,), latencies=(0,), size=2)

    page = published(await ablation.measure(postgres, plan), tmp_path)

    writes = table(page, "Writes per second ÷ floor")
    assert [row[0] for row in writes[1:]] == list(ablation.LADDER)
    assert all(a_spread(row[1]) for row in writes[1:])
    cpu = table(page, "CPU of the client's process for one read, ms")
    assert [row[0] for row in cpu[1:]] == [*ablation.READ_LADDER, FLOOR]


async def test_surviving_has_its_price_tag(postgres: PostgresInstance, tmp_path: Path) -> None:
    plan = availability.Plan(_SHORT, sessions=2, latencies=(0, 1), size=2)

    page = published(await availability.measure(postgres, plan), tmp_path)

    [header, *rows] = table(page, f"Writes per second ÷ “{availability.BASE}”")
    assert header[-1] == OURS
    assert [row[0] for row in rows] == ["0 ms", "1 ms"]
    assert all(a_spread(cell) for row in rows for cell in row[1:])


async def test_servers_are_compared(postgres: PostgresInstance, tmp_path: Path) -> None:
    plan = server.Plan(
        servers=((server.MEMORY, 0), (OURS, 0), (STOCK, 1)),
        loads=(server.Load(users=2, runs=1, rounds=1),),
        steps=3,
        latency=1,
        looks=4,
        histories=(5, 50),
        restores=12,
        users_of_histories=(1, 2),
    )

    with server.servers(postgres, plan) as places:
        page = published(await server.measure(postgres, places, plan), tmp_path)

    [_, *rows] = table(page, "Runs per second")
    assert [row[2] for row in rows] == [server.MEMORY, f"{OURS}, 0 ms", f"{STOCK}, 1 ms"]
    assert rows[0][4] == "–"
    assert all(a_spread(row[4]) for row in rows[1:])
    assert [row[0] for row in table(page, "restore_session by length of the thread")[1:]] == ["1", "2"]


def test_profiles_are_compared_with_those_of_duckdb(tmp_path: Path) -> None:
    page = published(tables.measure(tables.Plan(rows=2000, rounds=2, csv_bytes=100_000)), tmp_path)

    [_, profile, summary] = table(page, "Time of a Parquet file of 2,000 rows")
    assert profile[0] == "profile"
    assert all(a_spread(cell) for cell in profile[1:])
    assert summary[0] == "SUMMARIZE"
    [_, memory] = table(page, "Memory of a process that profiles a CSV")
    assert memory[1] == "1,098"
    assert 50 < int(memory[2]) < 1000


def test_starts_are_compared(postgres: PostgresInstance, tmp_path: Path) -> None:
    page = published(start.measure(postgres, rounds=1, uncounted=0), tmp_path)

    [_, bare, whole, ratio] = table(page, "From the start of the process until it is ready")
    assert [bare[0], whole[0]] == [start.BARE, start.HOLDFAST]
    assert all(a_spread(cell) for cell in (*bare[1:], *whole[1:], *ratio[1:]))
    assert pictures(page, tmp_path) == ["start.png"]


async def test_words_around_what_is_generated_are_kept(tmp_path: Path) -> None:
    publish(Report("page", "A page", (), (), "a machine"), Options(quick=True, out=tmp_path))
    page = tmp_path / "page.md"
    page.write_text(page.read_text().replace("# A page", "# A better title") + "\nRead on.\n")

    publish(Report("page", "A page", (), (), "another machine"), Options(quick=True, out=tmp_path))

    text = page.read_text()
    assert text.startswith("# A better title")
    assert "another machine" in text
    assert "a machine" not in text
    assert text.endswith("\nRead on.\n")


def published(report: Report, folder: Path) -> str:
    """Return the report's page."""
    publish(report, Options(quick=True, out=folder))
    return (folder / f"{report.name}.md").read_text()


def table(page: str, title: str) -> list[list[str]]:
    """Return the rows of the table under this heading, its columns first."""
    _, found, rest = page.partition(f"## {title}\n\n")
    assert found, f"no table {title!r} in:\n{page}"
    lines = [line for line in rest.partition("\n\n")[0].splitlines() if not line.startswith("| :--")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def a_spread(cell: str) -> bool:
    """Tell whether a cell is a median between its lowest and its highest."""
    figures = re.fullmatch(r"([\d.,]+) \(([\d.,]+)–([\d.,]+)\)", cell)
    if not figures:
        return False
    median, low, high = (float(each.replace(",", "")) for each in figures.groups())
    return 0 <= low <= median <= high


def pictures(page: str, folder: Path) -> list[str]:
    """Return the files of the page's pictures that are there and are PNG."""
    names = re.findall(r"!\[[^]]+\]\(([^)]+)\)", page)
    return [name for name in names if (folder / name).read_bytes().startswith(b"\x89PNG")]
