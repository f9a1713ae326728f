from .asked import (
    Asked as Asked,
    Said as Said,
)
from .faults import (
    FAULTS as FAULTS,
    Fault as Fault,
)
from .parrot import (
    parrot as parrot,
)
from .recorded import (
    recorded as recorded,
)
from .server import (
    Served as Served,
    StandIn as StandIn,
)
