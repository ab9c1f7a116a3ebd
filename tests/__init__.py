"""The tests. Assertions of their helpers explain themselves like those of the tests."""

import pytest

pytest.register_assert_rewrite("tests.clients", "tests.law")
