from .check import (
    CLAIMS_SCHEMA as CLAIMS_SCHEMA,
    Checked as Checked,
    check_claims as check_claims,
    critic_words as critic_words,
)
from .claims import (
    UNKNOWN as UNKNOWN,
    Claim as Claim,
    extractive_claims as extractive_claims,
    unanswered as unanswered,
)
from .gather import (
    gather as gather,
    keep as keep,
)
from .library import (
    Library as Library,
    Warned as Warned,
)
from .literal import (
    Literal as Literal,
    Place as Place,
)
from .material import (
    material as material,
    numbered as numbered,
)
from .passages import (
    Passage as Passage,
    passages_of as passages_of,
)
from .quotes import (
    FAINT as FAINT,
    STRONG as STRONG,
    Quote as Quote,
    best_quotes as best_quotes,
)
from .ranking import (
    Hit as Hit,
    Ranking as Ranking,
)
from .source import (
    Source as Source,
)
from .stated import (
    all_assumptions as all_assumptions,
)
