"""The page on which a person tries the model: static files, read once, that ask the API's own routes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

FOLDER = Path(__file__).parent / "docs_page"
FILES = {"page.css": "text/css", "page.js": "text/javascript", "icon.svg": "image/svg+xml"}
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
"""Nothing comes from elsewhere or stands in the page itself; an upgrade shows at once."""

Endpoint = Callable[[Request], Awaitable[Response]]


def docs_routes(prefix: str) -> list[Route]:
    """Return the routes of the page and of its files, below ``prefix``.

    Addresses in the page are relative, so that it works behind a proxy that adds or strips a prefix of its own; they
    start from ``<base>``, which is a folder higher where the address of the page ends with a slash.
    """
    page = (FOLDER / "index.html").read_bytes()
    below = page.replace(b'<base href="./">', b'<base href="../">')
    pages = {f"{prefix}/docs": page, f"{prefix}/docs/": below}
    return [
        *(Route(path, _sends(content, "text/html")) for path, content in pages.items()),
        *(Route(f"{prefix}/docs/{name}", _sends((FOLDER / name).read_bytes(), kind)) for name, kind in FILES.items()),
    ]


def _sends(content: bytes, media_type: str) -> Endpoint:
    async def send(request: Request) -> Response:
        return Response(content, media_type=media_type, headers=HEADERS)

    return send
