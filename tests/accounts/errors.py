"""Reading HTTP errors."""

import time
from typing import Any


def error_of(response: Any) -> dict[str, Any]:
    """Return an HTTP error without what every one has, after checking that: msg_type and the time, in ms."""
    assert response["Content-Type"] == "application/json"
    body: dict[str, Any] = response.json()
    assert body.pop("msg_type") == "error"
    ts = body.pop("ts")
    assert isinstance(ts, int)
    assert abs(ts - time.time() * 1000) < 60_000
    return body
