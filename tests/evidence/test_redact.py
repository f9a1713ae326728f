"""Secrets: found by name and by shape, in every spelling, and in nothing else."""

import base64
import html
import json
import logging
import shutil
import subprocess
import traceback
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, urlencode
from uuid import UUID

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from nbformat import reads, v4, writes

from peaklib.errors import EvidenceError
from peaklib.evidence import start_run
from peaklib.evidence.redaction.secrets import Secrets

# Made up, and put together here so that no scanner takes this file for a leak.
PLANTED = "Pl4nted" + "/v+a=l&u?e %" + '"quoted"' + "\\" + "üé"
SECRETS = Secrets.known({"EXCHANGE_SECRET": PLANTED})
MARK = "[redacted: EXCHANGE_SECRET]"
VALUE = "planted-value"


@pytest.mark.parametrize(
    "name",
    [
        *("API_KEY", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "DB_PASSWORD", "MYSQL_PASSWD"),
        *("GOOGLE_CREDENTIALS", "SSH_PASSPHRASE", "PRIVATE_DATA", "apiKey", "clientSecret"),
    ],
)
def test_a_variable_is_known_by_a_word_of_its_name(name: str) -> None:
    secrets = Secrets.known({name: "0123-abcdef"})
    assert secrets.text("<0123-abcdef>") == f"<[redacted: {name}]>"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("KEYBOARD", "us-layout-intl"), ("MONKEY", "0123-abcdef"), ("PWD", "0123-abcdef")),
        *(("TOKENIZERS_PARALLELISM", "true-or-false"), ("DB_PASSWORD_FILE", "0123-abcdef")),
        *(("API_KEY", "short"), ("API_KEY", ""), ("USE_TOKEN", "disabled"), ("API_KEY", " " * 9)),
    ],
)
def test_other_variables_stay_as_they_are(name: str, value: str) -> None:
    assert Secrets.known({name: value}).text(f"it is {value}") == f"it is {value}"


def test_the_path_of_a_key_file_is_no_secret_and_a_key_that_looks_like_one_is(
    tmp_path: Path,
) -> None:
    file = tmp_path / "key.pem"
    file.touch()
    key = "/wJalrXUtnFEMI/K7MDENG"
    secrets = Secrets.known({"SSH_KEY": str(file), "ACCESS_KEY": key})
    assert secrets.text(f"{file} {key}") == f"{file} [redacted: ACCESS_KEY]"


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"api_key": VALUE}, "api_key"),
        ({"exchange": {"password": VALUE}}, "exchange.password"),
        ({"credentials": {"user": VALUE}}, "credentials.user"),
        ({"api": {"keys": ["x", VALUE]}}, "api.keys"),
        ({"venues": [{"token": VALUE}]}, "venues.token"),
        ({"key": VALUE}, "key"),
    ],
)
def test_a_parameter_is_known_by_the_keys_above_it(parameters: object, name: str) -> None:
    secrets = Secrets.known({}, {"parameters": parameters})
    assert secrets.text(VALUE) == f"[redacted: parameters.{name}]"


@pytest.mark.parametrize(
    "parameters",
    [
        *({"sort_key": "end_time"}, {"token": "WBTC-USDC"}, {"key": "c4f2" * 16}),
        *({"max_tokens": 100_000_000}, {"note": "planted-value"}, {"private": True}),
    ],
)
def test_a_parameter_that_only_sounds_like_a_secret_stays(parameters: dict[str, object]) -> None:
    secrets = Secrets.known({}, parameters)
    assert secrets.value(parameters) == parameters


def test_a_number_is_a_password_and_found_as_a_whole_only() -> None:
    secrets = Secrets.known({}, {"password": 90210777})
    assert secrets.value({"password": 90210777}) == {"password": "[redacted: password]"}
    assert secrets.text("0.90210777 1902107771") == "0.90210777 1902107771"


def test_a_password_inside_of_an_address_is_known_by_itself() -> None:
    secrets = Secrets.known({"DATABASE": "postgres://me:pass-w0rd-1@host/db"})
    assert secrets.text("tried pass-w0rd-1") == "tried [redacted: DATABASE]"


def test_a_service_account_is_known_by_its_parts() -> None:
    account = json.dumps({"client": "public-client", "private_key": "abc-planted\nxyz-planted\n"})
    secrets = Secrets.known({"CREDENTIALS": account})
    assert secrets.text("a public-client has xyz-planted") == (
        "a public-client has [redacted: CREDENTIALS.private_key]"
    )


