"""Questions about scores: how a row came to its score and why a claim differs (explain), what another reading costs (whatif).

explain, causes and whatif are pure; the workpaper and report modules put their answers into words, tables and JSON.
"""
