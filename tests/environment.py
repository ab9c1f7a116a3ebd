"""What a test run sets before the settings are read: loaded by pytest (`-p tests.environment`) ahead of pytest-django.

What the caller set stays: `DATABASE_URL=postgres://… make test` runs the same tests on PostgreSQL.
"""

import os

os.environ.setdefault("DEBUG", "1")
