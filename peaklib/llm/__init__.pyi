from . import policy as policy
from .messages import (
    Message as Message,
)
from .roles import (
    Outcome as Outcome,
)
from .router import (
    Router as Router,
)
from .routing.reply import (
    Attempt as Attempt,
    Reply as Reply,
)
from .session import (
    Prompt as Prompt,
    Section as Section,
    Session as Session,
    Written as Written,
    load_prompt as load_prompt,
)
from .settings import (
    Limit as Limit,
    Settings as Settings,
    load_settings as load_settings,
)
