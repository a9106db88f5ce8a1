"""Coverage-guided fuzzing: ``make fuzz`` (docs/fuzzing.md).

A target is a function of bytes that raises when an invariant does not hold. Targets know nothing
of the fuzzer, so that the ordinary tests run their seeds, and all that was ever found.
"""
