"""`python -m handseg`, for torchrun and for places without the script on PATH."""

import sys

from handseg.cli import main

sys.exit(main())
