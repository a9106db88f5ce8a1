"""Mixed traffic of many users for a long time, every answer checked, memory watched.

    python -m benchmarks.soak [--minutes 30] [--users 500] [--rate 40] [--store local]

``site`` starts a strict store, Redis and the gateway as in production, ``fill`` fills what its
workers remember. ``crowd`` lets the users act, each through ``user`` and ``client``, by the acts in
``uploading``, ``library``, ``sharing``, ``packages``, ``refusals`` and ``uppy``; ``record`` keeps
what they met.
``measure`` samples the processes, ``accounts`` holds what users were promised against the store,
``judge`` decides, ``report`` writes it down.
"""
