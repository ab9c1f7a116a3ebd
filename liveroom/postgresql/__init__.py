"""Django's PostgreSQL backend, with a pool that finds its way back from a restart of the server."""
