"""Queries that are compiled once."""

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Exists, F, QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from rooms.compiled import PARAMETERS_MAX, VALUES_MAX, Compiled, Prepared, insert, update
from rooms.models import Event, Room
from tests import factories

named = Compiled(lambda names, pks: User.objects.filter(nickname__in=names).filter(pk__in=pks).order_by("pk"))


def test_the_rows_are_those_of_the_query(transactional_db: None) -> None:
    """With one value or many, of another time or of this; each whole."""
    users = [factories.make_user("Li") for _ in range(VALUES_MAX + 2)]
    keys = [user.pk for user in users]
    for count in (1, 2, 1, VALUES_MAX + 2):
        assert named(["Li"], keys[:count]) == users[:count]
    assert named(["Li", "Wang"], keys[1:3]) == users[1:3]
    (found,) = named(["Li"], keys[:1])
    assert found.get_deferred_fields() == set()
    assert found.created_at == users[0].created_at


def test_nothing_is_asked_for_nothing(transactional_db: None) -> None:
    """As with an empty IN."""
    with CaptureQueriesContext(connection) as queries:
        assert named([], [1]) == named(["Li"], []) == []
    assert len(queries) == 0


@pytest.mark.parametrize(
    "build",
    [
        lambda pks, slugs: Room.objects.filter(slug__in=slugs).filter(pk__in=pks),
        lambda pks, slugs: Room.objects.filter(pk__in=pks).filter(slug__in=slugs).filter(show=1),
    ],
)
def test_a_query_with_other_parameters_is_refused(room: Room, build: object) -> None:
    """One in another order, or with more of them, would be run with the wrong values."""
    with pytest.raises(ValueError, match="are not the values"):
        Compiled(build)([room.pk], ["demo"])  # type: ignore[arg-type]


def test_rows_are_inserted_in_order(room: Room) -> None:
    """More than one statement takes, with signs that SQL knows; their keys come back in order."""
    count = PARAMETERS_MAX // 4 + 5
    rows = [(room.pk, seq, "notice", f"'%s' \" {seq}") for seq in range(1, count + 1)]
    keys = insert(Event, ("room_id", "seq", "kind", "payload"), rows)
    found = {event.pk: event for event in Event.objects.filter(room=room)}
    assert [(found[key].room_id, found[key].seq, found[key].kind, found[key].payload) for key in keys] == rows
    assert insert(Event, ("room_id", "seq", "kind", "payload"), []) == []


def test_rows_are_updated_at_once(room: Room) -> None:
    """More than one statement takes; each its own values, and no others. Only all of them or none."""
    count = PARAMETERS_MAX // 2 + 5
    keys = insert(Event, ("room_id", "seq", "kind", "payload"), [(room.pk, seq, "a", "") for seq in range(count + 1)])
    with CaptureQueriesContext(connection) as queries:
        update(Event, ["seq"], [(key, 10_000 + number) for number, key in enumerate(keys[:-1])])
    assert len(queries) == 2
    found = dict(Event.objects.filter(room=room).values_list("pk", "seq"))
    assert [found[key] for key in keys] == [*range(10_000, 10_000 + count), count]
    with pytest.raises(DatabaseError, match="Of 2 rows of rooms_event 1 were there"), transaction.atomic():
        update(Event, ["seq"], [(keys[0], 1), (keys[-1] + 1, 2)])
    assert Event.objects.get(pk=keys[0]).seq == 10_000
    with CaptureQueriesContext(connection) as queries:
        update(Event, ["seq"], [])
    assert len(queries) == 0


def test_what_is_prepared_is_compiled_once(room: Room) -> None:
    """Its arguments go where their stand-ins stood, as often as they did; what else it has stays."""
    moment = datetime(2100, 1, 1, tzinfo=UTC)
    built: list[tuple[int, datetime]] = []

    def build(pk: int, now: datetime) -> QuerySet[Room]:
        built.append((pk, now))
        again = Exists(Room.objects.filter(pk=pk, slug="demo"))
        return Room.objects.filter(again, pk=pk, created_at__lt=now).annotate(demo=again, made=F("created_at"))

    prepared = Prepared(build, 2_000_000_011, moment)
    for _ in range(2):
        [found] = prepared(room.pk, timezone.now())
        assert (found, found.get_deferred_fields()) == (room, set())
        assert found.demo is True  # type: ignore[attr-defined]
        assert found.made == room.created_at  # type: ignore[attr-defined]
    assert prepared(room.pk, room.created_at) == prepared(room.pk + 1, timezone.now()) == []
    assert built == [(2_000_000_011, moment)]


def test_a_stand_in_that_is_no_parameter_is_refused(room: Room) -> None:
    """Its argument would have no effect."""
    with pytest.raises(ValueError, match="Not all of"):
        Prepared(lambda pk, _show: Room.objects.filter(pk=pk), 2_000_000_011, 2_000_000_033)(room.pk, 1)


def test_related_rows_are_refused(room: Room) -> None:
    """They would be left out."""
    with pytest.raises(ValueError, match="select_related"):
        Compiled(lambda pks: Room.objects.select_related("host").filter(pk__in=pks))([room.pk])
