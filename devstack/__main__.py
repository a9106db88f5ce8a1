"""``python -m devstack``: everything a newcomer needs, in one terminal."""

import sys

from devstack.run import main

if __name__ == "__main__":
    sys.exit(main())
