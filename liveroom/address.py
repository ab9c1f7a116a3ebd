"""Where a server of this machine is found."""

import os


def base_url(host: str, port: str) -> str:
    """Return where a browser on this machine finds a server that listens on `host`, which may be every address."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - read, not listened on
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def own_host() -> str:
    """The address that the server which `make run` starts with this environment listens on."""
    return os.environ.get("HOST") or "127.0.0.1"


def own_url() -> str:
    """Where that server is found."""
    return base_url(own_host(), os.environ.get("PORT") or "8000")
