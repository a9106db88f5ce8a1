"""``make smoke-aws``: one user's whole journey on AWS itself, in a stack that is made for it.

What local stand-ins cannot prove is proved by whoever has an AWS account: the stack comes up from
nothing, a gateway on this machine works on it, and all of it is removed again. The report is made
to be pasted into an issue. docs/aws.md says what it costs and how long it takes.
"""
