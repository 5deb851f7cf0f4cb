"""A family that says, in some days, everything that can be said, and what of
it is to be found nowhere."""
import base64
import os
import struct
import time

from faked_time import DAY, TimedFamily
from forms import Place
from recorder import Recorder
from scan import Canaries

# Homes of devices have a name, too.
ANNA, BEN, MIA = "annas-zaunkoenig", "bens-zaunkoenig", "mias-zaunkoenig"
NAMES = {"the child's name": "Mia Zaunk\u00f6nig",
         "the father's name": "Benedikt Zaunk\u00f6nig",
         "the grandmother's name": "Oma Waltraud"}
NUMBER = "+49 171 5550199"
TEXTS = {"a text": "Treffpunkt Kastanienallee 17, gegen sechs Uhr",
         "an answer": "Ich bin noch bei Wilhelmine im Hinterhof",
         "a text with a number": f"Waltraud hat jetzt die {NUMBER}"}
ZONES = {"a zone's name": "Schule am Amselweg",
         "a hidden zone's name": "Versteck Brombeerhang"}
TRACK_NAME = "Schulweg Zaunk\u00f6nig"
PICTURE_NAME = "Geburtstagsfoto"
PLACES = {name: Place(name, lat, lon) for name, lat, lon in (
    ("the school", 473770725, 85415450),
    ("the hiding place", -345678912, -587654321),
    ("the receiver's place", -338567833, 1512153000),
    ("the track's first point", 473702301, 85379370),
    ("the track's last point", 473761189, 85411777))}
SOURCES = ("127.83.121.47", "127.94.206.113", "127.201.77.158")
STEPS = 12  # of the track


def points():
    first, last = (PLACES[f"the track's {end} point"] for end in (
        "first", "last"))
    for i in range(STEPS):
        yield [(begin * (STEPS - 1 - i) + end * i) // (STEPS - 1)
               for begin, end in ((first.lat, last.lat),
                                  (first.lon, last.lon))]


def gpx(begin):
    """The track, a point a minute, from that second on."""
    lines = "".join(
        f'<trkpt lat="{lat / 10**7:.7f}" lon="{lon / 10**7:.7f}"><time>'
        + time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begin + 60 * i))
        + "</time></trkpt>\n" for i, (lat, lon) in enumerate(points()))
    return ('<?xml version="1.0"?><gpx version="1.1" creator="c" '
            'xmlns="http://www.topografix.com/GPX/1/1"><trk><name>'
            f"{TRACK_NAME}</name><trkseg>{lines}</trkseg></trk></gpx>")


def nmea(place, now):
    def minutes(number, width):
        degrees, rest = divmod(abs(number), 10**7)
        return f"{degrees:0{width}}{rest * 60 / 10**7:07.4f}"
    body = (f"GPRMC,{time.strftime('%H%M%S', time.gmtime(now))},A,"
            f"{minutes(place.lat, 2)},{'NS'[place.lat < 0]},"
            f"{minutes(place.lon, 3)},{'EW'[place.lon < 0]},1.0,90.0,"
            f"{time.strftime('%d%m%y', time.gmtime(now))},,")
    total = 0
    for char in body:
        total ^= ord(char)
    return f"${body}*{total:02X}\r\n"


def png(noise):
    return (b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 64, 48)
            + noise)


def wav(noise):
    return (b"RIFF" + struct.pack("<I", 36 + len(noise)) + b"WAVEfmt " +
            struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8) + b"data" +
            struct.pack("<I", len(noise)) + noise)


