"""Links that stand in place of an attached file (超大附件, 云附件). They are named, never followed."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from perfeval_xl.district.mail.arrivals import Link
from perfeval_xl.district.mail.decoding import line_of

_BIG_ATTACHMENTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("QQ 邮箱超大附件", re.compile(r"https?://(?:[\w-]+\.)*mail\.qq\.com/(?:cgi-bin/ftnExs_|ftn/)", re.I)),
    ("QQ 邮箱超大附件", re.compile(r"https?://(?:[\w-]+\.)*(?:exmail\.qq\.com/cgi-bin/ftnExs_|ftn\.qq\.com/)", re.I)),
    (
        "网易邮箱超大附件",
        re.compile(
            r"https?://(?:[\w-]+\.)*(?:163|126|yeah|188)\.(?:com|net)/[^\s\"'<>]*"
            r"(?:large-attachment|cloud-attachment|filehub|fs/display|bigattach)",
            re.I,
        ),
    ),
    ("网易邮箱超大附件", re.compile(r"https?://u\.163\.com/\w", re.I)),
    ("139 邮箱超大附件", re.compile(r"https?://(?:[\w-]+\.)*mail\.10086\.cn/[^\s\"'<>]*(?:largefile|disk|share)", re.I)),
    ("189 邮箱超大附件", re.compile(r"https?://download\.cloud\.189\.cn/file/", re.I)),
    ("Outlook 的 OneDrive 附件", re.compile(r"https?://(?:1drv\.ms/|onedrive\.live\.com/|[\w-]+\.sharepoint\.(?:com|cn)/)", re.I)),
)  # fmt: skip
_PLACES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("百度网盘链接", re.compile(r"https?://(?:pan|yun)\.baidu\.com/(?:s/|share/)", re.I)),
    ("腾讯微云链接", re.compile(r"https?://share\.weiyun\.com/", re.I)),
    ("腾讯文档链接", re.compile(r"https?://docs\.qq\.com/(?:sheet|doc|s)/", re.I)),
    ("金山文档链接", re.compile(r"https?://(?:www\.|[\w-]+\.)?kdocs\.cn/(?:l|p|view)/", re.I)),
    ("阿里云盘链接", re.compile(r"https?://www\.(?:alipan|aliyundrive)\.com/s/", re.I)),
)
_SAID = re.compile(r"从[^<>从\n]{1,20}邮箱发来的(?:超大附件|云附件)")
_FILE = re.compile(
    r"([^\s<>()（）/\\:：\"]{1,100}\.(?:xlsx?|xlsm|et|ods|zip|rar|7z|docx?|pdf))\s*(?:</a>\s*)?(?:<[^<>]{0,200}>\s*)*"
    r"[(（][\d.]+\s*[KMG]B?[,，]",
    re.I,
)
_LOOKED_AT = 1_000_000  # characters


def links_in(texts: Iterable[str]) -> tuple[Link, ...]:
    """The links in the texts of a message (plain or HTML), each service once, those that surely stand for a file first."""
    services: dict[str, bool] = {}
    names: list[str] = []
    for text in texts:
        body = html.unescape(text[:_LOOKED_AT])
        services |= dict.fromkeys((label for label, pattern in _BIG_ATTACHMENTS if pattern.search(body)), True)
        said = _SAID.search(body)
        if said and not any(services.values()):
            services[line_of(said[0])] = True
        for label, pattern in _PLACES:
            if pattern.search(body):
                services.setdefault(label, False)
        names += [line_of(match[1]) for match in _FILE.finditer(body)]
    shown = "、".join(dict.fromkeys(names))
    found = [Link(label, shown if certain else "", certain) for label, certain in services.items()]
    return tuple(sorted(found, key=lambda each: not each.certain))
