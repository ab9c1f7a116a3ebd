"""Stock is never a lie, however many ask at once and however often each asks again."""

import asyncio
from collections import Counter
from typing import Any

from tests.deployment import Deployment
from tests.e2e.client import Client, Frame
from tests.e2e.conftest import Enter

BUYERS = 200
STOCK = 50
ASKED = 3


async def test_200_buyers_of_50_pieces(setup: Deployment) -> None:
    """200 sockets buy one piece each at once, and ask three times: 50 orders, no stock left, 150 clear refusals."""
    room = setup.call("make_room", slug="rush", stock=STOCK)
    (item,) = room["items"]
    users = setup.call("make_users", count=BUYERS)
    watchers = [await Client.enter(url, room["slug"]) for url in setup.urls]
    buyers = []
    for number, user in enumerate(users):
        url = setup.urls[number % len(setup.urls)]
        buyers.append(await Client.enter(url, room["slug"], token=user["token"]))

    async def buy(buyer: Client, key: str) -> list[Frame]:
        for _ in range(ASKED):
            await buyer.send("buy", item_id=item, client_order_id=key)
        answers: list[Frame] = []

        def answered() -> bool:
            answers[:] = [frame for frame in buyer.frames if frame.get("to") == "buy"]
            return len(answers) == ASKED

        await buyer.wait(answered, f"{ASKED} answers")
        return answers

    outcomes = await asyncio.gather(
        *(buy(buyer, f"order of {user['id']}") for buyer, user in zip(buyers, users, strict=True))
    )

    sold = [answers for answers in outcomes if answers[0]["msg_type"] == "ack"]
    refused = [answers for answers in outcomes if answers[0]["msg_type"] == "error"]
    assert (len(sold), len(refused)) == (STOCK, BUYERS - STOCK)
    for answers in outcomes:
        assert [without_ts(answer) for answer in answers] == [without_ts(answers[0])] * ASKED
    assert {(answer["code"], answer["retry"]) for answers in refused for answer in answers} == {("out_of_stock", False)}
    assert all(answer["client_order_id"].startswith("order of ") for answers in refused for answer in answers)

    stored = setup.call("read_item", item_id=item)
    assert (stored["stock"], stored["sold"], stored["buyers"]) == (0, STOCK, STOCK)
    assert sorted(order["number"] for order in stored["orders"]) == sorted(
        answers[0]["order"]["number"] for answers in sold
    )
    assert Counter(order["quantity"] for order in stored["orders"]) == {1: STOCK}
    newest = setup.call("read_room", room_id=room["id"])["seq"]
    for watcher in watchers:
        await watcher.reach(newest)
        purchases = watcher.seen("buy")
        assert sum(purchase["quantity"] for purchase in purchases) == STOCK
        left = [STOCK - sum(each["quantity"] for each in purchases[: count + 1]) for count in range(len(purchases))]
        assert [purchase["stock"] for purchase in purchases] == left
    for client in [*watchers, *buyers]:
        await client.close()


async def test_one_key_on_all_processes_is_one_order(setup: Deployment, room: dict[str, Any], enter: Enter) -> None:
    """Buyers who ask with the same key on every process at once get the same order from all of them."""
    (item,) = room["items"]
    users = setup.call("make_users", count=10)
    sockets = {user["id"]: [await enter(token=user["token"], url=url) for url in setup.urls] for user in users}

    async def buy(mine: list[Client]) -> None:
        acks = await asyncio.gather(
            *(each.ask("buy", item_id=item, client_order_id="key", quantity=2) for each in mine)
        )
        assert len({ack["order"]["number"] for ack in acks}) == 1

    await asyncio.gather(*map(buy, sockets.values()))

    stored = setup.call("read_item", item_id=item)
    assert (stored["stock"], stored["sold"], len(stored["orders"]), stored["buyers"]) == (30, 20, 10, 10)


def without_ts(frame: Frame) -> Frame:
    """A frame but for when it was sent."""
    return {name: value for name, value in frame.items() if name != "ts"}
