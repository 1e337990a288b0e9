"""Simulators of the outside world: OIDC provider, SMS provider, mail catcher."""
