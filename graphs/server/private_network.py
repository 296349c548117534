"""Lets Studio, a public page, ask a development server on this machine for permission to call it.

`langgraph dev` answers such a preflight request with the header that browsers want, but since Starlette 1.0
its CORS middleware refuses the request first, unless told otherwise, which langgraph-api 0.16 does not do.
"""

import os

from starlette.types import ASGIApp, Receive, Scope, Send

_ASKS_FOR_PRIVATE_NETWORK = b"access-control-request-private-network"


class PrivateNetworkMiddleware:
    """ASGI middleware that hides the question from Starlette where `langgraph dev` is going to say yes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.allowed = os.environ.get("ALLOW_PRIVATE_NETWORK", "").lower() == "true"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if self.allowed and scope["type"] == "http" and scope["method"] == "OPTIONS":
            headers = [header for header in scope["headers"] if header[0] != _ASKS_FOR_PRIVATE_NETWORK]
            scope = {**scope, "headers": headers}
        await self.app(scope, receive, send)
