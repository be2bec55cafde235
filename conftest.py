"""For all tests: heed the signals that ``nohup``, or a shell in the background, has had ignored.

Processes that tests start inherit that, and would not end when a test tells them to.
"""

from __future__ import annotations

import signal

for number, heeded in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, heeded)
