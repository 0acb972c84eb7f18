"""The same examples on every machine; `PROPERTY_EXAMPLES=5000 pytest tests/property` searches."""

import os

from hypothesis import HealthCheck, Phase, settings

EXAMPLES = 60
GIVEN = os.environ.get("PROPERTY_EXAMPLES", "")

settings.register_profile(
    "pilotfish",
    derandomize=not GIVEN,
    max_examples=int(GIVEN or EXAMPLES),
    deadline=None,
    database=None,
    print_blob=True,
    phases=(Phase.explicit, Phase.generate, Phase.target, Phase.shrink),
    suppress_health_check=(HealthCheck.too_slow,),
)
settings.load_profile("pilotfish")
