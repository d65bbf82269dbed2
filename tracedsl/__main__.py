"""`python -m tracedsl` is the command `tracedsl`."""

import sys

from tracedsl.cli import main

sys.exit(main())
