"""Where a server of this machine is found."""

import os


def base_url(host: str, port: str) -> str:
    """Return where a browser on this machine finds a server that listens on `host`, which may be every address."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - read, not listened on
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def own_url() -> str:
    """The same for the server that `make run` starts with this environment."""
    return base_url(os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000")
