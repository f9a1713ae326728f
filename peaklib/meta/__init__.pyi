from .examples import (
    Examples as Examples,
    examples_of as examples_of,
)
from .inputs import (
    feature_specs as feature_specs,
)
from .models import (
    make_model as make_model,
)
from .settings import (
    Settings as Settings,
)
from .strategies import (
    SETTINGS as SETTINGS,
    WRAPPERS as WRAPPERS,
    meta_boosting as meta_boosting,
    meta_forest as meta_forest,
)
from .study import (
    Study as Study,
    study as study,
)
