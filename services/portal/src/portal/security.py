"""What a browser may do with our pages, and which requests we believe."""

import hmac
from urllib.parse import urlsplit

from fastapi import Request

PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self';"
        " font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}
"""Of every page: no inline script, no style attribute, nothing from elsewhere, nothing kept (C-36)."""

CSRF_FIELD = "csrf"
CSRF_HEADER = "X-CSRF-Token"


class ForgedRequest(Exception):
    """A command that did not come from one of our pages."""


def cookie_name(name: str, *, secure: bool) -> str:
    """Return the name of a cookie that no other host and no plain connection can set, wherever there is TLS."""
    return f"__Host-{name}" if secure else name


def same_origin(request: Request, public_url: str) -> None:
    """Raise ForgedRequest when the browser says that another site sent the request."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None and site not in {"same-origin", "none"}:
        raise ForgedRequest
    if origin is not None and _origin(origin) != _origin(public_url):
        raise ForgedRequest


def genuine(given: str | None, csrf: str) -> None:
    """Raise ForgedRequest when the token is not the session's; compared in constant time."""
    if not given or not hmac.compare_digest(given.encode(), csrf.encode()):
        raise ForgedRequest


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
