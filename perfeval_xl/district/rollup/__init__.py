"""The department's own form, filled from its units: what is combined, its bounds, its words, its workbook."""
