"""The use cases: what a caller may do with uploads and assets, each said once.

``/v1``, ``/s3`` and the event worker call these. Each takes the ``Principal`` as a parameter and
knows no Flask.
"""
