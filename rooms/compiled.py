"""Queries that run all the time, compiled once: Django takes ten times as long to do that as a database to answer."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, Final, Generic, TypeVar

from django.db import DatabaseError, connection
from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)

VALUES_MAX: Final = 8
"""With more values than this a query is compiled each time: its cost is shared by as many commands."""

PARAMETERS_MAX: Final = 900
"""Values of one INSERT or UPDATE: older SQLite takes 999."""


class Compiled(Generic[Row]):
    """A queryset whose SQL is kept for each database and number of values; called with them it gives its rows.

    ``build`` makes it from lists of values, each for an ``IN``; an empty one gives no rows. They must be all of its
    parameters, in their order, and of types that the database takes as they are: anything else raises ValueError.
    """

    def __init__(self, model: type[Row], build: Callable[..., QuerySet[Row]]) -> None:
        self._model = model
        self._build = build
        self._known: dict[tuple[str | int, ...], str] = {}

    def __call__(self, *lists: Sequence[int] | Sequence[str]) -> list[Row]:
        if not all(lists):
            return []
        values: list[Any] = [value for each in lists for value in each]
        if len(values) > VALUES_MAX:
            return list(self._build(*lists))
        shape: tuple[str | int, ...] = (connection.vendor, *map(len, lists))
        sql = self._known.get(shape)
        if sql is None:
            sql = self._known[shape] = self._compile(lists, values)
        return list(self._model._base_manager.raw(sql, values))

    def _compile(self, lists: Sequence[Sequence[Any]], values: list[Any]) -> str:
        sql, parameters = self._build(*lists).query.sql_with_params()
        if list(parameters) != values:
            raise ValueError(f"The parameters {parameters} are not the values {values}.")
        return str(sql)


class Prepared(Generic[Row]):
    """A queryset whose SQL is kept for each database; called with its arguments it gives its rows.

    ``build`` makes it from one value for each argument; ``stand_ins`` are such values, which nothing else in it equals.
    What is annotated comes as the database gives it: 1 or true, a text or a time.
    """

    def __init__(self, model: type[Row], build: Callable[..., QuerySet[Row]], *stand_ins: int | str | datetime) -> None:
        self._model = model
        self._build = build
        self._stand_ins = stand_ins
        self._known: dict[str, tuple[str, list[Any], list[tuple[int, int]]]] = {}

    def __call__(self, *arguments: int | str | datetime) -> list[Row]:
        known = self._known.get(connection.vendor)
        if known is None:
            known = self._known[connection.vendor] = self._compile()
        sql, constants, places = known
        adapted = [_adapt(argument) for argument in arguments]
        parameters = list(constants)
        for at, number in places:
            parameters[at] = adapted[number]
        return list(self._model._base_manager.raw(sql, parameters))

    def _compile(self) -> tuple[str, list[Any], list[tuple[int, int]]]:
        sql, found = self._build(*self._stand_ins).query.sql_with_params()
        adapted = [_adapt(stand_in) for stand_in in self._stand_ins]
        places = [(at, adapted.index(value)) for at, value in enumerate(found) if value in adapted]
        if {number for _, number in places} != set(range(len(adapted))):
            raise ValueError(f"Not all of {adapted} are among the parameters {found}.")
        return str(sql), list(found), places


def _adapt(value: int | str | datetime) -> Any:
    """A value as the database's driver takes it."""
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def insert(model: type[Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[int]:
    """Insert rows as they are, each value of a type that the database takes; returns their keys, in order."""
    quote = connection.ops.quote_name
    names = ", ".join(map(quote, columns))
    place = f"({', '.join(['%s'] * len(columns))})"
    step = PARAMETERS_MAX // len(columns)
    keys: list[int] = []
    with connection.cursor() as cursor:
        for start in range(0, len(rows), step):
            some = rows[start : start + step]
            # Names and places only; the values go apart.
            sql = f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES {', '.join([place] * len(some))}"  # noqa: S608
            cursor.execute(f"{sql} RETURNING id", list(chain.from_iterable(some)))
            keys += [key for (key,) in cursor.fetchall()]
    return keys


def update(model: type[Model], columns: Sequence[str], rows: Sequence[Sequence[int]]) -> None:
    """Set whole numbers in rows: each row is its key, then a value for each of the columns.

    Raises DatabaseError when one of them is not there.
    """
    quote = connection.ops.quote_name
    table, key = quote(model._meta.db_table), quote(model._meta.pk.attname)
    # SQLite and PostgreSQL name the columns of VALUES alike.
    changes = ", ".join(f"{quote(name)} = v.column{number}" for number, name in enumerate(columns, start=2))
    place = f"({', '.join(['%s'] * (len(columns) + 1))})"
    step = PARAMETERS_MAX // (len(columns) + 1)
    with connection.cursor() as cursor:
        for start in range(0, len(rows), step):
            some = rows[start : start + step]
            values = ", ".join([place] * len(some))
            # Names and places only; the values go apart.
            sql = f"UPDATE {table} SET {changes} FROM (VALUES {values}) AS v WHERE {table}.{key} = v.column1"  # noqa: S608
            cursor.execute(sql, list(chain.from_iterable(some)))
            if cursor.rowcount != len(some):
                raise DatabaseError(f"Of {len(some)} rows of {model._meta.db_table} {cursor.rowcount} were there.")
