import asyncio
import socket
import threading
import time

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from graphs.persistence import hosts
from graphs.persistence.hosts import connect_to_first, places

ADDRESSES = {"a": ["10.0.0.1"], "b": ["10.0.0.2", "10.0.0.3"], "127.0.0.1": ["127.0.0.1"]}


@pytest.fixture
def names(monkeypatch):
    """Names of the test's own, in place of those of the machine."""

    def getaddrinfo(host, *_, **__):
        if host not in ADDRESSES:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in ADDRESSES[host]]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize(
    ("conninfo", "expected"),
    [
        ("host=a", [("a", "10.0.0.1", None)]),
        ("host=b port=6", [("b", "10.0.0.2", "6"), ("b", "10.0.0.3", "6")]),
        ("host=a,b port=6", [("a", "10.0.0.1", "6"), ("b", "10.0.0.2", "6"), ("b", "10.0.0.3", "6")]),
        ("host=b,a port=6,7", [("b", "10.0.0.2", "6"), ("b", "10.0.0.3", "6"), ("a", "10.0.0.1", "7")]),
        ("host=nowhere,a port=6,7", [("a", "10.0.0.1", "7")]),
        ("host=a,a port=6,", [("a", "10.0.0.1", "6"), ("a", "10.0.0.1", "")]),
        ("host=/run/a,a", [("/run/a", None, None), ("a", "10.0.0.1", None)]),
        # left to psycopg
        ("dbname=a", [(None, None, None)]),
        ("host=a,b hostaddr=10.0.0.4,10.0.0.5", [("a,b", "10.0.0.4,10.0.0.5", None)]),
        ("host=a,b,a port=6,7", [("a,b,a", None, "6,7")]),
    ],
)
async def test_each_address_of_each_host_is_a_place_of_its_own(conninfo, expected):
    found = [conninfo_to_dict(place) for place in await places(conninfo, lookup_timeout=5)]

    assert [(place.get("host"), place.get("hostaddr"), place.get("port")) for place in found] == expected


@pytest.mark.usefixtures("names")
async def test_what_else_the_string_says_stays():
    [place] = await places("postgresql://app:secret@a/sessions?sslmode=require", lookup_timeout=5)

    said = {"user": "app", "password": "secret", "dbname": "sessions", "sslmode": "require"}
    assert conninfo_to_dict(place).items() >= said.items()


@pytest.mark.usefixtures("names")
async def test_names_that_nobody_knows_are_told():
    with pytest.raises(psycopg.OperationalError, match=r"failed to resolve host 'nowhere': .*not known"):
        await places("host=nowhere", lookup_timeout=5)


async def test_a_lookup_that_hangs_is_given_up(monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait())
    try:
        with pytest.raises(psycopg.OperationalError, match="failed to resolve host 'a'"):
            await places("host=a", lookup_timeout=0.05)
    finally:
        over.set()


async def test_many_lookups_at_once_wait_for_each_other(monkeypatch):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 0))]

    def slow(*_, **__):
        time.sleep(0.05)
        return found

    monkeypatch.setattr(socket, "getaddrinfo", slow)

    assert len(await asyncio.gather(*(places("host=a", lookup_timeout=60) for _ in range(40)))) == 40


class _Connection:
    closed = False

    def __init__(self, place):
        self.place = place

    async def close(self):
        self.closed = True


async def test_the_next_place_is_tried_when_one_refuses():
    async def connect(place):
        if place == "a":
            raise psycopg.OperationalError("refused")
        return _Connection(place)

    async with asyncio.timeout(hosts._HEAD_START / 2):
        assert (await connect_to_first(connect, ["a", "b"])).place == "b"


async def test_the_next_place_is_tried_when_one_does_not_answer(monkeypatch):
    monkeypatch.setattr(hosts, "_HEAD_START", 0.05)
    cancelled = []

    async def connect(place):
        try:
            await asyncio.sleep(30 if place == "a" else 0)
        except asyncio.CancelledError:
            cancelled.append(place)
            raise
        return _Connection(place)

    async with asyncio.timeout(10):
        assert (await connect_to_first(connect, ["a", "b"])).place == "b"
    assert cancelled == ["a"]


async def test_the_connection_that_comes_second_is_closed(monkeypatch):
    monkeypatch.setattr(hosts, "_HEAD_START", 0.05)
    both = asyncio.Event()
    made = []

    async def connect(place):
        if place == "b":
            both.set()
        await both.wait()
        made.append(_Connection(place))
        return made[-1]

    first = await connect_to_first(connect, ["a", "b"])

    assert [conn.closed for conn in made if conn is not first] == [True]
    assert not first.closed


async def test_all_errors_are_told_when_no_place_accepts():
    async def connect(place):
        raise psycopg.OperationalError(f"{place} refuses\nand says more")

    with pytest.raises(psycopg.OperationalError, match=r"^a refuses; b refuses$"):
        await connect_to_first(connect, ["a", "b"])
