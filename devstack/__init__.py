"""The local AWS stand-in: a store that refuses what S3 refuses, sign-in, and their runner.

It shares no code with the gateway it is used against: what is right about a signature is decided
by botocore here, so that a fault of the gateway's signer cannot hide behind its own mirror image.
"""