def test_the_longest_secret_is_taken_first() -> None:
    values = {"A_TOKEN": "base-value", "B_TOKEN": "base-value-and-more"}
    assert Secrets.known(values).text("base-value-and-more, base-value") == (
        "[redacted: B_TOKEN], [redacted: A_TOKEN]"
    )


def test_what_was_put_in_is_not_searched_again() -> None:
    secrets = Secrets.known({"A_SECRET_ONE": "planted-1", "B_TOKEN": "SECRET_ONE"})
    assert secrets.text("planted-1") == "[redacted: A_SECRET_ONE]"


SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "repr": lambda v: repr(v)[1:-1],
    "repr of a list": lambda v: str([v])[2:-2],
    "json": lambda v: json.dumps(v)[1:-1],
    "json in utf-8": lambda v: json.dumps(v, ensure_ascii=False)[1:-1],
    "json in json": lambda v: json.dumps(json.dumps(v)),
    "repr in json": lambda v: json.dumps(repr(v)),
    "path of an address": lambda v: quote(v),
    "part of an address": lambda v: quote(v, safe=""),
    "lower case percents": lambda v: quote(v, safe="").lower().replace("pl4", "Pl4"),
    "form": lambda v: urlencode({"secret": v}),
    "html": lambda v: html.escape(v),
    "base64": lambda v: base64.b64encode(v.encode()).decode(),
    "base64 for addresses": lambda v: base64.urlsafe_b64encode(v.encode()).decode(),
    "base64 after a name": lambda v: base64.b64encode(f"user:{v}".encode()).decode(),
    "base64 in the middle 1": lambda v: base64.b64encode(f"u:{v}--".encode()).decode(),
    "base64 in the middle 2": lambda v: base64.b64encode(f"u{v}-".encode()).decode(),
    "base64 in the middle 3": lambda v: base64.b64encode(f"usr{v}---".encode()).decode(),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_is_found(spelling: str) -> None:
    written = SPELLINGS[spelling](PLANTED)
    clean = SECRETS.text(f"before {written} after")
    assert MARK in clean
    assert "Pl4nted" not in clean
    assert clean.startswith("before ")
    assert clean.endswith(" after")


VALUES = st.text(st.characters(exclude_categories=["Cs"]), min_size=8, max_size=40).filter(
    lambda value: not value.encode().isdigit()
)


@given(VALUES, st.text())
def test_no_secret_survives_in_json_or_plain(value: str, around: str) -> None:
    secrets = Secrets({value: "X"})
    for text in (f"{around}{value}{around}", json.dumps(around + value), repr(around + value)):
        assert not any(value in part for part in secrets.text(text).split("[redacted: X]"))
    assert value not in json.loads(secrets.text(json.dumps(f"<{value}>")))


@given(st.text(max_size=200))
def test_a_text_without_secrets_stays(text: str) -> None:
    if PLANTED not in text:
        assert SECRETS.text(text) == text


def token(*parts: str) -> str:
    """Put together here, so that no scanner takes this file for a leak."""
    return "".join(parts)


R36 = "A1b2C3d4E5f6G7h8J9" + "k0L1m2N3p4Q5r6S7t8"
SHAPED = [
    (token("sk", "-", R36), "API key"),
    (token("sk-", "proj-", R36), "API key"),
    (token("sk_", "live_", R36), "API key"),
    (token("AI", "za", R36[:35]), "API key"),
    (token("AK", "IA", "ABCDEFGH12345678"), "cloud access key"),
    (token("gh", "p_", R36), "GitHub token"),
    (token("github", "_pat_", R36), "GitHub token"),
    (token("gl", "pat-", R36[:20]), "GitLab token"),
    (token("xo", "xb-", "123456789012-", R36), "Slack token"),
    (token("h", "f_", R36[:34]), "Hugging Face token"),
    (token("ey", "JhbGciOiJIUzI1NiJ9.", "ey", "JzdWIiOiIxIn0.", R36), "signed token"),
]
PEM = "\n".join(
    [
        token("-----BEGIN RSA PRIVATE", " KEY-----"),
        *["MIIEpAIBAAKCAQEA" + R36] * 3,
        "Zm9v",
        token("-----END RSA PRIVATE", " KEY-----"),
    ]
)


@pytest.mark.parametrize(("key", "name"), SHAPED, ids=[key[:8] for key, _ in SHAPED])
@pytest.mark.parametrize(
    "around", ["{}", "key={}\n", '{{"k":"{}"}}', "({}), and", "https://x/?k={}"]
)
def test_an_unknown_key_is_known_by_its_shape(key: str, name: str, around: str) -> None:
    clean = Secrets({}).text(around.format(key))
    assert clean == around.format(f"[redacted: {name}]")


