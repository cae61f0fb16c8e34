"""The machine's clock as the system's processes see it: it can be set off, and right again, while they run."""

import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Self

SOURCE = Path(__file__).with_name("clock.c")
#: How far off it is set, and what a partner on the same machine would therefore see on its own clock. Together less than the six
#: hours that news breaks for: what was posted by the one must not be over by the other.
HOURS_OFF = (-3.0, 2.5)
SECONDS_OFF = (0.0, *(hours * 3600 for hours in HOURS_OFF))


@dataclass(frozen=True, slots=True)
class Clock:
    """`file` holds how many seconds the clock is off, and is mapped by all who see it, so that they see a step at once.

    Without a `library` (there is no C compiler) it can't be set.
    """

    file: Path
    library: Path | None

    @classmethod
    def make(cls, folder: Path) -> Self:
        """A clock that is right. Raises subprocess.CalledProcessError."""
        library = None
        if compiler := shutil.which("cc"):
            library = folder / "clock.so"
            command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(SOURCE), "-ldl"]
            subprocess.run(command, check=True, capture_output=True)
        clock = cls(folder / "clock", library)
        clock.file.write_bytes(bytes(struct.calcsize("=q")))
        clock.file.chmod(0o644)  # PostgreSQL may run as another user
        return clock

    @property
    def environment(self) -> dict[str, str]:
        """What lets a process see this clock."""
        return {} if self.library is None else {"LD_PRELOAD": str(self.library), "CHAOS_CLOCK": str(self.file)}

    def set_off(self, hours: float) -> None:
        """Sets it off by so many hours, for all of them; 0 sets it right."""
        with self.file.open("r+b") as file:  # in its place, where it is mapped
            file.write(struct.pack("=q", round(hours * 3600)))
