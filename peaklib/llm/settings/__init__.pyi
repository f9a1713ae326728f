from .load import (
    load_settings as load_settings,
)
from .lock import (
    cases_digest as cases_digest,
    read_lock as read_lock,
    rollback as rollback,
    write_lock as write_lock,
)
from .settings import (
    Settings as Settings,
)
from .values import (
    Allowed as Allowed,
    Endpoint as Endpoint,
    Limit as Limit,
    LockEntry as LockEntry,
    Price as Price,
    Provider as Provider,
    Row as Row,
)