def test_passwords_in_addresses_and_bearer_tokens_leave_what_is_around_them() -> None:
    address = token("https://me:", "pass@", "example.com/a?b=c")
    header = token("Authorization: Bear", "er ", R36)
    assert Secrets({}).text(f"{address} {header}, done") == (
        "https://me:[redacted: password of an address]@example.com/a?b=c "
        "Authorization: Bearer [redacted: bearer token], done"
    )


@pytest.mark.parametrize("end", ["\n", "\\n", "\\\\n", "\r\n"])
def test_a_private_key_goes_as_a_whole(end: str) -> None:
    written = PEM.replace("\n", end)
    assert Secrets({}).text(f"a {written} b") == "a [redacted: private key] b"


def test_a_private_key_that_breaks_off_goes_as_far_as_it_comes() -> None:
    torn = PEM[: PEM.index("Zm9v")]
    assert R36 not in Secrets({}).text(torn)


@pytest.mark.parametrize(
    "text",
    [
        sha256(b"x").hexdigest(),
        "0" * 64,
        str(UUID(int=0x1234567890ABCDEF1234567890ABCDEF)),
        "https://example.com:8080/a@b",
        "http://user@example.com/",
        "postgres://{user}:{password}@{host}",
        "task-force-1-of-the-risk-management-desk",
        "scikit-learn, sk-learn and pk-something",
        "Bearer tokens of any kind whatsoever",
        "-----BEGIN PUBLIC KEY-----",
        "git@github.com:owner/name.git",
        "2024-01-01T00:00:00+00:00",
        "hf_hub_download(repo_id)",
    ],
)
def test_what_is_no_key_stays(text: str) -> None:
    assert Secrets({}).text(text) == text


def test_a_megabyte_of_base64_stays() -> None:
    figure = base64.b64encode(np.random.default_rng(5).bytes(1_000_000)).decode()
    assert SECRETS.text(f'{{"bdata":"{figure}"}}') == f'{{"bdata":"{figure}"}}'


def test_a_long_blob_beside_an_address_is_searched_in_one_pass() -> None:
    text = "https://example.com " + "0123456789abcdef" * 50_000 + " sk-" * 10_000
    assert SECRETS.text(text) == text


def test_a_log_with_zero_bytes_is_a_log(tmp_path: Path) -> None:
    (tmp_path / "run.log").write_bytes(b"a\0b " + PLANTED.encode())
    assert SECRETS.files(tmp_path) == ("run.log",)
    assert (tmp_path / "run.log").read_bytes() == b"a\0b " + MARK.encode()


def test_no_value_is_printed() -> None:
    assert "Pl4nted" not in repr(SECRETS)


def test_plain_values_are_redacted_to_the_last_key() -> None:
    value = {"a": [PLANTED, 1, None, (2.5, f"x{PLANTED}")], PLANTED: {"b": PLANTED.encode()}}
    assert SECRETS.value(value) == {
        "a": [MARK, 1, None, (2.5, f"x{MARK}")],
        MARK: {"b": MARK.encode()},
    }


def test_a_frame_without_secrets_is_the_same_object() -> None:
    frame = pd.DataFrame({"a": [1.0, np.nan], "b": ["x", None]})
    assert SECRETS.frame(frame) is frame


@pytest.mark.parametrize("dtype", ["object", "str", "string[pyarrow]", "category"])
def test_a_frame_loses_its_secrets_and_keeps_its_types(dtype: str) -> None:
    texts = pd.Series(["x", f"has {PLANTED}", None, "x"], dtype=dtype)
    frame = pd.DataFrame({"text": texts, "number": [1.0, 2.0, 3.0, 4.0]})
    clean = SECRETS.frame(frame)
    assert clean["text"].tolist()[:2] == ["x", f"has {MARK}"]
    assert clean["text"].isna().tolist() == [False, False, True, False]
    assert clean["text"].dtype == (frame["text"].dtype if dtype != "category" else "category")
    pd.testing.assert_series_equal(clean["number"], frame["number"])
    assert frame["text"][1] == f"has {PLANTED}"


def test_labels_and_attributes_of_a_frame_are_redacted_too() -> None:
    index = pd.MultiIndex.from_tuples([("a", PLANTED), ("b", "y")], names=[PLANTED, None])
    frame = pd.DataFrame({PLANTED: [1, 2], "nested": [[PLANTED], {"k": PLANTED}]}, index=index)
    frame.attrs = {"note": PLANTED}
    clean = SECRETS.frame(frame)
    assert list(clean.columns) == [MARK, "nested"]
    assert list(clean.index) == [("a", MARK), ("b", "y")]
    assert list(clean.index.names) == [MARK, None]
    assert clean["nested"].tolist() == [[MARK], {"k": MARK}]
    assert clean.attrs == {"note": MARK}


