from .catalog import (
    DatasetInfo as DatasetInfo,
    list_datasets as list_datasets,
    load as load,
    load_panel as load_panel,
)
from .dataset import (
    Dataset as Dataset,
)
from .digest import (
    frame_digest as frame_digest,
)
from .frames import (
    from_frame as from_frame,
)
from .meta import (
    DatasetMeta as DatasetMeta,
)
from .names import (
    dataset_names as dataset_names,
    validate_source as validate_source,
)
from .panel import (
    Panel as Panel,
)
from .pins import (
    digest_today as digest_today,
    load_again as load_again,
)
from .quality import (
    Quality as Quality,
)
