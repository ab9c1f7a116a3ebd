"""Random commands of viewers and host on all processes, and the snapshot law after them."""

import asyncio
import copy
import random
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from tests import law
from tests.deployment import Deployment
from tests.e2e.client import DEADLINE, Client, Frame

Room = dict[str, Any]
REFUSED = {400, 404, 409}
"""What the host may be answered when a step is not possible as things stand."""
HELD = "waitword"
"""A word that holds a comment for a review."""


class Keeper:
    """A viewer who keeps the picture of the room by its events, over every cut."""

    def __init__(self, urls: list[str], slug: str, rng: random.Random, *, token: str) -> None:
        self._urls = urls
        self._slug = slug
        self._rng = rng
        self._token = token
        self._applied = 0
        self.picture: Frame = {}
        self.held: list[int] = []
        """Own comments that were held for a review."""

    async def come(self) -> None:
        """Enter, or come back after a cut, on some process."""
        url = self._rng.choice(self._urls)
        since = {"since": self.picture["seq"], "epoch": self.picture["epoch"]} if self.picture else {}
        self.client = await Client.enter(url, self._slug, token=self._token, **since)
        init = copy.deepcopy(self.client.init)
        if init["recovered"]:
            init["comments"] = self.picture["comments"]
            # Where the next show began meanwhile, the event of it is among the missing ones, after the last comments.
            init["room"]["show"] = self.picture["room"]["show"]
        self.picture = init
        self._applied = 0

    async def be_cut(self) -> None:
        """Lose the socket, and come back."""
        await self.client.abort()
        self.follow()
        await self.come()

    def follow(self) -> None:
        """Apply what came: each event once, without a gap."""
        events = self.client.events
        for event in events[self._applied :]:
            assert event["seq"] == self.picture["seq"] + 1, f"after {self.picture['seq']} came {event}"
            law.apply(self.picture, event)
        self._applied = len(events)

    async def reach(self, seq: int) -> None:
        """Have everything up to that event."""
        if self.picture["seq"] < seq:
            await self.client.reach(seq)
            self.follow()
        assert self.picture["seq"] == seq

    async def act(self, items: list[int]) -> None:
        """Send one command, and wait for its answer."""
        kinds = ("message", "held", "again", "follow", "unfollow", "buy", "like")
        kind = self._rng.choices(kinds, (6, 2, 1, 1, 1, 4, 1))[0]
        text = f"Comment {self._rng.randrange(10**9)}"
        commands: dict[str, tuple[str, Frame]] = {
            "message": ("message", {"content": text}),
            "held": ("message", {"content": f"{text} {HELD}"}),
            "again": ("message", {"content": text, "client_msg_id": f"key {self._rng.randrange(3)}"}),
            "follow": ("subscribe", {}),
            "unfollow": ("subscribe", {"action": "unfollow"}),
            "like": ("like", {"count": self._rng.randint(1, 50)}),
            "buy": (
                "buy",
                {
                    "item_id": self._rng.choice(items),
                    "quantity": self._rng.randint(1, 3),
                    "client_order_id": f"order {self._rng.randrange(20)}",
                },
            ),
        }
        msg_type, fields = commands[kind]
        answer = await self.client.ask(msg_type, **fields)
        refusals = ("room_closed", "out_of_stock", "not_on_shelf")
        assert answer["msg_type"] == "ack" or answer["code"] in refusals, answer
        if answer.get("held"):
            assert (kind, answer["held"], answer["shown"]) == ("held", "review", False)
            self.held.append(answer["id"])


