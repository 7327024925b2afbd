"""What writes the documents that follow from the code: ``python -m docs.build``."""
