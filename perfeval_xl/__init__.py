"""perfeval-xl: a district's yearly performance self-evaluation (部门整体支出绩效自评), out of Excel."""

__version__ = "0.1.0"
