"""The rule kinds: one file a kind, and the registry that a scheme's ``kind = "…"`` is looked up in.

A kind is a frozen dataclass derived from ``base.Rule`` in a module of this folder; being there is all that registers it.
``read`` takes the parameters from the scheme's table and reports what is wrong with them, located; ``score`` works in
Decimal, ``formula`` gives the same as an Excel expression (helpers in ``expr``), ``explain`` says it in Chinese. Neither
of ``score`` and ``formula`` calls the other: the tests let one prove the other. docs/new-rule-kind.md goes through it.

Nothing here names an indicator or a field of a particular form: a rule learns its fields from the scheme.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from perfeval_xl.scheme.rules.base import Rule


def _kinds() -> dict[str, type[Rule]]:
    """The rules that the modules of this folder define, by kind. TypeError where two have the same."""
    found: dict[str, type[Rule]] = {}
    for name in sorted(module.name for module in iter_modules(__path__)):
        module = import_module(f"{__name__}.{name}")
        for each in vars(module).values():
            if isinstance(each, type) and issubclass(each, Rule) and each.__module__ == module.__name__:
                kind = getattr(each, "kind", "")  # the base has none
                if kind in found:
                    raise TypeError(f"two rules of kind {kind!r}: {found[kind].__module__} and {each.__module__}")
                if kind:
                    found[kind] = each
    return found


RULES: dict[str, type[Rule]] = _kinds()
"""Every rule kind by its name in a scheme."""
