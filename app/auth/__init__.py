"""From a bearer token to a ``Principal``."""