def test_two_categories_that_become_one_are_one() -> None:
    other = json.dumps(PLANTED)[1:-1]
    frame = pd.DataFrame({"c": pd.Categorical([PLANTED, other])})
    assert SECRETS.frame(frame)["c"].tolist() == [MARK, MARK]


def notebook_with_everything() -> str:
    """A notebook that prints a secret, shows it, fails with it, and has it as parameter."""
    try:
        raise ValueError(f"401: {PLANTED} is not allowed")
    except ValueError as error:
        lines = "".join(traceback.format_exception(error)).split("\n")
        failed = v4.new_output("error", ename="ValueError", evalue=str(error), traceback=lines)
    printed = v4.new_output("stream", name="stdout", text=f"first\nkey {PLANTED}\nlast\n")
    shown = v4.new_output("execute_result", data={"text/html": f"<b>{html.escape(PLANTED)}</b>"})
    cells = [
        v4.new_code_cell(f"api_key = {PLANTED!r}", metadata={"tags": ["injected-parameters"]}),
        v4.new_code_cell("work()", outputs=[printed, shown, failed]),
    ]
    metadata = {"papermill": {"parameters": {"api_key": PLANTED}}}
    return str(writes(v4.new_notebook(cells=cells, metadata=metadata)))


def test_planted_keys_leave_the_text_files_of_a_pack(tmp_path: Path) -> None:
    logger = logging.getLogger("planted")
    handler = logging.FileHandler(tmp_path / "run.log", encoding="utf-8")
    logger.addHandler(handler)
    logger.warning("calling with %r", {"key": PLANTED})
    logger.removeHandler(handler)
    handler.close()
    (tmp_path / "outputs").mkdir()
    (tmp_path / "notebook.ipynb").write_text(notebook_with_everything(), "utf-8")
    (tmp_path / "outputs/notes.json").write_text(json.dumps([f"used {PLANTED}"]), "utf-8")
    (tmp_path / "outputs/page.html").write_text(html.escape(PLANTED), "utf-8")
    (tmp_path / "outputs/rows.csv").write_bytes(b"\xff latin-1, " + PLANTED.encode())
    (tmp_path / "outputs/clean.txt").write_text("nothing here", "utf-8")
    changed = SECRETS.files(tmp_path)
    assert changed == (
        "notebook.ipynb",
        *("outputs/notes.json", "outputs/page.html", "outputs/rows.csv", "run.log"),
    )
    for name in changed:
        content = (tmp_path / name).read_bytes()
        assert b"Pl4nted" not in content
        assert MARK.encode() in content
    assert (tmp_path / "outputs/rows.csv").read_bytes() == b"\xff latin-1, " + MARK.encode()
    notebook = reads((tmp_path / "notebook.ipynb").read_text("utf-8"), as_version=4)
    assert notebook.cells[1].outputs[0].text == f"first\nkey {MARK}\nlast\n"
    assert notebook.metadata.papermill.parameters.api_key == MARK


def test_odd_escapes_of_json_do_not_hide_a_secret(tmp_path: Path) -> None:
    escaped = "".join(f"\\u{ord(letter):04X}" for letter in PLANTED)
    (tmp_path / "x.json").write_text(f'{{"a": "{escaped}", "n": 1.5}}', "utf-8")
    assert SECRETS.files(tmp_path) == ("x.json",)
    assert json.loads((tmp_path / "x.json").read_bytes()) == {"a": MARK, "n": 1.5}


def test_a_number_in_json_stays_json(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"pin": 90210777, "n": 0.90210777}', "utf-8")
    assert Secrets({"90210777": "PIN"}).files(tmp_path) == ("x.json",)
    clean = json.loads((tmp_path / "x.json").read_bytes())
    assert clean == {"pin": "[redacted: PIN]", "n": 0.90210777}


def test_a_private_key_in_the_lines_of_a_notebook_goes_as_a_whole(tmp_path: Path) -> None:
    cell = v4.new_code_cell(f'key = """{PEM}\n"""\nsign(key)')
    (tmp_path / "notebook.ipynb").write_text(writes(v4.new_notebook(cells=[cell])), "utf-8")
    assert Secrets({}).files(tmp_path) == ("notebook.ipynb",)
    notebook = reads((tmp_path / "notebook.ipynb").read_text("utf-8"), as_version=4)
    assert notebook.cells[0].source == 'key = """[redacted: private key]\n"""\nsign(key)'


