"""Fixtures that more than one kind of test uses."""

pytest_plugins = ["tests.support.broker_fixtures", "tests.support.postgres_fixtures"]
