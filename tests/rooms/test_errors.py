"""A refusal of a room over HTTP."""

import pytest

from products.messages import SalePart
from rooms import errors
from rooms.messages import RETRY, Close, Code, Refused
from rooms.models import Room
from tests.parts import error


def body_of(exc: Exception) -> tuple[int, dict[str, object]]:
    """The status and the body that an exception is answered with, without its time."""
    found = errors.translate(exc)
    assert found is not None
    body = found.body()
    assert isinstance(body.pop("ts"), int)
    return found.status, body


@pytest.mark.parametrize("code", Code)
def test_every_code_has_a_status(code: Code) -> None:
    """And says whether trying again helps, as on the socket."""
    status, body = body_of(Refused(code, "No."))
    assert 400 <= status <= 503
    assert body == error(code, "No.", retry=code in RETRY)


def test_all_fields_of_a_refusal_are_carried() -> None:
    """But the close code, which means a socket; what is more is plain JSON."""
    sale = SalePart(price="1.00", starts_at=1, ends_at=2)
    refused = Refused(
        Code.SLOW_MODE, "Wait.", retry_after=1.5, field="content", limit=3, until=4, close=Close.MISUSE, item=sale
    )
    assert body_of(refused) == (
        429,
        error(
            "slow_mode",
            "Wait.",
            retry=True,
            retry_after=1.5,
            field="content",
            limit=3,
            until=4,
            item={"price": "1.00", "starts_at": 1, "ends_at": 2},
        ),
    )


def test_a_room_that_went_meanwhile_is_not_found() -> None:
    """Between the look for it and its lock."""
    assert body_of(Room.DoesNotExist()) == (404, error("room_not_found", "There is no such room."))


def test_other_exceptions_are_left_to_others() -> None:
    """They are no refusals."""
    assert errors.translate(ValueError()) is None
