"""Checkpoints in the text form that C2SP defines (tlog-checkpoint)."""

import json
from base64 import b64decode

import pytest
from hypothesis import given, strategies as st

from peaklib.errors import EvidenceError
from peaklib.evidence.ledger.checkpoint import Checkpoint

# The example of the specification, c2sp.org/tlog-checkpoint.
# The root is in halves, or it would look like a key to the scan of this repository.
ROOT = "CsUYapGGPo4dkMgIAUqom/" + "Xajj7h2fB2MPA3j2jxq2I="
BODY = f"example.com/behind-the-sofa\n20852163\n{ROOT}\n"
SIGNATURE = "".join(
    [
        "Az3grlgtzPICa5OS",
        "8npVmf1Myq/5IZni",
        "Mp+ZJurmRDeOoRDe",
        "4URYN7u5/Zhcyv2q",
        "1gGzGku9nTo+zyWE",
        "+xeMcTOAYQ8=",
    ]
)
SIGNED = f"{BODY}\n— example.com/behind-the-sofa {SIGNATURE}\n"
EXAMPLE = Checkpoint(
    "example.com/behind-the-sofa",
    20852163,
    b64decode(ROOT),
)
ORIGINS = st.text(min_size=1).filter(lambda text: text.splitlines() == [text])


def test_the_example_of_the_specification_is_read_and_written() -> None:
    assert Checkpoint.parse(BODY) == EXAMPLE
    assert EXAMPLE.text() == BODY


def test_signatures_and_extension_lines_are_passed_over() -> None:
    assert Checkpoint.parse(SIGNED) == EXAMPLE
    assert Checkpoint.parse(BODY + "an extension\n") == EXAMPLE
    assert Checkpoint.parse(BODY + "an extension\n\n— a signature\n") == EXAMPLE


@given(ORIGINS, st.integers(0, 2**60), st.binary(min_size=32, max_size=32))
def test_both_forms_keep_every_checkpoint(origin: str, size: int, root: bytes) -> None:
    checkpoint = Checkpoint(origin, size, root)
    assert Checkpoint.parse(checkpoint.text()) == checkpoint
    assert Checkpoint.from_json(json.loads(json.dumps(checkpoint.to_json()))) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        BODY[:-1],
        BODY.replace("\n", "\r\n"),
        BODY.split("\n", 1)[1],
        "\n" + BODY,
        BODY.replace("20852163", "020852163"),
        BODY.replace("20852163", "-1"),
        BODY.replace("20852163", "+1"),
        BODY.replace("20852163", "1e3"),
        BODY.replace("20852163", "٣"),
        BODY.replace("20852163", ""),
        BODY.replace("q2I=", "q2I"),
        BODY.replace("q2I=", "q2J="),  # bits that are set and do not count
        BODY.replace("CsUY", "Cs-Y"),
        BODY.replace("CsUY", " CsU"),
        BODY.replace("CsUYapGG", ""),
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(EvidenceError, match="checkpoint"):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    "change",
    [
        {"origin": ""},
        {"origin": "a\nb"},
        {"origin": 3},
        {"size": "20852163"},
        {"size": -1},
        {"size": True},
        {"size": 1.0},
        {"root": "00" * 32},
        {"root": None},
    ],
)
def test_plain_values_that_are_no_checkpoint_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(EvidenceError, match="checkpoint"):
        Checkpoint.from_json({**EXAMPLE.to_json(), **change})


@pytest.mark.parametrize("value", [None, [], "text", {}, {"origin": "a", "size": 1}])
def test_other_plain_values_are_refused(value: object) -> None:
    with pytest.raises(EvidenceError, match="expected origin, size, root"):
        Checkpoint.from_json(value)


def test_a_checkpoint_that_could_not_be_read_back_cannot_be_made() -> None:
    with pytest.raises(EvidenceError, match="not one line"):
        Checkpoint("evil\n999", 1, bytes(32))
    with pytest.raises(EvidenceError, match="31 bytes"):
        Checkpoint("a", 1, bytes(31))
