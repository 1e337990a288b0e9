"""An OIDC provider with the quirks known of ID.not's qualification platform.

The issuer's host is not the endpoints' host, there is no discovery document, the token endpoint takes
`client_secret_basic` only, and the claims have names of their own that the client has to map.
"""
