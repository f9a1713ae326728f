"""What it costs to ask how much is luck: intervals, selections, a report, the explorer."""
