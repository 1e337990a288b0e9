"""Throw-away servers for every test of the repository."""

pytest_plugins = ["testkit.plugin", "testkit.coverage_of_requirements"]
