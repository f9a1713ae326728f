"""Finding features by name, the ones of installed plugins included."""

from difflib import get_close_matches

from peaklib import plugins
from peaklib.errors import FeatureError
from peaklib.features.feature import Feature


def installed() -> dict[str, Feature]:
    """All features by name, sorted.

    Raises:
        PluginError: an entry point holds no feature, or a name is given twice.
    """
    return plugins.named(plugins.FEATURES, Feature, "@feature(name, version, warm_up=…)")


def get(name: str | Feature) -> Feature:
    """A feature by name.

    Raises:
        FeatureError: nothing of that name is installed; lists what is.
    """
    if isinstance(name, Feature):
        return name
    known = installed()
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}? There" if near else "there"
        raise FeatureError(f"no feature {name!r}; {hint} are: {', '.join(known)}")
    return known[name]


def restored(name: str, version: str) -> Feature:
    """The feature that a pickled pipeline was made with.

    Raises:
        FeatureError: it is not installed here, or in another version.
    """
    found = get(name)
    if found.version != version:
        raise FeatureError(
            f"the pickle holds feature {name!r} in version {version!r} and {found.version!r} is "
            "installed; its values may differ: fit the pipeline again"
        )
    return found
