"""moto's server with its gaps filled: `python -m tests.infra.emulator PORT`, in .venv-infra.

Each module here adds what moto 5.2 has not and infra/terraform needs, at moto's own backends and in their own
terms. Nothing of it knows Holdfast.
"""

import sys

from moto import server
from moto.moto_server.werkzeug_app import MotoRequestHandler

from tests.infra.emulator import cache, rest

if __name__ == "__main__":
    cache.fill()
    rest.fill()
    # keep connections: one for each of thousands of requests costs more than the requests
    MotoRequestHandler.protocol_version = "HTTP/1.1"
    server.main(["--host", "127.0.0.1", "--port", sys.argv[1]])
