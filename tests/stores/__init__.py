"""Strict S3 stores, installed from packages and started by fixtures on loopback.

`install` fetches them, `fixtures` starts them, `cors` stands before them for browsers.
None is complete, so each proves what it is strict about; `test_stores` keeps that list honest.
"""