def test_a_secret_of_several_lines_leaves_no_line_in_a_notebook(tmp_path: Path) -> None:
    value = "first-line-of-it\nsecond-line-of-it"
    cell = v4.new_code_cell(f'key = """{value}"""')
    (tmp_path / "notebook.ipynb").write_text(writes(v4.new_notebook(cells=[cell])), "utf-8")
    Secrets.known({"MY_SECRET": value}).files(tmp_path)
    assert "line-of-it" not in (tmp_path / "notebook.ipynb").read_text("utf-8")


def test_a_secret_across_two_blocks_of_a_long_file_is_found(tmp_path: Path) -> None:
    start = (1 << 22) - 5
    (tmp_path / "run.log").write_bytes(b"." * start + PLANTED.encode() + b"." * 100)
    assert SECRETS.files(tmp_path) == ("run.log",)
    assert b"Pl4nted" not in (tmp_path / "run.log").read_bytes()


@pytest.mark.parametrize(
    "content",
    [b"\x89PNG\0" + PLANTED.encode(), b"\0" + PLANTED.encode("utf-16-le")],
    ids=["plain", "UTF-16"],
)
def test_a_picture_with_a_secret_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.png").write_bytes(content)
    with pytest.raises(EvidenceError, match=r"x\.png holds the secret EXCHANGE_SECRET") as error:
        SECRETS.files(tmp_path)
    assert "Pl4nted" not in str(error.value)


@pytest.mark.parametrize("dtype", ["str", "category"])
def test_a_compressed_table_with_a_secret_is_refused(tmp_path: Path, dtype: str) -> None:
    texts = pd.Series([*["filler"] * 1000, PLANTED], dtype=dtype)
    path = tmp_path / "x.parquet"
    pd.DataFrame({"n": range(1001), "text": texts}).to_parquet(
        path, compression="gzip", write_statistics=False
    )
    assert b"Pl4nted" not in path.read_bytes()
    with pytest.raises(EvidenceError, match=r"x\.parquet holds the secret EXCHANGE_SECRET"):
        SECRETS.files(tmp_path)


def test_half_a_table_that_a_crash_left_is_searched_as_bytes(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(b"PAR1\0\0 torn")
    assert SECRETS.files(tmp_path) == ()


def test_the_name_of_a_file_is_searched_too(tmp_path: Path) -> None:
    (tmp_path / "planted-value.txt").touch()
    with pytest.raises(EvidenceError, match=r"the name of a file in .* holds the secret MY_KEY"):
        Secrets.known({"MY_KEY": "planted-value"}).files(tmp_path)


def run_with_planted_keys(runs: Path) -> None:
    """A failed run whose parameter, environment, note, text, table and error hold keys."""
    planted = ["planted-parameter-1", "planted-variable-2"]
    config = {"parameters": {"api_key": planted[0]}, "n": 3}
    with start_run(kind="interactive", config=config, runs=runs) as run:
        run.log_metric("sharpe", 0.5)
        run.note(f"note {planted}")
        run.save_text("said.txt", f"said {planted}")
        run.save_table("seen", pd.DataFrame({"text": planted[1:]}))
        raise RuntimeError(f"cannot log in with {planted}")


def test_no_byte_of_a_store_holds_a_planted_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROKER_TOKEN", "planted-variable-2")
    with pytest.raises(RuntimeError):
        run_with_planted_keys(tmp_path)
    folder = next(tmp_path.glob("[0-9]*"))
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 10
    for path in files:
        assert b"planted-" not in path.read_bytes(), path
    record = json.loads((folder / "run.json").read_bytes())
    assert record["config"]["parameters"] == {"api_key": "[redacted: parameters.api_key]"}
    assert record["error"].endswith(
        "with ['[redacted: parameters.api_key]', '[redacted: BROKER_TOKEN]']"
    )
    table = pd.read_parquet(folder / "outputs/tables/seen.parquet")
    assert table["text"].tolist() == ["[redacted: BROKER_TOKEN]"]


def test_nothing_changes_in_a_pack_without_secrets(tmp_path: Path) -> None:
    with start_run(kind="interactive", config={"a": [1, 2.5, "x"]}, runs=tmp_path) as run:
        run.log_metrics({"sharpe": 1 / 3, "none": None})
        run.save_table("t", pd.DataFrame({"digest": [sha256(b"x").hexdigest()]}))
    assert SECRETS.files(tmp_path / run.run_id) == ()
    tool = shutil.which("sha256sum")
    if tool:
        command = [tool, "--strict", "--quiet", "-c", "SHA256SUMS"]
        subprocess.run(command, cwd=tmp_path / run.run_id, check=True)
