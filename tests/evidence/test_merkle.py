"""Merkle trees against the published vectors, and against the definition itself."""

import json
from hashlib import sha256

import pytest
from hypothesis import given, strategies as st

from peaklib.errors import EvidenceError
from peaklib.evidence.ledger.merkle import Frontier, inclusion_proof, verify_inclusion

# The test data of the certificate-transparency project (merkle_tree_test.cc), which the
# implementations of RFC 6962 share: eight leaves, the roots of their first 0 to 8, and paths.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
# (size, index, path)
PATHS = [
    (1, 0, []),
    (3, 2, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (
        5,
        1,
        [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
    (
        8,
        0,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        8,
        5,
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
]
MANY = st.lists(st.binary(max_size=3), min_size=1, max_size=40)


def tree_hash(leaves: list[bytes]) -> bytes:
    """The definition: RFC 6962, section 2.1, word by word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return sha256(b"\x01" + tree_hash(leaves[:k]) + tree_hash(leaves[k:])).digest()


def frontier_of(leaves: list[bytes]) -> Frontier:
    made = Frontier()
    for leaf in leaves:
        made.add(leaf)
    return made


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    assert frontier_of(LEAVES[:size]).root().hex() == ROOTS[size]


@pytest.mark.parametrize(("size", "index", "path"), PATHS)
def test_paths_are_those_of_certificate_transparency(
    size: int, index: int, path: list[str]
) -> None:
    assert [node.hex() for node in inclusion_proof(LEAVES[:size], index)] == path
    nodes = [bytes.fromhex(node) for node in path]
    assert verify_inclusion(LEAVES[index], index, size, nodes, bytes.fromhex(ROOTS[size]))


@given(st.lists(st.binary(max_size=3), max_size=70))
def test_root_is_that_of_the_definition(leaves: list[bytes]) -> None:
    frontier = frontier_of(leaves)
    assert (frontier.size, frontier.root()) == (len(leaves), tree_hash(leaves))


@given(MANY)
def test_every_leaf_can_be_proved_and_no_other_in_its_place(leaves: list[bytes]) -> None:
    size, root = len(leaves), tree_hash(leaves)
    for index, leaf in enumerate(leaves):
        path = inclusion_proof(leaves, index)
        assert verify_inclusion(leaf, index, size, path, root)
        assert not verify_inclusion(leaf + b"x", index, size, path, root)
        assert not verify_inclusion(leaf, index, size, [*path, root], root)
        assert not verify_inclusion(leaf, index, size, path, sha256(root).digest())
        assert not path or not verify_inclusion(leaf, index, size, path[:-1], root)
        for place, node in enumerate(path):
            wrong = [*path[:place], sha256(node).digest(), *path[place + 1 :]]
            assert not verify_inclusion(leaf, index, size, wrong, root)


@given(st.lists(st.integers(), min_size=2, max_size=40, unique=True), st.data())
def test_a_path_proves_one_place_only(numbers: list[int], data: st.DataObject) -> None:
    leaves = [str(number).encode() for number in numbers]
    places = st.integers(0, len(leaves) - 1)
    index, other = data.draw(places), data.draw(places)
    path = inclusion_proof(leaves, index)
    proved = verify_inclusion(leaves[index], other, len(leaves), path, tree_hash(leaves))
    assert proved == (index == other)


@pytest.mark.parametrize("index", [-1, 8])
def test_a_leaf_that_is_not_there_has_no_path(index: int) -> None:
    with pytest.raises(EvidenceError, match="in a tree of 8"):
        inclusion_proof(LEAVES, index)
    assert not verify_inclusion(LEAVES[0], index, 8, [], bytes.fromhex(ROOTS[8]))


@given(MANY, MANY)
def test_a_frontier_that_was_written_down_grows_on(first: list[bytes], more: list[bytes]) -> None:
    kept = Frontier.from_json(json.loads(json.dumps(frontier_of(first).to_json())))
    for leaf in more:
        kept.add(leaf)
    assert kept.root() == tree_hash(first + more)


def test_a_copy_grows_apart() -> None:
    frontier = frontier_of(LEAVES[:3])
    frontier.copy().add(b"more")
    assert frontier.root().hex() == ROOTS[3]


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"size": 1},
        {"size": 3, "peaks": ["00" * 32]},
        {"size": 1, "peaks": ["00" * 31]},
        {"size": 1, "peaks": ["zz" * 32]},
        {"size": -1, "peaks": ["00" * 32]},
        {"size": True, "peaks": ["00" * 32]},
        {"size": "1", "peaks": ["00" * 32]},
    ],
)
def test_what_is_no_frontier_is_refused(value: object) -> None:
    with pytest.raises(EvidenceError, match="no frontier of a Merkle tree"):
        Frontier.from_json(value)
