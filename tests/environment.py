"""What holds for every test run: loaded by pytest (`-p tests.environment`) before pytest-django reads the settings.

What the caller set stays: `DATABASE_URL=postgres://... make test` runs the same tests on PostgreSQL.
"""

import os

os.environ.setdefault("DEBUG", "1")
