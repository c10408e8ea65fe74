"""The project's tests; a package, so that ``tests.site`` is found wherever pytest is started."""
