"""How often Python looks for garbage that reference counts don't find."""

import gc

#: Net new objects before a look at the young ones, and of such looks before one at the older. Python's own 700, 10 and 10 suit
#: small programs: with them a worker spent a fifth of a publish on looking. Some 10 MB may wait for it with these.
THRESHOLDS = (10_000, 20, 20)


def collect_rarely() -> None:
    """For a process that has loaded and built what it keeps: that is never looked at again, and the rest less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
