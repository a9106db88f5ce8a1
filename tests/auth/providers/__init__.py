"""Identity providers of different make, started from their packages, whose keys the tests know.

Each issues tokens by its own code, over HTTP. As the keys are ours, a test can also sign what the
provider never would.
"""
