"""A family and its relay whose clocks are set: they go on by days within a
second, or are wrong on some devices. The programs are the real ones; what
asks the C library for the time gets another answer (faked_clock.c)."""
import os
import struct

from family import Family

DAY = 86400


class Clock:
    """Of one device: what is added to UTC, and to the clock that only grows
    while the machine runs."""

    def __init__(self, path):
        self.path, self.passed, self.wrong = path, 0, 0
        self.write()

    def write(self):
        # In place: whoever runs has mapped it.
        with open(self.path, "r+b" if os.path.exists(self.path) else "wb",
                  buffering=0) as file:
            file.write(struct.pack("=qq", (self.passed + self.wrong) * 10**9,
                                   self.passed * 10**9))

    def set(self, passed=None, wrong=None):
        """Seconds that have passed; and by how many UTC is wrong."""
        if passed is not None:
            self.passed = passed
        if wrong is not None:
            self.wrong = wrong
        self.write()


class TimedFamily(Family):
    def __init__(self, covey, relay, library):
        self.library, self.clocks, self.passed = library, {}, 0
        super().__init__(covey, relay)

    def clock(self, name):
        if name not in self.clocks:
            self.clocks[name] = Clock(self.path(f"clock-{name}"))
            self.clocks[name].set(passed=self.passed)
        return self.clocks[name]

    def timed(self, name, command):
        # A sanitizer's runtime, where there is one, comes behind the library.
        options = os.environ.get("ASAN_OPTIONS", "")
        return ["env", f"LD_PRELOAD={self.library}",
                f"COVEY_FAKED_CLOCK={self.clock(name).path}",
                f"ASAN_OPTIONS={options}:verify_asan_link_order=0", *command]

    def start_program(self, *command):
        if command[0] == self.relay_program:
            command = self.timed("relay", command)
        return super().start_program(*command)

    def command(self, home, words):
        return self.timed(home, super().command(home, words))

    def pass_time(self, seconds):
        """For everybody, also for who runs."""
        self.passed += seconds
        for clock in self.clocks.values():
            clock.set(passed=self.passed)
