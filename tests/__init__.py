"""The tests. Assertions in what they share explain themselves like their own."""

import pytest

pytest.register_assert_rewrite("tests.clients", "tests.law")
