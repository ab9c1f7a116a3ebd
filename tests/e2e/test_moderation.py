"""Mutes, bans and blocked words hold in every process within a second, wherever they come from."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.deployment import Deployment
from tests.e2e.admin import Operator
from tests.e2e.client import DEADLINE, Client, Frame, dial, now_ms
from tests.e2e.conftest import Enter
from tests.e2e.test_live_changes import WITHIN

Room = dict[str, Any]
BANNED = "You are banned from this room."


async def over_http(setup: Deployment, room: Room, name: str, **body: Any) -> Frame:
    """What the host does by the API of the last process, where the first viewer is not."""
    async with httpx.AsyncClient(timeout=DEADLINE, trust_env=False) as http:
        answer = await http.post(
            f"{setup.urls[-1]}/api/rooms/{room['slug']}/{name}/",
            headers={"Authorization": f"Bearer {room['host']}"},
            json=body,
        )
    assert answer.status_code == 200, answer.text
    result: Frame = answer.json()
    return result


def came(client: Client, frame: Frame, since: int) -> None:
    """A frame came within WITHIN of that time."""
    arrived = client.arrivals[next(index for index, each in enumerate(client.frames) if each is frame)]
    assert arrived - since <= WITHIN, f"{frame['msg_type']} took {arrived - since} ms"


async def sent_away(client: Client, since: int, until: int | None) -> None:
    """`banned`, in time, and 4503."""
    frame = await client.until("error")
    came(client, frame, since)
    assert (frame["code"], frame["close"], frame.get("until")) == ("banned", 4503, until)
    assert await client.closed() == 4503


async def test_a_mute_over_http(setup: Deployment, room: Room, enter: Enter) -> None:
    """`me` on his sockets in all processes, `muted` for what he says there; lifted, he speaks."""
    (user,) = setup.call("make_users", count=1)
    clients = [await enter(url=url, token=user["token"]) for url in setup.urls]
    watching = await enter()
    answer = await over_http(setup, room, "mute", user=user["id"], seconds=600)
    for client in clients:
        frame = await client.until("me")
        came(client, frame, answer["created_at"])
        assert frame["muted_until"] == answer["until"]
        refusal = await client.ask("message", content="hi")
        assert (refusal["code"], refusal["until"]) == ("muted", answer["until"])
        assert (await client.ask("subscribe"))["following"] is True
    back = await enter(token=user["token"])
    assert back.init["muted_until"] == answer["until"]

    await over_http(setup, room, "unmute", user=user["id"])
    for number, client in enumerate(clients):
        await client.until("me", muted_until=None)
        assert (await client.ask("message", content=f"free {number}"))["shown"] is True
    await watching.until("message", content=f"free {len(clients) - 1}")
    assert [frame["content"] for frame in watching.seen("message")] == [f"free {n}" for n in range(len(clients))]


@pytest.mark.parametrize("everywhere", [False, True], ids=["one room", "all rooms"])
async def test_a_commands_ban(setup: Deployment, room: Room, enter: Enter, everywhere: bool) -> None:
    """All his sockets are closed, with Redis and without, and none is let in, by handshake or login."""
    (user,) = setup.call("make_users", count=1)
    clients = [await enter(url=url, token=user["token"]) for url in setup.urls]
    watching = await enter()

    # In a thread: meanwhile the clients note when what arrives. The command itself takes its time to start.
    where = None if everywhere else room["id"]
    until = await asyncio.to_thread(setup.command, "impose", kind="ban", user=user["id"], room_id=where, seconds=600)
    done = now_ms()
    for client in clients:
        await sent_away(client, done, until)
    for url in setup.urls:
        socket = Client(await dial(url, room["slug"], token=user["token"]))
        await sent_away(socket, now_ms(), until)
        guest = await enter(url=url)
        await guest.send("login", token=user["token"])
        await sent_away(guest, now_ms(), until)
    assert (await watching.ask("ping"))["msg_type"] == "ack"


async def test_a_ban_over_http_with_his_comments(setup: Deployment, room: Room, enter: Enter) -> None:
    """They are taken down on every screen, and he is away."""
    (user,) = setup.call("make_users", count=1)
    clients = [await enter(url=url, token=user["token"]) for url in setup.urls]
    watching = [await enter(url=url) for url in setup.urls]
    ids = [(await client.ask("message", content=f"spam {n}"))["id"] for n, client in enumerate(clients)]
    answer = await over_http(setup, room, "ban", user=user["id"], remove_comments=True)
    assert answer["removed"] == len(ids)
    for client in clients:
        await sent_away(client, answer["created_at"], None)
    for client in watching:
        frame = await client.until("remove")
        came(client, frame, frame["ts"])
        assert frame["comment_ids"] == ids
    assert (await enter()).init["comments"] == []


async def test_a_ban_in_the_admin(setup: Deployment, room: Room, enter: Enter) -> None:
    """Saved in the form of one process, it holds in all."""
    (user,) = setup.call("make_users", count=1)
    clients = [await enter(url=url, token=user["token"]) for url in setup.urls]
    key = setup.call("primary_key", user=user["id"])
    name = f"moderator of {room['slug']}"
    setup.call("make_administrator", username=name, password="a good one")
    async with Operator(setup.urls[-1]) as operator:
        await operator.sign_in(name, "a good one")
        path = "/admin/rooms/sanction/add/"
        form = await operator.open(path, "sanction_form")
        assert (form["kind"], form["duration"]) == (["mute"], ["3600"])
        since = now_ms()
        filled = {"kind": ["ban"], "user": [str(key)], "room": [str(room["id"])], "duration": [""]}
        await operator.save(path, form | filled)
    for client in clients:
        await sent_away(client, since, None)


async def test_notice_pin_slow_mode_and_switches(setup: Deployment, room: Room, enter: Enter) -> None:
    """What else the host does over HTTP is on every screen in time, and holds in every process."""
    clients = [await enter(url=url) for url in setup.urls]
    said = await clients[0].ask("message", content="pin me")

    async def seen(msg_type: str) -> list[Frame]:
        frames = [await client.until(msg_type) for client in clients]
        for client, frame in zip(clients, frames, strict=True):
            came(client, frame, frame["ts"])
        return frames

    await over_http(setup, room, "notice", text="Be kind")
    assert {frame["text"] for frame in await seen("notice")} == {"Be kind"}
    await over_http(setup, room, "pin", comment_id=said["id"])
    assert {frame["comment"]["content"] for frame in await seen("pin")} == {"pin me"}
    await over_http(setup, room, "settings", slow_mode=60)
    assert {frame["room"]["slow_mode"] for frame in await seen("room")} == {60}
    for client in clients:
        await client.ask("message", content="one")
        assert (await client.ask("message", content="two"))["code"] == "slow_mode"
    await over_http(setup, room, "settings", allow={"comments": False, "likes": False, "shop": False})
    assert [frame["room"]["allow"]["comments"] for frame in await seen("room")] == [False] * len(clients)
    (item,) = room["items"]
    for client in clients:
        for asked in (
            client.ask("message", content="three"),
            client.ask("like"),
            client.ask("buy", item_id=item, client_order_id="k"),
        ):
            assert (await asked)["code"] == "switched_off"


@pytest.fixture
def no_words_left(setup: Deployment) -> Iterator[None]:
    """The words that a test blocks are of all rooms: they go with it."""
    yield
    setup.call("unblock_all_words")


async def test_a_blocked_word(setup: Deployment, room: Room, enter: Enter, no_words_left: None) -> None:
    """Within a second of a command's change every process masks, refuses, and does neither any more."""
    clients = [await enter(url=url) for url in setup.urls]

    async def says(client: Client, content: str) -> str:
        answer = await client.ask("message", content=content)
        if answer["msg_type"] == "error":
            return str(answer["code"])
        return str((await client.until("message", id=answer["id"]))["content"])

    async def hold(wanted: list[str]) -> None:
        since = now_ms()
        for client in clients:
            while (said := [await says(client, "so bad"), await says(client, "worse ＳＴＩＬＬ")]) != wanted:
                assert now_ms() - since <= WITHIN, said

    await hold(["so bad", "worse ＳＴＩＬＬ"])
    await asyncio.to_thread(setup.command, "block_words", words=["Bad"], action="mask")
    await asyncio.to_thread(setup.command, "block_words", words=["still"], action="refuse")
    await hold(["so ***", "content_rejected"])
    assert (await clients[-1].ask("join", nickname="bad"))["code"] == "content_rejected"
    await asyncio.to_thread(setup.command, "unblock_all_words")
    await hold(["so bad", "worse ＳＴＩＬＬ"])
