"""Security headers of every response, and the check of the Host header."""

from __future__ import annotations

import ipaddress

_CONTENT_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "media-src": "blob:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}

HEADERS = {
    "Content-Security-Policy": "; ".join(f"{directive} {source}" for directive, source in _CONTENT_POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def is_loopback(host: str) -> bool:
    """Check whether a host is a loopback address or name.

    Parameters
    ----------
    host : str
        Name or address, with or without brackets.

    Returns
    -------
    bool
        True for loopback.
    """
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def is_loopback_header(header: str) -> bool:
    """Check whether a ``Host`` header names a loopback address, against DNS rebinding.

    A foreign page may resolve its own name to 127.0.0.1, but its requests still carry that name.

    Parameters
    ----------
    header : str
        Value of the header.

    Returns
    -------
    bool
        True for loopback.
    """
    host = header.rpartition("]")[0] if header.startswith("[") else header.partition(":")[0]
    return is_loopback(host)
