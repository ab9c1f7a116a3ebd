"""Scenario ``buys``: many buyers of one item, and of many; each has one order under way."""

import json
import sys
import time
from dataclasses import dataclass
from functools import partial

from benchmarks.book import Book, Buys
from benchmarks.load.crowd import Answer, Crowd, Taker, Ticket, Viewer
from benchmarks.load.frame_reader import FrameReader
from benchmarks.load.frames import TEXT, masked
from benchmarks.measuring import percentiles
from benchmarks.programs import folder, postgres, prepared
from benchmarks.progress import Step
from benchmarks.systems import LIVEROOM, running
from benchmarks.tables import number, table

BUYERS = 500
SECONDS = 8.0
STOCK = 2000
"""Pieces in all, of one item or shared by many: fewer than are asked for."""
MANY = 50
SLUG = "shop"


@dataclass(slots=True)
class Buyer:
    """One who buys, is answered, and buys again, until there is nothing left."""

    crowd: Crowd
    item: int
    name: str
    latencies: list[int]
    viewer: Viewer | None = None
    bought: int = 0
    refused: int = 0
    number: int = 0
    asked: int = 0
    stopped: bool = False

    @property
    def answered(self) -> bool:
        return self.bought + self.refused >= self.number

    def reader(self, answer: Answer) -> Taker:
        return FrameReader(answer, self.hear)

    def buy(self) -> None:
        """Order one piece."""
        assert self.viewer is not None
        self.number += 1
        self.asked = time.monotonic_ns()
        order = {"msg_type": "buy", "item_id": self.item, "client_order_id": f"{self.name}-{self.number}"}
        self.crowd.write(self.viewer, masked(TEXT, json.dumps(order).encode()))

    def hear(self, payload: bytes) -> None:
        """Take a text frame; only answers matter."""
        if b'"to":"buy"' not in payload:
            return
        self.latencies.append(time.monotonic_ns() - self.asked)
        if b'"msg_type":"ack"' in payload:
            self.bought += 1
        else:
            self.refused += 1
            self.stopped = self.stopped or b'"out_of_stock"' in payload
        if not self.stopped:
            self.buy()


def steps(book: Book, *, quick: bool) -> list[Step]:
    """One item and many, on both databases."""
    buyers, seconds, stock = (20, 2.0, 100) if quick else (BUYERS, SECONDS, STOCK)
    return [
        Step(
            f"buys: {buyers} buyers of {items} item{'s' if items > 1 else ''}, {database}",
            14 + seconds,
            partial(measure, book, database, items=items, buyers=buyers, seconds=seconds, stock=stock),
        )
        for database in ("SQLite", "PostgreSQL")
        for items in (1, MANY)
    ]


def measure(book: Book, database: str, *, items: int, buyers: int, seconds: float, stock: int) -> None:
    """Sell until nothing is left, or the time is up; then compare with the database."""
    with folder() as place:
        if database == "SQLite":
            book.buys.append(_measure(database, "", items=items, buyers=buyers, seconds=seconds, stock=stock))
            return
        with postgres(place) as url:
            book.buys.append(_measure(database, url, items=items, buyers=buyers, seconds=seconds, stock=stock))


def _measure(database: str, url: str, *, items: int, buyers: int, seconds: float, stock: int) -> Buys:
    with running(LIVEROOM, database_url=url) as started:
        data = (sys.executable, "-m", "benchmarks.data")
        arguments = {"slug": SLUG, "items": items, "stock": stock // items, "buyers": buyers}
        environment = {**started.environment, "DJANGO_SETTINGS_MODULE": "liveroom.settings"}
        shop = json.loads(prepared((*data, "shop", json.dumps(arguments)), environment))
        crowd = Crowd(LIVEROOM.dialect, started.server.port)
        latencies: list[int] = []
        everybody = [Buyer(crowd, shop["items"][index % items], f"buyer-{index}", latencies) for index in range(buyers)]
        try:
            crowd.admit(
                [
                    Ticket(f"/ws/rooms/{SLUG}/", (("Authorization", f"Bearer {token}"),), buyer.reader)
                    for buyer, token in zip(everybody, shop["tokens"], strict=True)
                ],
                timeout=60,
            )
            begun = time.monotonic()
            for buyer, viewer in zip(everybody, crowd.viewers, strict=True):
                buyer.viewer = viewer
                buyer.buy()
            took = crowd.run(seconds, until=lambda: all(buyer.stopped for buyer in everybody))
            bought = sum(buyer.bought for buyer in everybody)
            last = time.monotonic() - begun
            for buyer in everybody:
                buyer.stopped = True
            # What is under way is answered, and counts in the stock but not in the rate.
            crowd.run(2.0, until=lambda: all(buyer.answered for buyer in everybody))
        finally:
            crowd.close()
        sold = json.loads(prepared((*data, "sold", json.dumps({"items": shop["items"]})), environment))
    p50, _, p99 = percentiles(latencies)
    acknowledged = sum(buyer.bought for buyer in everybody)
    pieces = stock // items * items
    return Buys(
        database=database,
        items=items,
        buyers=buyers,
        per_second=bought / max(took, 1e-9),
        seconds=last,
        ordered=sold["ordered"],
        left=sold["left"],
        oversold=max(0, sold["ordered"] - pieces) + max(0, -sold["least"]),
        wrong=abs(sold["ordered"] + sold["left"] - pieces) + max(0, acknowledged - sold["ordered"]),
        p50=p50,
        p99=p99,
    )


def report(book: Book) -> str:
    """The scenario's table."""
    head = (
        "database",
        "items",
        "buyers",
        "orders/s",
        "for s",
        "ordered",
        "left",
        "oversold",
        "not accounted for",
        "p50 ms",
        "p99 ms",
    )
    rows = [
        (
            found.database,
            str(found.items),
            str(found.buyers),
            number(found.per_second),
            number(found.seconds, 1),
            f"{found.ordered:,}",
            f"{found.left:,}",
            str(found.oversold),
            str(found.wrong),
            number(found.p50),
            number(found.p99),
        )
        for found in book.buys
    ]
    return table(head, rows)
