"""Making and changing forms without TOML: a scheme as a workbook, as another year's scheme, and two schemes compared.

toml_text   a scheme's content as a readable TOML file
raw         schemes as they stand in their files
derive      next year's scheme out of this year's
compare     what differs between two schemes, in words
words, catalogue, rules_words    what the parts of a scheme are called in Chinese, and on which sheet they stand
flatten, gather                  content → rows of sheets → content; the one is the other backwards
workbook    the rows as a workbook to be edited
reading     a workbook that somebody edited, as rows
problems    what is wrong with it, each at its cell, in words
importing   the whole way from a workbook to a scheme file
preview     the blank form of a scheme, to be looked at
"""
