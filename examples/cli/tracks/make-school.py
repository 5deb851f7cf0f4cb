#!/usr/bin/env python3
"""Prints the walk to school of the demo, school.gpx: the same each time.

A quarter of an hour through a town that could be anywhere: along streets,
round corners, waiting at a crossing, with the scatter of a cheap receiver."""
import math

START = (47.3702100, 8.5379200)  # beside the lake of Zurich
BEGIN = 7 * 3600 + 42 * 60       # of 2026-11-20
STEP_S = 15
# Metres to the east and north of the last corner, seconds on the way.
LEGS = [(60, 180, 150), (140, 20, 105), (0, 0, 45), (40, 210, 165),
        (-120, 60, 105), (30, 250, 195), (110, 15, 90), (12, 30, 30)]


def noise(number):
    """Two numbers from -1 to 1 that look like nothing."""
    value = number * 2654435761 % 2 ** 32
    value ^= value >> 13
    value = value * 1274126177 % 2 ** 32
    return ((value & 0xffff) / 32767.5 - 1, (value >> 16) / 32767.5 - 1)


def corners():
    east = north = seconds = 0
    yield 0, 0, 0
    for leg_east, leg_north, leg_seconds in LEGS:
        east, north, seconds = (east + leg_east, north + leg_north,
                                seconds + leg_seconds)
        yield east, north, seconds


def place(second):
    points = list(corners())
    for (e0, n0, s0), (e1, n1, s1) in zip(points, points[1:]):
        if second <= s1:
            part = (second - s0) / (s1 - s0)
            return e0 + (e1 - e0) * part, n0 + (n1 - n0) * part
    return points[-1][:2]


def main():
    print('<?xml version="1.0" encoding="UTF-8"?>\n'
          '<gpx version="1.1" creator="make-school.py" '
          'xmlns="http://www.topografix.com/GPX/1/1">\n'
          '<trk><name>To school</name><trkseg>')
    length = sum(leg[2] for leg in LEGS)
    for number, second in enumerate(range(0, length + 1, STEP_S)):
        east, north = place(second)
        scatter_east, scatter_north = noise(number + 1)
        lat = START[0] + (north + 2.5 * scatter_north) / 111132
        lon = START[1] + (east + 2.5 * scatter_east) / (
            111320 * math.cos(math.radians(START[0])))
        height = 408 + north / 40 + scatter_east
        hdop = 1.0 + abs(scatter_north) * 1.4
        clock = BEGIN + second
        print(f'<trkpt lat="{lat:.7f}" lon="{lon:.7f}"><ele>{height:.1f}'
              f'</ele><time>2026-11-20T{clock // 3600:02}:'
              f'{clock // 60 % 60:02}:{clock % 60:02}Z</time>'
              f'<hdop>{hdop:.1f}</hdop></trkpt>')
    print('</trkseg></trk>\n</gpx>')


main()
