"""The control interface of a server for tests: reset it, stop its clock, make it fail, ask it.

It answers below ``/__leadwire/``, only if the server was started with ``--controls``. It knows
every part of a running server, and no part knows it: the composition root passes in what it needs.
"""

from leadwire.controls.application import PREFIX, Controls
from leadwire.controls.clock import ControlledClock
from leadwire.controls.ids import SeededIds

__all__ = ["PREFIX", "ControlledClock", "Controls", "SeededIds"]
