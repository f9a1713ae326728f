"""What a notebook asks a model: prompts, checked answers, and what its run keeps of them."""

from peaklib.llm.session.asking import Session, sections_schema
from peaklib.llm.session.prompts import Prompt, load_prompt
from peaklib.llm.session.written import Section, Written

__all__ = ["Prompt", "Section", "Session", "Written", "load_prompt", "sections_schema"]
