from .axes import (
    Axes as Axes,
)
from .canonical import (
    digest as digest,
    to_json as to_json,
)
from .condition import (
    Condition as Condition,
)
from .environment import (
    code as code,
    environment as environment,
    sources_digest as sources_digest,
)
from .pack import (
    OpenRun as OpenRun,
    RunSpec as RunSpec,
    SealedRun as SealedRun,
    create_run as create_run,
    open_run as open_run,
    published as published,
    start_run as start_run,
)
from .places import (
    home as home,
    reports_folder as reports_folder,
    runs_folder as runs_folder,
)
from .run import (
    Run as Run,
    attach as attach,
)
