"""The picture that the Python client keeps, against the snapshot law's own reading of the contract."""

import copy
from random import Random
from typing import Any

import pytest

from liveroom.client import RoomState, Step, price_at
from tests import law
from tests.liveroom.client.fake import Frame, error, init, me, message, user

SHELF_ACTIONS = ("on_shelf", "off_shelf", "update", "restock")


def item(item_id: int, **fields: Any) -> Frame:
    """An item on the shelf."""
    return {
        "id": item_id,
        "product_id": item_id,
        "title": f"Tea {item_id}",
        "cover": "",
        "price": "20.00",
        "list_price": "30.00",
        "sale": None,
        "stock": 5,
        "sold": 0,
        "limit_per_user": 0,
        "position": item_id,
        "explaining": False,
        "link": "",
        **fields,
    }


def entered(**fields: Any) -> RoomState:
    """A state after its first picture."""
    state = RoomState()
    assert state.apply(init(**fields)) is Step.INIT
    return state


def buy(seq: int, action: str, **fields: Any) -> Frame:
    return {"msg_type": "buy", "ts": 1, "seq": seq, "action": action, **fields}


def picture(state: RoomState) -> Frame:
    return {
        "seq": state.seq,
        "room": state.room,
        "shelf": list(state.shelf),
        "comments": list(state.comments),
    }


def some_event(seq: int, rng: Random, ids: list[int], show: int) -> Frame:
    """Any event that may come next."""
    one = rng.randrange(1, 5)
    number: Frame = {"ts": 1, "seq": seq}
    kinds: list[Frame] = [
        message(seq, f"Comment {seq}"),
        message(seq, "", removed=True),
        {"msg_type": "subscribe", "user": user(), "count": 1, "followers": rng.randrange(9)} | number,
        {"msg_type": "followers", "followers": rng.randrange(9)} | number,
        {"msg_type": "notice", "text": f"Notice {rng.randrange(9)}"} | number,
        {"msg_type": "pin", "comment": rng.choice([None, {"id": 1}])} | number,
        {"msg_type": "remove", "comment_ids": rng.sample(ids, min(2, len(ids)))} | number,
        {"msg_type": "room", "room": {**init()["room"], "show": show, "title": f"Show {seq}"}} | number,
        {"msg_type": "confetti"} | number,
        buy(
            seq,
            "purchase",
            item_id=one,
            stock=rng.randrange(9),
            sold=rng.randrange(9),
            user=user(),
            count=1,
            quantity=1,
        ),
        buy(seq, "explain", item=item(one, explaining=rng.random() < 0.7)),
        *(buy(seq, action, item=item(one, position=rng.randrange(9))) for action in SHELF_ACTIONS),
    ]
    return rng.choice(kinds)


@pytest.mark.parametrize("seed", range(50))
def test_the_same_as_the_law_says(seed: int) -> None:
    """Over random histories, shows among them, both end in the same picture; no frame is changed by it."""
    rng = Random(seed)
    first = init(3, shelf=[item(1), item(2)], comments=[message(2)])
    state, theirs = entered(**copy.deepcopy(first)), copy.deepcopy(first)
    ids, show = [first["comments"][0]["id"]], 1
    for seq in range(4, 64):
        show += rng.random() < 0.05
        event = some_event(seq, rng, ids, show)
        before = copy.deepcopy(event)
        assert state.apply(event) is Step.EVENT
        assert event == before
        law.apply(theirs, event)
        ids += [event["id"]] if event["msg_type"] == "message" else []
    ours = picture(state)
    expected = {name: theirs[name] for name in ours}
    # A comment of the law's picture is the event's own parts, one of ours has the same.
    expected["comments"] = [
        {name: comment[name] for name in ("id", "seq", "ts", "user", "content")} for comment in expected["comments"]
    ]
    ours["comments"] = [
        {name: comment[name] for name in ("id", "seq", "ts", "user", "content")} for comment in ours["comments"]
    ]
    assert ours == expected


def test_before_the_first_picture() -> None:
    """Nothing else means anything yet."""
    state = RoomState()
    assert state.apply(message(1)) is Step.OTHER
    assert (state.entered, state.seq) == (False, 0)


