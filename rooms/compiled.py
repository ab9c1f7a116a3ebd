"""Queries of every commit, compiled once: Django takes ten times as long to compile one as a database to answer it."""

from collections.abc import Callable, Sequence
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
