"""The list of members (SPEC.md 2.2)."""
from types import SimpleNamespace as Object

from wire import Reader, Refused, need, u16, u32, u8, vector, whole

EXTENSION = 0xf0c0
WEARER, GUARDIAN, CARER, FRIEND = 1, 2, 3, 4
MEMBERS, PHONES, ANNOUNCEMENTS, DOCUMENTS, RELAYS = 16, 4, 4, 8, 128


def is_visible(text):
    return all(0x21 <= c <= 0x7e for c in text)


def read_member(r):
    return Object(id=r.take(16), person=r.u8(), role=r.u8(), votes=r.u8(),
                  expires_h=r.u32())


def read_announcement(r):
    return Object(kind=r.u8(), target=r.take(16), by=r.take(16))


def read_document(r):
    return Object(kind=r.u8(), version=r.u32(), hash=r.take(16))


def read_roster(r):
    need(r.u8() == 1, "ROSTER", "version")
    return Object(next_person=r.u8(), members=r.items(read_member),
                  announcements=r.items(read_announcement),
                  documents=r.items(read_document),
                  relays=r.items(Reader.vector))


def encode(roster):
    return (u8(1) + u8(roster.next_person) +
            vector(b"".join(m.id + u8(m.person) + u8(m.role) + u8(m.votes) +
                            u32(m.expires_h) for m in roster.members)) +
            vector(b"".join(u8(a.kind) + a.target + a.by
                            for a in roster.announcements)) +
            vector(b"".join(u8(d.kind) + u32(d.version) + d.hash
                            for d in roster.documents)) +
            vector(b"".join(map(vector, roster.relays))))


def extension(data):
    """The GroupContext's list of extensions, without its length."""
    return u16(EXTENSION) + vector(data)


def decode(data):
    try:
        roster = whole(data, read_roster)
    except Refused as error:
        raise Refused("ROSTER", f"malformed, {error}") from None
    check(roster)
    return roster


# ---- in the words of tests/vectors/own/roster.json

LISTS = ("members", "announcements", "documents")
BYTES = ("id", "target", "by", "hash")


def words(roster):
    found = {name: [{key: value.hex() if key in BYTES else value
                     for key, value in vars(one).items()}
                    for one in getattr(roster, name)] for name in LISTS}
    return dict(found, next_person=roster.next_person,
                relays=[url.decode() for url in roster.relays])


def of_words(said):
    found = {name: [Object(**{key: bytes.fromhex(value) if key in BYTES
                              else value for key, value in one.items()})
                    for one in said[name]] for name in LISTS}
    return Object(**found, next_person=said["next_person"],
                  relays=[url.encode() for url in said["relays"]])


def check_member(member, roster):
    wearer, guardian, carer = (member.role == role
                               for role in (WEARER, GUARDIAN, CARER))
    need(WEARER <= member.role <= FRIEND, "ROSTER", "role")
    need((member.person == 0) == wearer, "ROSTER", "person 0")
    need(member.person < roster.next_person, "ROSTER", "next_person")
    need(member.votes <= guardian, "ROSTER", "votes")
    need((member.expires_h != 0) == carer, "ROSTER", "expiry")


def check(roster):
    members = roster.members
    need(len(members) <= MEMBERS, "ROSTER", "members")
    need(len({m.id for m in members}) == len(members), "ROSTER",
         "an id twice")
    need(sum(m.role == WEARER for m in members) <= 1, "ROSTER", "wearers")
    for member in members:
        check_member(member, roster)
    for person in {m.person for m in members}:
        phones = [m for m in members if m.person == person]
        need(len(phones) <= PHONES, "ROSTER", "phones")
        need(len({(m.role, m.votes) for m in phones}) == 1, "ROSTER",
             "one person, several roles")
    kinds = [d.kind for d in roster.documents]
    need(len(roster.announcements) <= ANNOUNCEMENTS and
         len(kinds) <= DOCUMENTS, "ROSTER", "too much")
    need(len(set(kinds)) == len(kinds), "ROSTER", "a kind twice")
    need(sum(len(vector(url)) for url in roster.relays) <= RELAYS and
         all(url and is_visible(url) for url in roster.relays), "ROSTER",
         "relays")


def check_leaves(roster, tree):
    """Each leaf has exactly one entry, and each entry one leaf."""
    need(sorted(leaf.identity for _, leaf in tree.leaves()) ==
         sorted(m.id for m in roster.members), "ROSTER", "leaves")


# ---- who may say what (SPEC.md 2.3)

ALL = {WEARER, GUARDIAN, CARER, FRIEND}
MAY_SAY = {
    1: {WEARER}, 2: {WEARER}, 3: ALL, 4: ALL, 5: ALL, 6: {WEARER},
    7: {GUARDIAN, CARER}, 9: {WEARER}, 10: {WEARER}, 11: ALL,
    12: {GUARDIAN}, 13: {WEARER, GUARDIAN}, 14: {WEARER}, 15: {WEARER},
}
COMMAND, OPEN_TO_CARERS = 8, (0, 1, 7)  # unknown, locate, sync


def may_say(role, kind, command=None):
    if kind <= 0:  # unknown, or sealed
        return True
    if kind == COMMAND:
        return role == GUARDIAN or role == CARER and command in OPEN_TO_CARERS
    return role in MAY_SAY[kind]