def test_what_came_already_and_what_is_missing() -> None:
    """Neither changes the picture; a gap is remembered until it is filled."""
    state = entered(seq=5)
    assert state.apply(message(5)) is Step.REPEATED
    assert (state.apply(message(7)), state.behind) == (Step.GAP, True)
    assert (state.apply(message(6)), state.behind, state.seq) == (Step.EVENT, False, 6)
    assert len(state.comments) == 1


def test_a_recovery_keeps_what_is_here() -> None:
    """Comments and the number stay; everything else is as of now."""
    state = entered(seq=5, comments=[message(4)])
    state.apply(init(5, recovered=True, online=7, shelf=[item(1)]))
    assert (len(state.comments), state.seq, state.online, len(state.shelf)) == (1, 5, 7, 1)
    state.apply(init(900, recovered=False))
    assert (len(state.comments), state.seq) == (0, 900)


def test_a_recovery_over_a_new_show() -> None:
    """The old show's comments go, and the events that tell how it came to that take no likes of the new one."""
    state = entered(seq=5, comments=[message(4)], likes=30)
    state.apply(init(5, recovered=True, likes=2, room={"show": 2}))
    assert (list(state.comments), state.likes) == ([], 2)
    for seq, show in ((6, 1), (7, 2)):
        state.apply({"msg_type": "room", "ts": 1, "seq": seq, "room": {**init()["room"], "show": show}})
    assert (state.room["show"], state.likes) == (2, 2)
    state.apply({"msg_type": "room", "ts": 1, "seq": 8, "room": {**init()["room"], "show": 3}})
    assert state.likes == 0


def test_a_held_comment_of_ones_own() -> None:
    """Without a number it is no event; when it passes it is there once; refused it goes."""
    state = entered()
    mine = message(None, user=user(), id=77)
    assert state.apply(mine) is Step.OTHER
    assert [comment["seq"] for comment in state.comments] == [None]
    assert state.apply({**mine, "seq": 1}) is Step.EVENT
    assert [comment["seq"] for comment in state.comments] == [1]
    state.apply(message(None, user=user(), id=78))
    state.apply({"msg_type": "reject", "ts": 1, "comment_id": 78})
    assert [comment["id"] for comment in state.comments] == [77]


def test_comments_have_a_bound() -> None:
    state = entered()
    for seq in range(1, 250):
        state.apply(message(seq))
    assert [state.comments[0]["seq"], state.comments[-1]["seq"], len(state.comments)] == [50, 249, 200]


def test_what_passes_and_what_is_ones_own() -> None:
    """None of it moves the number."""
    state = entered(shelf=[item(1)])
    state.apply({"msg_type": "join", "ts": 1, "user": user(), "online": 4})
    state.apply({"msg_type": "like", "ts": 1, "count": 2, "total": 99})
    state.apply(me(role="host", following=True, muted_until=5, user=user("Wang")))
    state.apply({"msg_type": "ack", "ts": 1, "to": "subscribe", "following": False, "followers": 1, "seq": 9})
    state.apply(error("price_changed", item=item(1, price="25.00")))
    state.apply(error("price_changed", item=item(2)))
    state.apply({"msg_type": "pong", "ts": 1, "seq": 400})
    assert (state.online, state.likes, state.role, state.muted_until, state.following) == (4, 99, "host", 5, False)
    assert state.user is not None
    assert state.user["nickname"] == "Wang"
    assert ([each["price"] for each in state.shelf], state.seq) == (["25.00"], 0)
    assert state.item(1) is state.shelf[0]
    assert state.item(2) is None


@pytest.mark.parametrize(("now", "price"), [(9, "20.00"), (10, "15.00"), (19, "15.00"), (20, "20.00")])
def test_the_price_of_the_moment(now: int, price: str) -> None:
    """A sale's price from its start until before its end."""
    on_sale: Any = item(1, sale={"price": "15.00", "starts_at": 10, "ends_at": 20})
    assert price_at(on_sale, now) == price
    assert price_at(item(2), now) == "20.00"  # type: ignore[arg-type]
