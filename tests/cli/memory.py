"""The memory of a program that runs, as a core dump would have it."""
import re

LARGEST = 1 << 30  # more has only a sanitizer's own, without end, in mappings


def mappings(pid):
    """Those that can be read, and into which something can have come: begin,
    size. What is mapped of a program's file to be read alone is as it was
    built."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as file:
        for line in file:
            begin, end, rights, name = re.match(
                r"(\w+)-(\w+) (\S+) \S+ \S+ \S+ *(.*)", line).groups()
            size = int(end, 16) - int(begin, 16)
            is_built = "w" not in rights and name.startswith("/")
            if "r" in rights and size < LARGEST and not is_built:
                yield int(begin, 16), size


def memory_of(pid):
    """Of a program of ours. What lies side by side is one piece."""
    out, last = [], None
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as file:
        for begin, size in mappings(pid):
            try:
                file.seek(begin)
                part = file.read(size)
            except (OSError, ValueError, OverflowError):
                continue  # of a device, or of the kernel
            if begin != last:
                out.append(bytearray())
            out[-1] += part
            last = begin + len(part)
    return [bytes(part) for part in out]
