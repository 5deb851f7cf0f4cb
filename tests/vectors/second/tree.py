"""The ratchet tree (RFC 9420 sections 4, 7 and appendix C): nodes in an
array, leaves at even places."""
import copy
from types import SimpleNamespace as Object

import crypto
import message
from wire import Reader, need, optional, u32, u8, vector, whole_items


def level(node):
    return (~node & node + 1).bit_length() - 1


def left(node):
    return node ^ 1 << level(node) - 1


def right(node):
    return node ^ 3 << level(node) - 1


def parent_of(node):
    k = level(node)
    return (node | 1 << k) & ~(1 << k + 1)


def read_parent(r):
    return Object(encryption_key=r.vector(), parent_hash=r.vector(),
                  unmerged=r.items(Reader.u32))


def encode_parent(node):
    return (vector(node.encryption_key) + vector(node.parent_hash) +
            vector(b"".join(map(u32, node.unmerged))))


def read_node(r):
    kind = r.u8()
    need(kind in (1, 2), "MALFORMED", "neither leaf nor parent")
    return message.read_leaf(r) if kind == 1 else read_parent(r)


class Tree:
    def __init__(self, nodes):
        width = 1
        while width < len(nodes):
            width = 2 * width + 1
        self.nodes = nodes + [None] * (width - len(nodes))

    @classmethod
    def read(cls, data):
        """From `optional<Node> ratchet_tree<V>` without its length."""
        nodes = whole_items(data, lambda r: r.optional(read_node))
        need(nodes and nodes[-1] is not None and len(nodes) % 2 == 1, "TREE")
        for at, node in enumerate(nodes):
            need(node is None or at % 2 != hasattr(node, "identity"), "TREE")
        return cls(nodes)

    def encode(self):
        last = max(i for i, node in enumerate(self.nodes) if node)
        return b"".join(optional(self.encode_node(at))
                        for at in range(last + 1))

    def encode_node(self, at):
        node = self.nodes[at]
        if node is None:
            return None
        return u8(1) + node.raw if at % 2 == 0 else u8(2) + encode_parent(node)

    def copy(self):
        return Tree([copy.deepcopy(node) for node in self.nodes])

    @property
    def root(self):
        return len(self.nodes) // 2

    def leaf(self, index):
        return self.nodes[2 * index] if 2 * index < len(self.nodes) else None

    def leaves(self):
        """Pairs of index and leaf, of those that are not blank."""
        return [(at // 2, node) for at, node in enumerate(self.nodes)
                if node and at % 2 == 0]

    def direct_path(self, node):
        path = []
        while node != self.root:
            node = parent_of(node)
            path.append(node)
        return path

    def filtered_path(self, leaf):
        """Pairs of a node of the path and its child on the copath."""
        found, below = [], 2 * leaf
        for node in self.direct_path(2 * leaf):
            other = right(node) if below == left(node) else left(node)
            if self.resolution(other):
                found.append((node, other))
            below = node
        return found

    def resolution(self, at):
        node = self.nodes[at]
        if node:
            unmerged = node.unmerged if at % 2 else []
            return [at] + [2 * leaf for leaf in unmerged]
        if at % 2 == 0:
            return []
        return self.resolution(left(at)) + self.resolution(right(at))

    # ---- changes

    def blank_path(self, leaf):
        for node in self.direct_path(2 * leaf):
            self.nodes[node] = None

    def add(self, leaf):
        at = next((i for i in range(0, len(self.nodes), 2)
                   if self.nodes[i] is None), None)
        if at is None:
            at = len(self.nodes) + 1
            self.nodes += [None] * at
        self.nodes[at] = leaf
        for node in self.direct_path(at):
            if self.nodes[node]:
                unmerged = self.nodes[node].unmerged
                unmerged.append(at // 2)
                unmerged.sort()
        return at // 2

    def update(self, index, leaf):
        self.nodes[2 * index] = leaf
        self.blank_path(index)

    def remove(self, index):
        need(self.leaf(index), "PROPOSAL", "nobody there")
        self.nodes[2 * index] = None
        self.blank_path(index)
        while self.root and not any(self.nodes[self.root + 1:]):
            self.nodes = self.nodes[:self.root]

    # ---- hashes

    def tree_hash(self, at=None, without=()):
        at = self.root if at is None else at
        node = self.nodes[at]
        if at % 2 == 0:
            there = node and at // 2 not in without
            return crypto.sha256(u8(1) + u32(at // 2) +
                                 optional(node.raw if there else None))
        if node and without:
            node = Object(**vars(node))
            node.unmerged = [i for i in node.unmerged if i not in without]
        return crypto.sha256(
            u8(2) + optional(encode_parent(node) if node else None) +
            vector(self.tree_hash(left(at), without)) +
            vector(self.tree_hash(right(at), without)))

    def parent_hash(self, at, sibling):
        node = self.nodes[at]
        return crypto.sha256(
            vector(node.encryption_key) + vector(node.parent_hash) +
            vector(self.tree_hash(sibling, set(node.unmerged))))

    def below(self, at):
        reach = (1 << level(at)) - 1
        return range(at - reach, at + reach + 1)

    # ---- a path (section 7.5)

    def merge_path(self, sender, path):
        filtered = self.filtered_path(sender)
        need(len(path.nodes) == len(filtered), "PATH", "its length")
        self.blank_path(sender)
        for (at, _), new in zip(filtered, path.nodes):
            self.nodes[at] = Object(encryption_key=new.encryption_key,
                                    parent_hash=b"", unmerged=[])
        above = b""
        for at, sibling in reversed(filtered):
            self.nodes[at].parent_hash = above
            above = self.parent_hash(at, sibling)
        need(path.leaf.parent_hash == above, "PATH", "parent hash")
        self.nodes[2 * sender] = path.leaf
        return filtered

    # ---- what a newcomer verifies (section 12.4.3.1)

    def check(self, group_id):
        for index, leaf in self.leaves():
            message.check_leaf(leaf, group_id, index)
        keys = [node.encryption_key for node in self.nodes if node]
        signers = [leaf.signature_key for _, leaf in self.leaves()]
        need(len(set(keys)) == len(keys) and
             len(set(signers)) == len(signers), "TREE", "a key twice")
        for at in range(1, len(self.nodes), 2):
            if self.nodes[at]:
                self.check_unmerged(at)
                need(self.chains_to(at) == 1, "TREE", "parent hash")

    def check_unmerged(self, at):
        unmerged = self.nodes[at].unmerged
        need(sorted(set(unmerged)) == unmerged, "TREE", "order")
        for index in unmerged:
            need(2 * index in self.below(at) and self.leaf(index), "TREE")
            for node in self.direct_path(2 * index):
                if node == at:
                    break
                need(not self.nodes[node] or
                     index in self.nodes[node].unmerged, "TREE")

    def chains_to(self, at):
        """How many descendants D make the parent P valid."""
        found, unmerged = 0, set(self.nodes[at].unmerged)
        for child, other in ((left(at), right(at)), (right(at), left(at))):
            wanted = self.parent_hash(at, other)
            resolution = self.resolution(child)
            inside = {2 * i for i in unmerged if 2 * i in self.below(child)}
            found += sum(
                self.nodes[d].parent_hash == wanted and
                inside == set(resolution) - {d} for d in resolution)
        return found
