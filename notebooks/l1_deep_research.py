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
# # Deep research on sources of your own
#
# **Question**  What do these sources say about a topic, word for word, and how far does it carry?
#
# **Reads**  `sources`, files of the project and runs by their ids; nothing else, and no network
#
# **Writes**  the run in `run_dir`: tables `questions`, `sources`, `quotes`, `claims`, `assumptions`
# and `warnings`, of runs also `facts`; among the inputs a copy of every source
#
# **Answer**  in the last cell

# %% tags=["parameters"]
run_dir: str = ""  # folder of the run; empty: look only, nothing is recorded
topic: str = "What may one believe of a good backtest on the S&P 500?"  # in one sentence
questions: list = [
    "What is wrong with the opens of the S&P 500 series?",
    "What does a probability of backtest overfitting above one half say?",
    "How often is a true Sharpe ratio of 0.8 supported?",
    "How do the dates of Armstrong's model compare with random phases?",
    "Will the S&P 500 rise next month?",
]  # each in the words that a source would use
sources: list = ["notebooks/sources/[a-z]*"]  # paths and globs below the project, ids of runs
assumptions: list = [
    "What holds for daily closes of an index is of use to somebody who trades a fund on it."
]  # what you take for granted, one sentence each
max_quotes: int = 2  # of one question

# %%
import os

import pandas as pd

from peaklib import evidence, render
from peaklib.llm import Session
from peaklib.llm.sources import (
    CLAIMS_SCHEMA,
    UNKNOWN,
    all_assumptions,
    best_quotes,
    check_claims,
    critic_words,
    extractive_claims,
    gather,
    keep,
    material,
    numbered,
    unanswered,
)

run = evidence.attach(run_dir)
library = gather(sources, environ=os.environ)
keep(run, library)
quotes = best_quotes(library, questions, most=max_quotes)
claims = extractive_claims(quotes, library.evidence)
open_questions = unanswered(questions, quotes)
number = {question: at for at, question in enumerate(questions, 1)}
render.key_values(
    [
        ("Topic", f"**{topic}**"),
        *((f"Question {at}", question) for question, at in number.items()),
        ("Sources", f"{len(library)}, with {len(library.passages):,} passages"),
    ]
)

# %% [markdown]
# ## What the sources say
#
# Computed, without a model. Each claim is a quote; the table `quotes` keeps it letter by letter.
# `high` means that the quote meets the question well (70 % of the weight of its words) and another
# source does so in words of its own, `medium` that it does so alone, `low` that it meets at least
# half of the question. None of these words says that a source is right. `others` counts the sources
# that meet the question well, too.

# %%
run.save_table(
    "quotes",
    pd.DataFrame(
        [
            {
                "question": quote.question,
                "source": quote.source,
                "first": quote.first,
                "last": quote.last,
                "quote": quote.text,
                "score": quote.score,
                "coverage": quote.coverage,
                "also": " ".join(quote.also),
                "copies": " ".join(quote.copies),
            }
            for quote in quotes
        ],
        columns=[
            *("question", "source", "first", "last", "quote"),
            *("score", "coverage", "also", "copies"),
        ],
    ),
)
said = pd.DataFrame(
    [
        {
            "question": number[claim.question],
            "claim": claim.claim,
            "source and lines": claim.place.replace(
                claim.source, library.short_names[claim.source], 1
            ),
            "confidence": claim.confidence,
            "meets": round(100 * quote.coverage),
            "others": len(quote.also),
        }
        for claim, quote in zip(claims, quotes, strict=True)
    ]
)
render.table(
    said,
    caption=f"{len(claims)} claims in the words of the sources, the closest first",
    units={"meets": "% of the question"},
    fold=30,
) if len(said) else render.note("No source says anything about these questions.")

# %% [markdown]
# ## What they do not say

# %%
answered = pd.DataFrame(
    {
        "question": questions,
        "answered": [question not in open_questions for question in questions],
        "claims": [sum(c.question == question for c in claims) for question in questions],
        "sources": [
            len({c.source for c in claims if c.question == question}) for question in questions
        ],
    }
)
run.save_table("questions", answered)
render.key_values(
    [
        (f"Question {number[text]}", f"**{UNKNOWN}.** No source speaks about it.")
        for text in open_questions
    ]
) if open_questions else render.note("Each question is spoken about by one source or more.")

# %% [markdown]
# ## What a model says about them
#
# Only where models are switched on. The model is given passages of the sources and nothing else,
# and none of those that give orders. A claim counts if its source is one of these, has the quote
# letter by letter, and every number of the claim stands in the quote.

