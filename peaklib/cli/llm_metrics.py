"""`peak llm metrics`: counts of all calls, from the ledger, in the text format of Prometheus."""

import click

from peaklib.cli.project import find_project


@click.command("metrics")
def command() -> None:
    """Print the counts of all model calls as Prometheus reads them.

    They are counted from the ledger, so that they outlive the kernels that made the calls. For
    a scrape, write them where the textfile collector of a node exporter looks:

    \b
      peak llm metrics > /var/lib/node_exporter/peak_llm.prom

    docs/observability/METRICS_CONTRACT.md says what each of them is.
    """
    from peaklib.evidence import runs_folder
    from peaklib.evidence.ledger.ledger import Ledger
    from peaklib.llm.history.counts import counted
    from peaklib.llm.settings.matrix import FILE, read_matrix

    root = find_project()
    rows = read_matrix(root / "configs" / "ai" / FILE).rows
    services = sorted({(row.provider, row.model_id) for row in rows})
    counts = counted(Ledger(runs_folder() / "ledger.jsonl"), services)
    click.echo(counts.text().decode(), nl=False)
