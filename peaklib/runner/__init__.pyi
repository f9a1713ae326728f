from .execute import (
    NotebookJob as NotebookJob,
    Outcome as Outcome,
    execute as execute,
    run_notebook as run_notebook,
    stop_marker as stop_marker,
)
from .in_place import (
    execute_in_place as execute_in_place,
    project_notebooks as project_notebooks,
    sync_pairs as sync_pairs,
)
from .kernels import (
    kernel_name as kernel_name,
    stop_kernels as stop_kernels,
)
from .notebook import (
    declared_parameters as declared_parameters,
    source_digest as source_digest,
)
from .rerun import (
    inputs_of as inputs_of,
    original as original,
    rerun_notebook as rerun_notebook,
)