class Host:
    """The room's host at the HTTP API of all processes."""

    def __init__(self, urls: list[str], room: Room, rng: random.Random, http: httpx.AsyncClient) -> None:
        self._urls = urls
        self._room = room
        self._rng = rng
        self._http = http

    async def act(self, keeper: Keeper) -> None:
        """Make one change; what it is about is drawn from what a viewer has on his screen."""
        rng, comments = self._rng, keeper.picture["comments"]
        item = f"shelf/{rng.choice(self._room['items'])}/"
        comment_id = rng.choice(comments)["id"] if comments else None
        held_id = rng.choice(keeper.held) if keeper.held else 1
        steps: list[tuple[str, str, Any]] = [
            ("POST", item + "on/", None),
            ("POST", item + "off/", None),
            ("POST", item + "explain/", {"explaining": rng.random() < 0.8}),
            ("POST", item + "stock/", {"change": rng.randint(-5, 10)}),
            ("PATCH", item, {"price": f"{rng.randint(1, 99)}.50", "position": rng.randrange(5)}),
            ("POST", "notice/", {"text": rng.choice(["", "Hello", f"Notice {rng.randrange(99)}"])}),
            ("POST", "pin/", {"comment_id": rng.choice([None, comment_id])}),
            ("POST", "settings/", {"title": f"Show {rng.randrange(99)}", "allow": {"likes": True}}),
            ("DELETE", f"comments/{comment_id or 1}/", None),
            ("POST", f"comments/{held_id}/pass/", None),
            ("POST", f"comments/{held_id}/{rng.choice(['pass', 'refuse'])}/", None),
            ("POST", rng.choice(["start/", "start/", "pause/", "end/"]), None),
        ]
        method, path, body = rng.choice(steps)
        url = f"{rng.choice(self._urls)}/api/rooms/{self._room['slug']}/{path}"
        answer = await self._http.request(method, url, json=body)
        assert answer.is_success or answer.status_code in REFUSED, f"{method} {path} {body}: {answer.text}"


async def walk(setup: Deployment, seed: int, *, rounds: int) -> None:
    """Let viewers and host do things at once, ``rounds`` times; after every few the law is checked for everybody."""
    print(f"LIVEROOM_SEED={seed}")
    rng = random.Random(seed)
    room = setup.call("make_room", slug=f"walk-{rng.randrange(10**9)}-{id(rng)}", items=3, stock=30)
    users = setup.call("make_users", count=4)
    setup.call("block_words", words=[HELD], action="hold")
    keepers = [Keeper(setup.urls, room["slug"], rng, token=user["token"]) for user in users]
    headers = {"Authorization": f"Bearer {room['host']}"}
    async with httpx.AsyncClient(headers=headers, timeout=DEADLINE, trust_env=False) as http:
        host = Host(setup.urls, room, rng, http)
        for keeper in keepers:
            await keeper.come()
        try:
            for number in range(1, rounds + 1):
                await _one_round(room, keepers, host, rng)
                if number % 5 == 0 or number == rounds:
                    await _prove_the_law(setup, room, keepers)
        finally:
            for keeper in keepers:
                await keeper.client.close()
            setup.call("unblock_all_words")


async def _one_round(room: Room, keepers: list[Keeper], host: Host, rng: random.Random) -> None:
    """Each viewer does something or is cut, and the host does something, all at the same time."""
    steps: list[Callable[[], Awaitable[None]]] = []
    for keeper in keepers:
        keeper.follow()
        cut = rng.random() < 0.1
        steps.append(keeper.be_cut if cut else lambda keeper=keeper: keeper.act(room["items"]))  # type: ignore[misc]
    steps.append(lambda: host.act(rng.choice(keepers)))
    await asyncio.gather(*(step() for step in steps))


async def _prove_the_law(setup: Deployment, room: Room, keepers: list[Keeper]) -> None:
    """What every viewer has by events is what one who comes now is shown, by every process."""
    newest = setup.call("read_room", room_id=room["id"])["seq"]
    for keeper in keepers:
        await keeper.reach(newest)
    for url in setup.urls:
        fresh = await _fresh(url, room["slug"], newest)
        for keeper in keepers:
            law.assert_same(_anywhere(keeper.picture), _anywhere(fresh))


async def _fresh(url: str, slug: str, newest: int) -> Frame:
    """An ``init`` as of that event: in a busy room it may be a little older, with the events since after it."""
    async with asyncio.timeout(DEADLINE):
        while True:
            async with await Client.enter(url, slug) as client:
                if client.init["seq"] == newest:
                    return client.init


def _anywhere(picture: Frame) -> Frame:
    """A picture but for the address of the process that showed it."""
    return {name: value for name, value in picture.items() if name != "base_url"}
