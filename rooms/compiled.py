"""Queries that run all the time, compiled once: Django takes ten times as long to do that as a database to answer."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, Final, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection
from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)

VALUES_MAX: Final = 256
"""With more values in a list than this a query is compiled each time: its cost is shared by as many commands."""

PARAMETERS_MAX: Final = 900
"""Values of one INSERT or UPDATE: older SQLite takes 999."""


class _Statement(Generic[Row]):
    """A queryset's SQL, and how a row of the answer becomes an object: a raw query finds that out each time."""

    def __init__(self, rows: QuerySet[Row]) -> None:
        compiler: Any = rows.query.get_compiler(DEFAULT_DB_ALIAS)
        sql, parameters = compiler.as_sql()
        self.sql = str(sql)
        self.parameters = list(parameters)
        if "related_klass_infos" in compiler.klass_info:
            raise ValueError("A query with select_related cannot be kept.")
        places = compiler.klass_info["select_fields"]
        self._model: type[Row] = compiler.klass_info["model"]
        self._fields = slice(places[0], places[-1] + 1)
        self._names = [column.target.attname for column, *_ in compiler.select[self._fields]]
        self._annotations = list(compiler.annotation_col_map.items())
        self._converters = [
            (at, functions, column)
            for at, (functions, column) in compiler.get_converters([column for column, *_ in compiler.select]).items()
        ]

    def rows(self, parameters: Sequence[Any]) -> list[Row]:
        with connection.cursor() as cursor:
            cursor.execute(self.sql, parameters)
            return [self._made(list(row)) for row in cursor.fetchall()]

    def _made(self, row: list[Any]) -> Row:
        for at, functions, column in self._converters:
            for convert in functions:
                row[at] = convert(row[at], column, connection)
        made = self._model.from_db(DEFAULT_DB_ALIAS, self._names, row[self._fields])
        for name, at in self._annotations:
            setattr(made, name, row[at])
        return made


class Compiled(Generic[Row]):
    """A queryset whose SQL is kept for each database and sizes of lists; called with them it gives its rows.

    ``build`` makes it from lists of values, each for an ``IN``; an empty one gives no rows. They must be all of its
    parameters, in their order, and of types that the database takes as they are: anything else raises ValueError.
    """

    def __init__(self, build: Callable[..., QuerySet[Row]]) -> None:
        self._build = build
        self._known: dict[tuple[str | int, ...], _Statement[Row]] = {}

    def __call__(self, *lists: Sequence[int] | Sequence[str]) -> list[Row]:
        if not all(lists):
            return []
        if max(map(len, lists)) > VALUES_MAX:
            return list(self._build(*lists))
        # A value that is asked for twice changes nothing: so few sizes are enough.
        filled = [[*each, *[each[-1]] * ((1 << (len(each) - 1).bit_length()) - len(each))] for each in lists]
        shape: tuple[str | int, ...] = (connection.vendor, *map(len, filled))
        statement = self._known.get(shape) or self._compile(shape, filled)
        return statement.rows(list(chain.from_iterable(filled)))

    def _compile(self, shape: tuple[str | int, ...], lists: list[list[Any]]) -> _Statement[Row]:
        # In place of the values others of their type, for Django leaves out those that are asked for twice.
        stand_ins = [[type(each[0])(number) for number in range(len(each))] for each in lists]
        statement, values = _Statement(self._build(*stand_ins)), list(chain.from_iterable(stand_ins))
        if statement.parameters != values:
            raise ValueError(f"The parameters {statement.parameters} are not the values {values}.")
        self._known[shape] = statement
        return statement


class Prepared(Generic[Row]):
    """A queryset whose SQL is kept for each database; called with its arguments it gives its rows.

    ``build`` makes it from one value for each argument; ``stand_ins`` are such values, which nothing else in it equals.
    """

    def __init__(self, build: Callable[..., QuerySet[Row]], *stand_ins: int | str | datetime) -> None:
        self._build = build
        self._stand_ins = stand_ins
        self._known: dict[str, tuple[_Statement[Row], list[tuple[int, int]]]] = {}

    def __call__(self, *arguments: int | str | datetime) -> list[Row]:
        known = self._known.get(connection.vendor)
        if known is None:
            known = self._known[connection.vendor] = self._compile()
        statement, places = known
        adapted = [_adapt(argument) for argument in arguments]
        parameters = list(statement.parameters)
        for at, number in places:
            parameters[at] = adapted[number]
        return statement.rows(parameters)

    def _compile(self) -> tuple[_Statement[Row], list[tuple[int, int]]]:
        statement = _Statement(self._build(*self._stand_ins))
        adapted = [_adapt(stand_in) for stand_in in self._stand_ins]
        places = [(at, adapted.index(value)) for at, value in enumerate(statement.parameters) if value in adapted]
        if {number for _, number in places} != set(range(len(adapted))):
            raise ValueError(f"Not all of {adapted} are among the parameters {statement.parameters}.")
        return statement, places


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
