from .canonical import (
    digest as digest,
    to_json as to_json,
)
from .checks.verify import (
    Check as Check,
    Report as Report,
    verify_pack as verify_pack,
)
from .clock import (
    Clock as Clock,
    utc_now as utc_now,
)
from .environment import (
    code as code,
    environment as environment,
    sources_digest as sources_digest,
)
from .export import (
    Export as Export,
    Exported as Exported,
    export_run as export_run,
    unpack as unpack,
)
from .ledger.checkpoint import (
    Checkpoint as Checkpoint,
)
from .ledger.ledger import (
    Ledger as Ledger,
)
from .pack import (
    SealedRun as SealedRun,
    open_if_there as open_if_there,
    open_pack as open_pack,
    open_run as open_run,
)
from .places import (
    home as home,
    reports_folder as reports_folder,
    runs_folder as runs_folder,
)
from .recovery import (
    recover as recover,
)
from .registry.query import (
    Query as Query,
    Row as Row,
)
from .registry.registry import (
    Ref as Ref,
    Registry as Registry,
)
from .rerun import (
    Repeated as Repeated,
    Reproduction as Reproduction,
    Rerunner as Rerunner,
    input_label as input_label,
    reproduce as reproduce,
)
from .run import (
    Run as Run,
    attach as attach,
)
from .sealing import (
    OpenRun as OpenRun,
    RunSpec as RunSpec,
    create_run as create_run,
    start_run as start_run,
)
from .trials.axes import (
    Axes as Axes,
)
from .trials.condition import (
    Condition as Condition,
)
