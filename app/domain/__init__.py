"""The rules of the house, as plain values.

Law of this layer:
1. Standard library only.
2. No clock, no network, no environment: instants and settings come in as arguments.
3. A value that exists is valid; constructors refuse, they never repair.
4. What goes wrong is raised as a ``Problem`` from ``errors``.
5. Nothing here knows HTTP, JSON or S3's API.
"""
