"""How much a user may ask for and store.

Law of this layer:
1. Nothing here fails a request because Redis does: ``shared.py`` goes on in this process's memory.
   Shares that may be opened a limited number of times are the exception (``opens.py``).
2. What is held against a quota counts until a count that began after its end (``ledger.py``).
3. Limits know users by their verified ``sub``; strangers by the address behind the proxies.
"""
