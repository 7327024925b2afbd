"""The narrative (自评表说明) that goes with a scored form: written as an official Word document, and read back from one.

slots (what the scheme asks for) › blocks › figures, story (what a narrative says) › chart, paper (as .docx) › writing (for
a round); lines, outline (from a document back to the scheme's fields).
"""
