# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,-all
#     notebook_metadata_filter: kernelspec,jupytext,-jupytext.text_representation.jupytext_version
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: peaklib
#     language: python
#     name: peaklib
# ---

# %% [markdown]
# # Explore a sweep
#
# **Question**  Does the best trial stand on a plateau or on a peak, and what became of its account?
#
# **Reads**  the sweep `sweep`: a run's id, a name, or a configuration that is computed here
# **Writes**  nothing, except that a look behind the split of a recorded sweep is logged
#
# **Answer**  under your fingers: the widgets need JupyterLab, the figures below them do not

# %% tags=["parameters"]
sweep: str = "configs/sweeps/quick.toml"  # id or name of a sweep, or a configuration to preview

# %%
from peaklib.widgets import explore

explorer = explore(sweep)

# %% [markdown]
# Click a cell, or move a slider with the arrow keys: account, interval and trades follow. *pin*
# keeps the selected trial beside the next one. Numbers out of sample stay hidden until *reveal*;
# for a sweep on record the ledger counts how often that was pressed.

# %% tags=["nbval-ignore-output"]
explorer

# %% [markdown]
# ## The same views for a page
#
# Widgets are gone in an exported page; every view gives itself as a static figure.

# %%
explorer.map.figure()

# %%
explorer.curves.figure()
