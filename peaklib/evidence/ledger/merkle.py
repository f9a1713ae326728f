"""Merkle trees of RFC 6962: one hash that stands for a list, and proofs of its elements."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any, Self

from peaklib.errors import EvidenceError

_HASH_BYTES = 32


def leaf_hash(leaf: bytes) -> bytes:
    """Hash of one element; its prefix keeps it apart from every inner node."""
    return sha256(b"\x00" + leaf).digest()


def _node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: enough to append and to know the root.

    It holds one hash for each complete subtree, so 20 hashes stand for a million leaves.

    >>> Frontier().root().hex()[:8]
    'e3b0c442'
    """

    def __init__(self) -> None:
        self._size = 0
        self._peaks: list[bytes] = []  # of complete subtrees, the largest first

    @property
    def size(self) -> int:
        """Number of leaves."""
        return self._size

    def add(self, leaf: bytes) -> None:
        """Append one leaf."""
        # Written out: a ledger of a million lines comes through here.
        node, complete = sha256(b"\x00" + leaf).digest(), self._size
        while complete & 1:
            node = sha256(b"\x01" + self._peaks.pop() + node).digest()
            complete >>= 1
        self._peaks.append(node)
        self._size += 1

    def root(self) -> bytes:
        """Root hash of the tree as it is now; SHA-256 of nothing for an empty one."""
        if not self._peaks:
            return sha256().digest()
        node = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            node = _node_hash(peak, node)
        return node

    def copy(self) -> Self:
        """Another frontier of the same leaves."""
        made = type(self)()
        made._size, made._peaks = self._size, self._peaks.copy()
        return made

    def to_json(self) -> dict[str, Any]:
        """Plain values: `size` and `peaks`, hexadecimal."""
        return {"size": self._size, "peaks": [peak.hex() for peak in self._peaks]}

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """What `to_json` made.

        Raises:
            EvidenceError: it is something else.
        """
        try:
            size, peaks = value["size"], [bytes.fromhex(peak) for peak in value["peaks"]]
        except (KeyError, TypeError, ValueError) as error:
            raise EvidenceError(f"no frontier of a Merkle tree: {error!r}") from None
        if type(size) is not int or size < 0 or size.bit_count() != len(peaks):
            raise EvidenceError(f"no frontier of a Merkle tree: {len(peaks)} peaks, size {size!r}")
        if any(len(peak) != _HASH_BYTES for peak in peaks):
            raise EvidenceError(f"no frontier of a Merkle tree: a peak has not {_HASH_BYTES} bytes")
        made = cls()
        made._size, made._peaks = size, peaks
        return made


def inclusion_proof(leaves: Iterable[bytes], index: int) -> list[bytes]:
    """The audit path of one leaf (RFC 6962, section 2.1.1), the sibling of the leaf first.

    Args:
        leaves: all leaves of the tree.
        index: of the leaf, from 0.

    Raises:
        EvidenceError: there is no such leaf.
    """
    level, path = [leaf_hash(leaf) for leaf in leaves], []
    if not 0 <= index < len(level):
        raise EvidenceError(f"no leaf {index} in a tree of {len(level)}; the first is 0")
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        level = _level_above(level)
        index //= 2
    return path


def _level_above(level: list[bytes]) -> list[bytes]:
    """Pairs joined; a last node without a partner moves up as it is."""
    pairs = zip(level[::2], level[1::2], strict=False)
    return [_node_hash(*pair) for pair in pairs] + (level[-1:] if len(level) % 2 else [])


def verify_inclusion(
    leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes
) -> bool:
    """Whether an audit path proves a leaf (RFC 9162, section 2.1.3.2).

    Args:
        leaf: the element itself.
        index: its place, from 0.
        size: number of leaves of the tree.
        path: what `inclusion_proof` returned.
        root: hash of the tree.
    """
    if not 0 <= index < size:
        return False
    node, last = leaf_hash(leaf), size - 1
    for sibling in path:
        if last == 0:
            return False
        if index & 1 or index == last:
            node = _node_hash(sibling, node)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            node = _node_hash(node, sibling)
        index, last = index >> 1, last >> 1
    return last == 0 and node == root
