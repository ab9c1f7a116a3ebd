"""The snapshot law: an old ``init`` and the events after it give a fresh ``init``. Written from the contract alone."""

import copy
from collections.abc import Awaitable, Callable

from tests.clients import Frame, Viewer

OWN = ("ts", "online", "likes", "user", "role", "following", "muted_until", "recovered")
"""Fields of ``init`` that the law leaves out: what passes, and what ``me`` carries."""
HISTORY = 50


def apply(picture: Frame, event: Frame) -> None:
    """Change a picture (an ``init``) by one durable event, as a client does; parts of the event go into the picture."""
    assert event["seq"] > picture["seq"]
    picture["seq"] = event["seq"]
    match event["msg_type"]:
        case "message":
            if not event.get("removed"):
                comment = {name: event[name] for name in ("id", "seq", "ts", "user", "content")}
                picture["comments"].append(comment)
        case "subscribe" | "followers":
            picture["room"]["followers"] = event["followers"]
        case "notice":
            picture["room"]["notice"] = event["text"]
        case "remove":
            gone = set(event["comment_ids"])
            picture["comments"] = [comment for comment in picture["comments"] if comment["id"] not in gone]
        case "pin":
            picture["room"]["pinned"] = event["comment"]
        case "room":
            if event["room"]["show"] != picture["room"]["show"]:
                picture["comments"] = []
            picture["room"] = event["room"]
        case "buy":
            _apply_buy(picture, event)


def _apply_buy(picture: Frame, event: Frame) -> None:
    shelf: list[Frame] = picture["shelf"]
    if event["action"] == "purchase":
        for item in shelf:
            if item["id"] == event["item_id"]:
                item["stock"], item["sold"] = event["stock"], event["sold"]
        return
    changed = event["item"]
    if event["action"] == "explain":
        for item in shelf:
            item["explaining"] = False
    shelf = [item for item in shelf if item["id"] != changed["id"]]
    if event["action"] != "off_shelf":
        shelf.append(changed)
    picture["shelf"] = sorted(shelf, key=lambda item: (item["position"], item["id"]))


def assert_same(ours: Frame, fresh: Frame) -> None:
    """Compare two pictures as the law says: comments on the ids that both hold, and on all while neither is cut off."""
    assert _without_comments(ours) == _without_comments(fresh)
    mine = {comment["id"]: comment for comment in ours["comments"]}
    theirs = {comment["id"]: comment for comment in fresh["comments"]}
    if len(mine) < HISTORY and len(theirs) < HISTORY:
        assert list(mine) == list(theirs)
    both = mine.keys() & theirs.keys()
    assert {id_: mine[id_] for id_ in both} == {id_: theirs[id_] for id_ in both}


def _without_comments(picture: Frame) -> Frame:
    return {name: value for name, value in picture.items() if name != "comments" and name not in OWN}


class Witness:
    """A guest who came before a test's events and, at its end, has the law proven on what he saw."""

    def __init__(self, viewer: Viewer, init: Frame, connect: Callable[..., Awaitable[Viewer]]) -> None:
        self._viewer = viewer
        self._init = init
        self._connect = connect

    async def saw(self, *events: Frame) -> list[Frame]:
        """These durable events, without ``seq`` and ``ts``, and no others came since his ``init``; and the law."""
        seen = await self.proves_the_law()
        assert [{k: v for k, v in event.items() if k not in ("seq", "ts")} for event in seen] == list(events)
        return seen

    async def proves_the_law(self) -> list[Frame]:
        """Check the law for who stayed, and for who comes back; returns the durable events since his ``init``."""
        events = [frame for frame in await self._viewer.rest() if "seq" in frame]
        first = self._init["seq"] + 1
        assert [event["seq"] for event in events] == list(range(first, first + len(events)))
        fresh = await self._fresh()
        assert_same(self._after(self._init, events), fresh)
        await self._prove_for_who_comes_back(events, fresh)
        return events

    async def _prove_for_who_comes_back(self, events: list[Frame], fresh: Frame) -> None:
        query = f"?since={self._init['seq']}&epoch={self._init['epoch']}"
        back = await self._connect(f"/ws/rooms/{self._init['room']['slug']}/{query}")
        init = await back.init()
        assert (init["recovered"], init["seq"], init["comments"]) == (True, self._init["seq"], [])
        replayed = [frame for frame in await back.rest() if "seq" in frame]
        await back.drop()
        removed = {id_ for event in events if event["msg_type"] == "remove" for id_ in event["comment_ids"]}
        assert replayed == [self._emptied(event, removed) for event in events]
        # A client keeps its comments, unless another show has begun meanwhile.
        same_show = init["room"]["show"] == self._init["room"]["show"]
        kept = {**init, "comments": copy.deepcopy(self._init["comments"]) if same_show else []}
        assert_same(self._after(kept, replayed), fresh)

    async def _fresh(self) -> Frame:
        viewer: Viewer = await self._connect(f"/ws/rooms/{self._init['room']['slug']}/")
        init = await viewer.init()
        await viewer.drop()
        return init

    @staticmethod
    def _emptied(event: Frame, removed: set[int]) -> Frame:
        if event["msg_type"] == "message" and event["id"] in removed:
            return {**event, "content": "", "removed": True}
        if event["msg_type"] in ("pin", "room"):
            event = copy.deepcopy(event)
            pinned = event["comment"] if event["msg_type"] == "pin" else event["room"]["pinned"]
            if pinned is not None and pinned["id"] in removed:
                pinned["content"] = ""
        return event

    @staticmethod
    def _after(init: Frame, events: list[Frame]) -> Frame:
        picture = copy.deepcopy(init)
        for event in copy.deepcopy(events):
            apply(picture, event)
        return picture