class PlantedFamily(TimedFamily):
    """Its relay is reached through somebody who records."""

    def __init__(self, covey, relay, library):
        self.canaries, self.numbers, self.invites = Canaries(), set(), []
        self.digits = Canaries()
        super().__init__(covey, relay, library)
        self.recorder = Recorder(self.port, SOURCES)
        self.relay = f"localhost:{self.recorder.port}"

    def close(self):
        super().close()
        self.recorder.close()

    def start(self, home, *words):
        program = super().start(home, *words)
        if "invite" in words:
            self.invites.append(program)
        return program

    def now(self):
        return int(time.time()) + self.passed

    def file(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)

    # ---- what they do ----

    def pair(self):
        self.found(ANNA)
        self.mia = self.join(ANNA, MIA, "--watch", NAMES["the child's name"])
        self.ben = self.join(ANNA, BEN, "--guardian",
                             NAMES["the father's name"])
        self.run(BEN, "name", self.mia, NAMES["the child's name"])
        self.run(BEN, "name", self.ben, NAMES["the grandmother's name"])

    def walk(self):
        track = self.file("track.gpx", gpx(self.now() - 60 * STEPS).encode())
        self.run(MIA, "watch", "--replay", track, "--speed", "0", "--once")

    def rules(self):
        school, hidden = (PLACES[name] for name in (
            "the school", "the hiding place"))
        for words in (
                ("zone", ZONES["a zone's name"], str(school.lat / 10**7),
                 str(school.lon / 10**7), "80", "--enter"),
                ("zone", ZONES["a hidden zone's name"], "--hidden", "--",
                 str(hidden.lat / 10**7), str(hidden.lon / 10**7), "150"),
                ("contacts", self.ben), ("sos", self.ben),
                ("hours", "Mon-Fri 8:00-12:00")):
            self.run(ANNA, "policy", *words)
            self.run(MIA, "watch", "--once")

    def talk(self):
        self.run(ANNA, "send", TEXTS["a text"])
        self.run(MIA, "inbox")
        self.run(MIA, "send", TEXTS["an answer"])
        self.run(BEN, "inbox")
        self.run(BEN, "send", TEXTS["a text with a number"])
        self.run(ANNA, "inbox")

    def send_media(self):
        self.picture, self.voice = (os.urandom(6000) for _ in range(2))
        self.run(MIA, "picture",
                 self.file(f"{PICTURE_NAME}.png", png(self.picture)))
        self.run(ANNA, "voice", self.file("voice.wav", wav(self.voice)))
        for home in (MIA, BEN):
            self.run(home, "inbox")
            self.run(home, "save", self.path("saved"))

    def receive_position(self):
        path = self.file("receiver.nmea", nmea(
            PLACES["the receiver's place"], self.now()).encode())
        self.run(MIA, "watch", "--nmea", path, "--every", "1", "--once")

    def locate(self):
        watch = self.start(MIA, "--json", "watch", "--wake", "--replay",
                           self.file("now.gpx", gpx(
                               self.now() - 60 * STEPS).encode()),
                           "--speed", "0")
        watch.json_with("watch")
        self.located = self.json(ANNA, "locate")
        self.running.remove(watch)
        assert watch.end() == 0, watch.errors

    def call_for_help(self):
        self.run(MIA, "sos", "--no-wait")
        self.run(BEN, "sos", "--seen")
        self.run(MIA, "sos", "--over")

    def end_day(self):
        for home in (ANNA, BEN, MIA):
            self.numbers.add(self.json(home, "verify")["safety_number"])
        self.pass_time(DAY)

    def live(self):
        """Four days."""
        self.pair()
        for acts in ((self.rules,), (self.send_media,),
                     (self.receive_position, self.locate),
                     (self.call_for_help,)):
            self.walk()
            for act in acts:
                act()
            self.talk()
            self.end_day()

    # ---- what is looked for ----

    def secrets(self):
        """Keys that never leave a device, and ids that leave it sealed."""
        for home in (ANNA, BEN, MIA):
            with open(os.path.join(self.path(home), "host.key"), "rb") as file:
                data = file.read()
            for at in range(0, len(data) - 31, 32):
                yield f"host key {home} from {at}", data[at:at + 32]
        for member in self.json(ANNA, "members"):
            yield f"id {member['id']}", bytes.fromhex(member["id"])
        for number, program in enumerate(self.invites):
            body = program.json_with("uri").removeprefix("COVEY:")
            body = base64.b32decode(body + "=" * (-len(body) % 8))
            yield f"secret of invite {number}", body[2:34]
        # As the network has it: two digits a byte, swapped.
        digits = "".join(filter(str.isdigit, NUMBER))
        yield "number in BCD", bytes(int(digits[i + 1] + digits[i], 16)
                                     for i in range(0, len(digits) - 1, 2))

    def plant(self):
        """Canaries of all that was said."""
        for texts in (NAMES, TEXTS, ZONES):
            for what, text in texts.items():
                self.canaries.text(what, text)
        for what, text in (
                ("a phone number", NUMBER), ("the track's name", TRACK_NAME),
                ("a phone number, E.164", NUMBER.replace(" ", "")),
                ("a file's name", PICTURE_NAME), ("a home", ANNA),
                ("a home", BEN), ("a home", MIA)):
            self.canaries.text(what, text)
        for number in sorted(self.numbers):
            self.canaries.text("a safety number", number)
            self.canaries.text("a safety number", number.replace(" ", ""))
        for number, program in enumerate(self.invites):
            self.canaries.text(f"invite {number}", program.json_with("uri"))
            self.digits.text(f"digits {number}", program.json_with("digits"))
        for what, data in self.secrets():
            self.canaries.bytes(what, data)
        self.canaries.pieces("a picture", self.picture)
        self.canaries.pieces("a voice", self.voice)
        for place in PLACES.values():
            self.canaries.place(place)
