"""What every test starts from."""

from __future__ import annotations

import signal

# A test runner started by nohup or by some CI ignores hang-ups, and so would every child; what
# the tests say of closed terminals is about ordinary processes.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