# %%
desk = Session(run, layer="L1", prompt="l1_research")
task = {
    "topic": topic,
    "questions": numbered(questions),
    "assumptions": numbered(assumptions),
    "passages": material(library, questions),
}
said_by_model = desk.ask(task, CLAIMS_SCHEMA) if quotes else None
checked = check_claims(said_by_model.parsed, library) if said_by_model else None
critic = desk.criticise(said_by_model.text, checked.reasons) if checked else None
desk.finish()
render.note(f"**{desk.status}**" + ("" if checked else " What stands above is complete without."))

# %%
held = [
    {
        "claim of the model": claim.claim,
        "quote": claim.quote,
        "source and lines": claim.place.replace(claim.source, library.short_names[claim.source], 1),
        "confidence": claim.confidence,
        "check": claim.reason,
    }
    for claim in (checked.supported if checked else ())
]
render.table(
    pd.DataFrame(held),
    caption=f"By {said_by_model.by}: whether a claim follows from its quote is yours to judge",
) if held else render.note("No claim of the model can be used.") if checked else None

# %%
refused = [
    {"claim of the model": claim.claim, "source": claim.source, "why not": claim.reason}
    for claim in (checked.unsupported if checked else ())
]
render.table(
    pd.DataFrame(refused), caption="Claims of the model that are not supported, so not to be used"
) if refused else render.note("No claim of the model had to be refused.") if checked else None

# %%
render.key_values(
    [
        ("Critic", critic_words(critic)),
        ("Left open", "; ".join(checked.unanswered) or "nothing, by the model's own account"),
    ]
) if checked else None

# %%
asked = desk.calls()
render.table(
    asked,
    caption=f"What was asked, and what it cost; `peak llm why {desk.run_id}` tells all of it",
) if len(asked) else render.note("Nothing was asked, and nothing was paid.")

# %% [markdown]
# ## Sources
#
# Every file is read as it lies in the project and kept in the run; its digest says which version
# that was. A passage is a paragraph, an item of a list, or a row of a table.

# %%
listed = pd.DataFrame(library.rows())
run.save_table("sources", listed)
render.table(
    listed.assign(sha256=listed["sha256"].str[:12]),
    caption=f"{len(library)} sources were read, and nothing else",
)

# %%
facts = pd.DataFrame(
    [{"key": f.key, "metric": f.label, "written": f.written} for f in library.facts()],
    columns=["key", "metric", "written"],
)
if len(facts):
    run.save_table("facts", facts)
render.table(facts, caption="Numbers of the runs, with the keys that cite them") if len(
    facts
) else render.note("No run is among the sources, so there are no numbers with a key of their own.")

# %% [markdown]
# Sources are data, also where they give orders. Sentences that look as if they were meant for a
# model are listed here; no model is given them, and a reader should ask how they came there.

# %%
warned = pd.DataFrame(
    [
        {"source": w.source, "line": w.line, "rule": w.rule, "excerpt": w.excerpt}
        for w in library.warned
    ],
    columns=["source", "line", "rule", "excerpt"],
)
run.save_table("warnings", warned)
render.table(warned, caption="Sentences that address a model") if len(warned) else render.note(
    "No source holds a sentence that gives orders to a model."
)

# %% [markdown]
# ## Assumptions

# %%
stated = pd.DataFrame(all_assumptions(library, assumptions, checked.assumptions if checked else ()))
run.save_table("assumptions", stated)
render.table(stated, caption="What was taken for granted, and by whom", fold=30)

# %% [markdown]
# ## Limits
#
# - Passages are found by their words. A source that says the same in quite other words is missed,
#   and one that says the opposite in the same words is found: read the lines around a quote.
# - Two sources that copied from a third are counted as two, unless they have the very same words.
# - A source may be wrong, old, or made to mislead. Nothing here looks beyond the files.

# %%
render.parameters_here()

# %%
names = {word: sum(c.confidence == word for c in claims) for word in ("high", "medium", "low")}
everything = [
    *({"by": "rule", **claim.row()} for claim in claims),
    *({"by": "model", **claim.row()} for claim in (checked.claims if checked else ())),
]
run.save_table("claims", pd.DataFrame(everything))
run.log_metrics(
    {
        "n_sources": len(library),
        "n_passages": len(library.passages),
        "n_questions": len(questions),
        "n_answered": len(questions) - len(open_questions),
        "n_claims": len(claims),
        **{f"n_{word}": count for word, count in names.items()},
        "n_warnings": len(warned),
        "n_model_claims": len(checked.claims) if checked else 0,
        "n_unsupported": len(refused),
    }
)
print(
    f"{len(library)} sources answer {len(questions) - len(open_questions)} of {len(questions)} "
    f"questions with {len(claims)} quotes: {names['high']} of high confidence, {names['medium']} "
    f"of medium, {names['low']} of low. "
    + (f"To {len(open_questions)} the answer is: {UNKNOWN}. " if open_questions else "")
    + desk.status
)
