"""The structures of RFC 9420 that travel. Each is read into an object that
keeps its own encoding (`raw`), and that of it which is signed (`unsigned`)."""
from types import SimpleNamespace as Object

import crypto
from wire import Reader, need, u16, u32, u64, u8, vector, whole

VERSION, SUITE = 1, 0x0003
PRIVATE_MESSAGE, WELCOME, KEY_PACKAGE = 2, 3, 5
APPLICATION, PROPOSAL, COMMIT = 1, 2, 3
ADD, UPDATE, REMOVE, PSK, CONTEXT_EXTENSIONS = 1, 2, 3, 4, 7
FROM_KEY_PACKAGE, FROM_UPDATE, FROM_COMMIT = 1, 2, 3
RATCHET_TREE = 2


def read_extension(r):
    return Object(type=r.u16(), data=r.vector())


def read_extensions(r):
    found = r.items(read_extension)
    need(len(found) <= 16 and len({e.type for e in found}) == len(found),
         "PROFILE", "extensions")
    return found


def find_extension(extensions, wanted):
    return next((e.data for e in extensions if e.type == wanted), None)


def read_leaf(r):
    start = r.at
    leaf = Object(encryption_key=r.vector(), signature_key=r.vector())
    need(r.u16() == 1, "PROFILE", "a credential that is not basic")
    leaf.identity = r.vector()
    leaf.versions, leaf.suites, leaf.extension_types, leaf.proposal_types, \
        leaf.credential_types = (r.items(Reader.u16) for _ in range(5))
    leaf.source = r.u8()
    need(1 <= leaf.source <= 3, "MALFORMED", "source of a leaf")
    leaf.lifetime = (r.u64(), r.u64()) \
        if leaf.source == FROM_KEY_PACKAGE else None
    leaf.parent_hash = r.vector() if leaf.source == FROM_COMMIT else None
    leaf.extensions = read_extensions(r)
    leaf.unsigned = r.since(start)
    leaf.signature = r.vector()
    leaf.raw = r.since(start)
    need(len(leaf.raw) <= 320, "PROFILE", "a large leaf")
    return leaf


def check_leaf(leaf, group_id=b"", index=0):
    """Signature and profile of a leaf (sections 7.2, 7.3; SPEC.md 1)."""
    bound = b"" if leaf.source == FROM_KEY_PACKAGE \
        else vector(group_id) + u32(index)
    crypto.verify_with_label(leaf.signature_key, b"LeafNodeTBS",
                             leaf.unsigned + bound, leaf.signature)
    need(VERSION in leaf.versions and SUITE in leaf.suites and
         1 in leaf.credential_types, "LEAF")
    need(all(e.type in leaf.extension_types or e.type <= 5
             for e in leaf.extensions),
         "LEAF", "an extension that its own leaf does not list")
    if leaf.lifetime:
        first, last = leaf.lifetime
        need(first <= last <= first + 28 * 86400, "LIFETIME")


def read_key_package(r):
    start = r.at
    need(r.u16() == VERSION and r.u16() == SUITE, "PROFILE", "suite")
    package = Object(init_key=r.vector(), leaf=read_leaf(r),
                     extensions=read_extensions(r))
    package.unsigned = r.since(start)
    package.signature = r.vector()
    package.raw = r.since(start)
    need(len(package.raw) <= 640, "PROFILE", "a large KeyPackage")
    return package


def check_key_package(package):
    leaf = package.leaf
    need(leaf.source == FROM_KEY_PACKAGE and
         package.init_key != leaf.encryption_key, "LEAF")
    check_leaf(leaf)
    crypto.verify_with_label(leaf.signature_key, b"KeyPackageTBS",
                             package.unsigned, package.signature)


def key_package_ref(package):
    return crypto.ref_hash(b"MLS 1.0 KeyPackage Reference", package.raw)


def read_proposal(r):
    start = r.at
    proposal = Object(type=r.u16())
    if proposal.type == ADD:
        proposal.key_package = read_key_package(r)
    elif proposal.type == UPDATE:
        proposal.leaf = read_leaf(r)
    elif proposal.type == REMOVE:
        proposal.removed = r.u32()
    elif proposal.type == CONTEXT_EXTENSIONS:
        at = r.at
        proposal.extensions = read_extensions(r)
        proposal.data = whole(r.since(at), Reader.vector)
    else:  # psk: only while the group has one member (SPEC.md 2.4)
        need(False, "PROFILE", f"a proposal of type {proposal.type}")
    proposal.raw = r.since(start)
    return proposal


def read_ciphertext(r):
    return (r.vector(), r.vector())


def read_path_node(r):
    return Object(encryption_key=r.vector(),
                  secrets=r.items(read_ciphertext))


def read_path(r):
    return Object(leaf=read_leaf(r), nodes=r.items(read_path_node))


def read_proposal_or_ref(r):
    kind = r.u8()
    need(kind in (1, 2), "MALFORMED", "neither proposal nor reference")
    return Object(proposal=read_proposal(r) if kind == 1 else None,
                  ref=r.vector() if kind == 2 else None)


def read_commit(r):
    return Object(proposals=r.items(read_proposal_or_ref),
                  path=r.optional(read_path))


def read_private_message(r):
    need(r.u16() == VERSION and r.u16() == PRIVATE_MESSAGE, "PROFILE")
    return Object(group_id=r.vector(), epoch=r.u64(), type=r.u8(),
                  authenticated_data=r.vector(), sender_data=r.vector(),
                  ciphertext=r.vector())


def private_message(m):
    return (u16(VERSION) + u16(PRIVATE_MESSAGE) + vector(m.group_id) +
            u64(m.epoch) + u8(m.type) + vector(m.authenticated_data) +
            vector(m.sender_data) + vector(m.ciphertext))


def read_group_context(r):
    start = r.at
    need(r.u16() == VERSION and r.u16() == SUITE, "PROFILE", "suite")
    context = Object(group_id=r.vector(), epoch=r.u64(), tree_hash=r.vector(),
                     confirmed=r.vector())
    at = r.at
    context.extensions = read_extensions(r)
    context.extension_data = whole(r.since(at), Reader.vector)
    need(len(r.since(at)) <= 1024, "PROFILE", "large extensions")
    context.raw = r.since(start)
    return context


def group_context(group_id, epoch, tree_hash, confirmed, extension_data):
    raw = (u16(VERSION) + u16(SUITE) + vector(group_id) + u64(epoch) +
           vector(tree_hash) + vector(confirmed) + vector(extension_data))
    return whole(raw, read_group_context)


def read_group_info(r):
    start = r.at
    info = Object(context=read_group_context(r))
    info.extensions = read_extensions(r)
    info.confirmation_tag = r.vector()
    info.signer = r.u32()
    info.unsigned = r.since(start)
    info.signature = r.vector()
    return info


def read_welcome(r):
    need(r.u16() == VERSION and r.u16() == WELCOME and r.u16() == SUITE,
         "PROFILE")
    return Object(
        secrets=r.items(lambda r: (r.vector(), read_ciphertext(r))),
        group_info=r.vector())


def read_group_secrets(r):
    return Object(joiner_secret=r.vector(),
                  path_secret=r.optional(Reader.vector), psks=r.vector())


def read_key_package_message(r):
    need(r.u16() == VERSION and r.u16() == KEY_PACKAGE, "PROFILE")
    return read_key_package(r)
