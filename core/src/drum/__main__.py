"""``python -m drum``: the same as the command ``drum``."""

from drum.cli import main

raise SystemExit(main())
