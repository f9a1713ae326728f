"""Prompts as versioned files under `configs/ai/prompts/`."""

import re
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

from peaklib.config import ConfigKind, check_table, read_toml
from peaklib.errors import ConfigError
from peaklib.evidence.canonical import digest
from peaklib.evidence.places import home
from peaklib.llm.messages import Message
from peaklib.llm.settings.matrix import LayerName

FOLDER: Final = "configs/ai/prompts"
Text = Annotated[str, Field(min_length=1)]


class Prompt(BaseModel):
    """What a model is told for one task, and what its critic is told.

    Args:
        version: name of this wording, such as `l2-outlook/1`; a change of words is a new one.
        layer: that does the task.
        system: who the model is, and the rules it works under.
        user: the task; `$name` stands for a value that is filled in.
        critic: the critic's rules, empty for a task without one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*/[1-9][0-9]*$")]
    layer: LayerName
    system: Text
    user: Text
    critic: str = ""

    @field_validator("user")
    @classmethod
    def _is_a_template(cls, text: str) -> str:
        if not Template(text).is_valid():
            raise ValueError("holds a $ that is no name; write $$ for a dollar sign")
        return text

    @property
    def digest(self) -> str:
        """SHA-256 of all of it."""
        return digest(self.model_dump())

    def messages(self, values: Mapping[str, str]) -> tuple[Message, ...]:
        """The messages of a call.

        Args:
            values: texts by the name that stands for them.

        Raises:
            ConfigError: a name has no value, or a value no name.
        """
        names = set(Template(self.user).get_identifiers())
        if names != set(values):
            raise ConfigError(
                f"prompt {self.version}",
                [
                    *(f"${name}: has no value" for name in sorted(names - set(values))),
                    *(f"{name}: stands nowhere in `user`" for name in sorted(set(values) - names)),
                ],
            )
        return (
            {"role": "system", "content": self.system.strip()},
            {"role": "user", "content": Template(self.user).substitute(values).strip()},
        )


def load_prompt(name: str, folder: Path | None = None) -> Prompt:
    """A prompt by the name of its file.

    Args:
        name: such as `l2_outlook`.
        folder: that it lies in; the project's by default.

    Raises:
        ConfigError: there is no such file, or it is wrong.
    """
    if not re.fullmatch("[a-z0-9_]+", name):
        raise ConfigError(FOLDER, [f"no prompt {name!r}; a name is lower case letters, digits, _"])
    return read_prompt((folder or home() / FOLDER) / f"{name}.toml")


def read_prompt(path: Path) -> Prompt:
    """A prompt from its file.

    Raises:
        ConfigError: lists every mistake.
    """
    table: dict[str, Any] = read_toml(path)
    return check_table(Prompt, table, str(path))


CONFIG_FILES: Final = ConfigKind("ai/prompts/*.toml", read_prompt)
