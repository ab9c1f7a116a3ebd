"""The order of a shelf."""

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from products.models import POSITION_MAX, ShelfItem
from products.services import sorting
from products.services.sorting import Place, new_positions
from rooms.messages import Refused
from rooms.models import Room
from rooms.transaction import RoomTransaction
from tests import factories
from tests.admin_pages import frames


@pytest.fixture
def items(room: Room) -> list[ShelfItem]:
    """A, B, C and D on the shelf, at 0 to 3."""
    return [factories.make_item(room, title) for title in "ABCD"]


def titles(room: Room) -> str:
    return "".join(item.product.title for item in room.shelf.select_related("product"))


def moved(room: Room, *, after: int) -> list[str]:
    """Whom an ``update`` was told of."""
    told = frames(room, after=after)
    assert {frame["action"] for frame in told} <= {"update"}
    return [frame["item"]["title"] for frame in told]


MOVES = [
    (3, 0, "DABC", ["A", "B", "C"]),
    (0, None, "BCDA", ["A"]),
    (1, 0, "BACD", ["A", "B"]),
    (2, 1, "ACBD", ["B", "C"]),
    (2, None, "ABDC", ["C"]),
    (1, 2, "ABCD", []),
    (1, 1, "ABCD", []),
]


@pytest.mark.parametrize(("item", "before", "order", "told"), MOVES)
def test_a_move_is_one_update_per_item_that_gets_a_position(
    room: Room, items: list[ShelfItem], item: int, before: int | None, order: str, told: list[str]
) -> None:
    """And nothing for the others."""
    with RoomTransaction(room.pk) as tx:
        sorting.item_move(tx, item_id=items[item].pk, before=None if before is None else items[before].pk)
    assert titles(room) == order
    assert sorted(moved(room, after=4)) == told


@pytest.mark.parametrize(("item", "steps", "order"), [(2, -1, "ACBD"), (0, 1, "BACD"), (0, -1, "ABCD"), (3, 1, "ABCD")])
def test_a_step_is_a_move_by_one_place(room: Room, items: list[ShelfItem], item: int, steps: int, order: str) -> None:
    """At the ends nothing moves."""
    with RoomTransaction(room.pk) as tx:
        sorting.item_step(tx, item_id=items[item].pk, steps=steps)
    assert titles(room) == order


def test_an_item_off_the_shelf_moves_in_silence(room: Room, items: list[ShelfItem]) -> None:
    """It has a place all the same."""
    off = factories.make_item(room, "E", on_shelf=False)
    with RoomTransaction(room.pk) as tx:
        sorting.item_move(tx, item_id=off.pk, before=items[3].pk)
    assert titles(room) == "ABCED"
    assert moved(room, after=4) == ["D"]


def test_a_place_before_an_item_of_another_room_is_refused(room: Room, items: list[ShelfItem]) -> None:
    """Nothing moves."""
    foreign = factories.make_item(factories.make_room("other", host=room.host))
    with pytest.raises(Refused) as refused, RoomTransaction(room.pk) as tx:
        sorting.item_move(tx, item_id=items[0].pk, before=foreign.pk)
    assert (refused.value.code, refused.value.field) == ("not_on_shelf", "before")
    assert titles(room) == "ABCD"


def fewest(order: list[Place]) -> int:
    """How many must change, found by trying every choice of those that stay."""

    def possible(kept: tuple[int, ...]) -> bool:
        last: Place = (-1, 0)
        for index, (position, key) in enumerate(order):
            if index not in kept:
                last = (last[0] + 1, 0)
            elif (index and index - 1 not in kept and position <= last[0]) or (index and (position, key) < last):
                return False
            else:
                last = (position, key)
        return True

    for changed in range(len(order) + 1):
        if any(possible(kept) for kept in itertools.combinations(range(len(order)), len(order) - changed)):
            return changed
    raise AssertionError("Everything may change.")


@st.composite
def orders(draw: Callable[..., object]) -> list[Place]:
    """A shelf in any order, with gaps and positions that several items have."""
    positions = draw(st.lists(st.integers(0, 9), max_size=7))
    keys = draw(st.permutations(range(1, len(positions) + 1)))  # type: ignore[arg-type]
    return list(zip(positions, keys, strict=True))  # type: ignore[call-overload]


@settings(max_examples=300, deadline=None)
@given(orders())
def test_the_order_is_kept_and_as_few_as_possible_change(order: list[Place]) -> None:
    """Whatever positions there are."""
    new = new_positions(order)
    assert sorted(new, key=lambda key: (new[key], key)) == [key for _, key in order]
    assert sum(new[key] != position for position, key in order) == fewest(order)


def test_the_last_of_a_long_shelf_comes_first() -> None:
    """There is no position before 0: all others get one, and none of them twice."""
    order = [(499, 500), *((position, position + 1) for position in range(499))]
    new = new_positions(order)
    assert len(set(new.values())) == 500
    assert sum(new[key] != position for position, key in order) == 499


FULL = 2_147_483_647


@pytest.mark.parametrize("position", [POSITION_MAX, FULL])
def test_a_shelf_whose_last_position_is_taken(room: Room, items: list[ShelfItem], position: int) -> None:
    """Is extended and sorted all the same, and no position is beyond what a database holds."""
    ShelfItem.objects.filter(pk=items[3].pk).update(position=position)
    factories.make_item(room, "E")
    factories.make_item(room, "F")
    assert titles(room) == "ABCDEF"
    with RoomTransaction(room.pk) as tx:
        sorting.item_move(tx, item_id=items[0].pk, before=None)
    assert titles(room) == "BCDEFA"
    assert max(ShelfItem.objects.values_list("position", flat=True)) <= POSITION_MAX


@given(st.lists(st.integers(POSITION_MAX - 4, FULL) | st.integers(0, 4), min_size=1, max_size=7))
def test_no_new_position_is_beyond_the_last(positions: list[int]) -> None:
    """Whatever stood there; those that nothing follows stay within it too."""
    new = new_positions([(position, key) for key, position in enumerate(positions)])
    assert max(new.values()) <= POSITION_MAX
    assert [key for _, key in sorted((position, key) for key, position in new.items())] == list(range(len(positions)))
