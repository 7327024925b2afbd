"""How the cells of our report workbooks look: fonts, and styles by their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEFAULT_FONT: Mapping[str, Any] = {"font_name": "Arial", "font_size": 10}
"""Column widths are counted in digits of a workbook's default font. Every program has this one, or one of the same widths."""
BODY_FONT, HEAD_FONT = "宋体", "黑体"
_LINE, _TINT, _GREY = "#BFBFBF", "#E8EEF7", "#7F7F7F"
_HEAT = "[=1]0%;[=0]0%;0.00%"  # all and nothing are seen at once

_CELL: Mapping[str, Any] = {"border": 1, "border_color": _LINE, "valign": "vcenter"}
_WRAPPED: Mapping[str, Any] = {**_CELL, "text_wrap": True}
_HEAD: Mapping[str, Any] = {**_WRAPPED, "font_name": HEAD_FONT, "align": "center", "bg_color": _TINT}
STYLES: Mapping[str, Mapping[str, Any]] = {
    "title": {"font_name": HEAD_FONT, "font_size": 16, "align": "center", "valign": "vcenter", "text_wrap": True},
    "subtitle": {"font_color": _GREY, "align": "center", "valign": "vcenter", "text_wrap": True},
    "note": {"font_size": 9, "font_color": _GREY, "valign": "top", "text_wrap": True},
    "section": {"font_name": HEAD_FONT, "font_size": 12, "valign": "vcenter"},
    "head": _HEAD,
    "text": {**_WRAPPED},
    "typed": {"num_format": "@"},  # for people to type into: 0012 stays 0012
    "name": {**_CELL},  # of a file, cut off at the edge rather than in several lines
    "centre": {**_WRAPPED, "align": "center"},
    "score": {**_CELL, "num_format": "0.00", "align": "right"},
    "difference": {**_CELL, "num_format": "[Red]+0.00;[Blue]-0.00;0.00", "align": "right"},
    "score_full": {**_CELL, "num_format": "0.00", "align": "right", "font_color": _GREY},
    "score_ruled": {**_CELL, "num_format": "0.00", "align": "right", "font_color": "#0563C1", "bold": True},
    "void": {**_CELL, "bg_color": "#E7E6E6"},
    "count": {**_CELL, "num_format": "#,##0", "align": "center"},
    "percent": {**_CELL, "num_format": "0.00%", "align": "center"},
    "rate": {**_CELL, "num_format": "0.00%", "align": "right"},
    "amount": {**_CELL, "num_format": "#,##0.00####", "align": "right", "shrink": True},
    "number": {**_CELL, "num_format": "General", "align": "right", "shrink": True},
    "units": {**_CELL, "num_format": '#,##0" 个单位"', "align": "left"},
    "filings": {**_CELL, "num_format": '#,##0" 个项目"', "align": "left"},
    "files": {**_CELL, "num_format": '#,##0" 份文件"', "align": "left"},
    "times": {**_CELL, "num_format": '#,##0" 条"', "align": "left"},
    "date": {**_CELL, "num_format": "yyyy-mm-dd", "align": "center"},
    "goes": {"font_color": "#0563C1", "underline": 1, "valign": "vcenter"},
    "unusable": {**_WRAPPED, "align": "center", "font_color": "#C00000", "bg_color": "#FBE5D6"},
    "sum": {**_CELL, "num_format": "#,##0.00####", "align": "right", "shrink": True, "bg_color": _TINT, "bold": True},
    "sum_count": {**_CELL, "num_format": "#,##0", "align": "center", "shrink": True, "bg_color": _TINT, "bold": True},
    "heat": {**_CELL, "num_format": _HEAT, "align": "center"},
    "heat_full": {**_CELL, "num_format": _HEAT, "align": "center", "font_color": _GREY},
    "heat_ruled": {**_CELL, "num_format": _HEAT, "align": "center", "font_color": "#0563C1", "bold": True},
    "link": {**_WRAPPED, "align": "center", "font_color": "#0563C1", "underline": 1},
    # for people to edit: text cells keep what is typed as it is typed
    "edit_text": {**_WRAPPED, "num_format": "@", "indent": 1},
    "edit_id": {**_CELL, "num_format": "@", "font_name": "Consolas", "font_size": 9, "shrink": True},
    "edit_centre": {**_WRAPPED, "num_format": "@", "align": "center"},
    "edit_number": {**_CELL, "num_format": "General", "align": "right", "bg_color": "#FFF9E5"},
    "edit_amount": {**_CELL, "num_format": "#,##0", "align": "right", "bg_color": "#FFF9E5"},
    "edit_share": {**_CELL, "num_format": "0%", "align": "right", "bg_color": "#FFF9E5"},
    "edit_share_fine": {**_CELL, "num_format": "0.0###%", "align": "right", "bg_color": "#FFF9E5"},
    "edit_date": {**_CELL, "num_format": "yyyy-mm-dd", "align": "center", "bg_color": "#FFF9E5"},
    "edit_group": {**_WRAPPED, "num_format": "@", "bold": True, "bg_color": _TINT, "indent": 1},
    "edit_remark": {**_WRAPPED, "indent": 1, "font_color": _GREY, "font_size": 9, "bg_color": "#F7F7F7"},
    "edit_order": {**_CELL, "num_format": "0", "align": "center", "font_color": _GREY},
    "head_must": {**_HEAD, "bg_color": "#D6E3F3", "bold": True},
    "head_remark": {**_HEAD, "font_color": _GREY, "bg_color": "#F2F2F2"},
    "tile_count": {**_CELL, "font_name": HEAD_FONT, "font_size": 16, "align": "center", "num_format": "#,##0"},
    "tile_score": {**_CELL, "font_name": HEAD_FONT, "font_size": 16, "align": "center", "num_format": "0.00"},
    "tile_percent": {**_CELL, "font_name": HEAD_FONT, "font_size": 16, "align": "center", "num_format": "0.00%"},
}
NUMERIC = {name for name, style in STYLES.items() if style.get("num_format", "@") != "@"}
"""The styles in which a text is centred."""
