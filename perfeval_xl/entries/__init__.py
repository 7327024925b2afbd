"""What people type into a cell, and what it is taken for.

A cell's content comes in as an Entry, an Answer goes out: the value, and a receipt (a finding's code and a few words)
wherever the value is not simply what stands there. What may mean two things has no value and says so. Whether a value
can be used is decided by ``scheme.admit``, as for every other way in.

    spelling     characters: full width, white space, what can't be seen
    quantities   numbers with units, commas, signs; percentages
    days         dates
    words        yes and no, options, words for nothing, error values
    formulas     formulas in place of a value: pictures, other files
"""

from perfeval_xl.entries.entry import Entry, Shape, shown_text
from perfeval_xl.entries.read import read_entry

__all__ = ["Entry", "Shape", "read_entry", "shown_text"]
