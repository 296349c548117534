"""moto's server with its gaps filled: `python -m tests.infra.emulator PORT`, in .venv-infra.

Each module here adds what moto 5.2 has not and infra/terraform needs, at moto's own backends and in their own
terms. Nothing of it knows Holdfast.
"""

import sys

from moto import server

from tests.infra.emulator import cache, rest

if __name__ == "__main__":
    cache.fill()
    rest.fill()
    server.main(["--host", "127.0.0.1", "--port", sys.argv[1]])
