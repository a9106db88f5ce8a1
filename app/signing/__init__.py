"""Requests that carry their own authorisation: SigV4, POST policies, CloudFront, signed tokens.

Imports ``app.domain`` and libraries; nothing here talks to the network.
"""
