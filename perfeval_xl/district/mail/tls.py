"""Protected lines to servers: whose certificates count, and what to say where none comes about."""

from __future__ import annotations

import ssl
from pathlib import Path

from perfeval_xl.errors import MailError


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """How a server's certificate is checked: against the system's authorities, or those of ``ca_file`` alone. MailError."""
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        why = "找不到这个文件" if isinstance(error, FileNotFoundError) else "其中没有可用的证书（应为 PEM 格式）"
        raise MailError(f"ca_file {ca_file}：{why}。") from None


def tls_trouble(host: str, error: ssl.SSLError) -> str:
    """Why no protected line to ``host`` came about, and what to do."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"不能确认 {host} 的证书（{error.verify_message}）。请核对服务器名称；"
            "本单位自建的邮件服务器，请向管理员要 CA 证书（PEM 文件），写在 ca_file 中"
        )
    return f"与 {host} 不能建立加密连接（{error.reason or error}）。请核对端口和 security（starttls 还是 tls）"
