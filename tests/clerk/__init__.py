"""The clerk: a seeded simulator of what offices do to a return, which knows what should be found.

Good returns are taken, deeds are done to them (one each, then pairs and triples), and all of them are put into a round's
inbox. What the intake says is compared with what the deeds say: the same codes at the same cells, and no others.

    references  references to cells, and what becomes of them when cells move
    workbook    a workbook's parts as texts, and changes in them as spreadsheet programs make them
    making      a return in the making: the file, and what will be found in it
    deeds       what a deed is; the catalogue
    typing_*, locked, sheets, identity, parcels    the deeds
    office      a round and its good returns
    plan        what is done to which return
    simulation  running a round, comparing
"""
