"""Throw-away servers and behaviour suites; development only."""
