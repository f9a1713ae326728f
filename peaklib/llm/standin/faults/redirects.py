"""Faults that send the caller elsewhere: to a listener that should never hear of anybody."""

from dataclasses import dataclass
from typing import Final

from peaklib.llm.standin.exchange import Exchange
from peaklib.llm.standin.faults.fault import Fault

GROUP: Final = "redirect"


_PATHS: Final = {"chat": "/chat/completions", "responses": "/responses"}


@dataclass(frozen=True)
class _Redirect:
    """A redirect of one status.

    Args:
        status: code.
        target: where to; `{host}` is the base URL of the other listener, `{path}` the path that
            the request asked for.
    """

    status: int
    target: str = "{host}{path}"

    def __call__(self, on: Exchange) -> None:
        target = self.target.format(host=on.elsewhere, path=_PATHS[on.asked.api])
        on.reply(self.status, b"", {"location": target})


def _refresh(on: Exchange) -> None:
    on.reply(200, on.content(), {"refresh": f"0; url={on.elsewhere}", "content-location": "/else"})


FAULTS: Final = (
    Fault("301", "301 to another host", _Redirect(301)),
    Fault("302", "302 to another host", _Redirect(302)),
    Fault("303", "303 to another host", _Redirect(303)),
    Fault("307", "307 to another host, where the prompt would go along", _Redirect(307)),
    Fault("308", "308 to another host, where the prompt would go along", _Redirect(308)),
    Fault("redirect-self", "307 to itself, without end", _Redirect(307, "/v1{path}")),
    Fault("redirect-scheme", "302 to a file", _Redirect(302, "file:///etc/hostname")),
    Fault("redirect-nowhere", "307 that does not say where to", _Redirect(307, "")),
    Fault("refresh", "a good answer that says to look elsewhere", _refresh),
)
