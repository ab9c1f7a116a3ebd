"""The shop's frames as typed structs. Money is a string in yuan with two decimals."""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rooms import messages
from rooms.messages import Ack, ClientFrame, DurableFrame, Key, UserPart


class Buy(ClientFrame, kw_only=True):
    item_id: Annotated[int, Meta(ge=1, le=2**53)]
    quantity: Annotated[int, Meta(ge=1, le=99)] = 1
    client_order_id: Key
    price: str | int | float | None = None


class SalePart(msgspec.Struct, kw_only=True):
    price: str
    starts_at: int
    ends_at: int


class ItemPart(msgspec.Struct, kw_only=True):
    id: int
    product_id: int
    title: str
    cover: str
    price: str
    list_price: str
    sale: SalePart | None
    stock: int
    sold: int
    limit_per_user: int
    position: int
    explaining: bool
    link: str


class OrderPart(msgspec.Struct, kw_only=True):
    number: str
    status: str
    item_id: int
    title: str
    quantity: int
    price: str
    total: str
    created_at: int
    expires_at: int | None


class PurchaseEvent(DurableFrame, kw_only=True, tag="buy"):
    """Purchases of one item in one commit: ``user`` is the last buyer, ``quantity`` the sum."""

    action: str = "purchase"
    user: UserPart
    count: int
    item_id: int
    title: str
    quantity: int
    stock: int
    sold: int


class ShelfAction(StrEnum):
    ON_SHELF = "on_shelf"
    OFF_SHELF = "off_shelf"
    UPDATE = "update"
    EXPLAIN = "explain"
    RESTOCK = "restock"


class ShelfEvent(DurableFrame, kw_only=True, tag="buy"):
    """A change of the shelf, with the whole item as it is after the commit."""

    action: ShelfAction
    item: ItemPart


class OrderAck(Ack, kw_only=True, tag="ack"):
    client_order_id: str | UnsetType = UNSET
    order: OrderPart


class Init(messages.Init, kw_only=True, tag="init"):
    """The picture of a room with its shelf; ``shelf`` arrives encoded."""

    shelf: msgspec.Raw
