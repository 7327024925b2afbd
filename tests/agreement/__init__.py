"""The differential harness: random fillings of a form, scored in Decimal and calculated by spreadsheet programs.

``fillings`` makes them, ``sheets`` writes many into one workbook, ``sweep`` runs them through the programs and
compares; ``python -m tests.agreement`` is the full sweep. docs/agreement.md says what it proves, and how.
"""
