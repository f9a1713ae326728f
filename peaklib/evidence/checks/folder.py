"""Reading a folder that should be a pack: names, kinds, digests, and its list of files."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from peaklib.evidence.checks.claims import Known
from peaklib.evidence.files import SUMS, entries_below, scan_sums, sha256_of, shown


@dataclass(frozen=True)
class PackFolder:
    """What lies in a folder, by name, and the list as far as it is readable.

    Args:
        run_id: of the run.
        folder: the place.
        kinds: `file`, `folder` or what else there is.
        sizes: in bytes.
        digests: SHA-256 of every file that can be read.
        unreadable: why the others cannot; `.` is the folder itself.
        sums: digests by `SHA256SUMS`.
        sums_problems: what is wrong with the form of that list.
    """

    run_id: str
    folder: Path
    kinds: Mapping[str, str]
    sizes: Mapping[str, int]
    digests: Mapping[str, str]
    unreadable: Mapping[str, str]
    sums: Mapping[str, str]
    sums_problems: tuple[str, ...]

    @property
    def root(self) -> str | None:
        """SHA-256 of `SHA256SUMS`; None if it cannot be read."""
        return self.digests.get(SUMS)

    @property
    def known(self) -> Known:
        """The files by the list, with the sizes of those that are as it says."""
        whole = {n: self.digests.get(n) == digest for n, digest in self.sums.items()}
        return {n: (self.sums[n], str(self.sizes[n]) if whole[n] else None) for n in self.sums}

    @property
    def command(self) -> str:
        """What shows the damage by public means."""
        if self.folder.is_symlink():
            return f"ls -l {quote(str(self.folder))}"
        return f"(cd {quote(str(self.folder))} && sha256sum --strict -c {SUMS})"


def look(folder: Path, run_id: str) -> PackFolder:
    """Read all that lies in a folder, whatever its state.

    Args:
        folder: that should be a pack.
        run_id: of the run.
    """
    digests: dict[str, str] = {}
    unreadable: dict[str, str] = {}
    try:
        if folder.is_symlink():
            unreadable["."] = f"the folder {folder.name} is a symbolic link"
        found = entries_below(folder)
    except OSError as error:
        return PackFolder(run_id, folder, {}, {}, {}, {".": f"{folder}: {error.strerror}"}, {}, ())
    for entry in found:
        if entry.kind == "file":
            try:
                digests[entry.name] = sha256_of(entry.path)
            except OSError as error:
                unreadable[entry.name] = f"{shown(entry.name)} cannot be read: {error.strerror}"
    has_list = SUMS in digests
    sums, problems = scan_sums((folder / SUMS).read_bytes()) if has_list else ({}, ())
    kinds = {entry.name: entry.kind for entry in found}
    sizes = {entry.name: entry.size for entry in found}
    return PackFolder(run_id, folder, kinds, sizes, digests, unreadable, sums, problems)
