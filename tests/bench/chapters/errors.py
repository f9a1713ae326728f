"""What ends a measurement."""

from peaklib.errors import PeakError


class BenchError(PeakError):
    """It could not be made, or its results are wrong; the message says what to do."""
