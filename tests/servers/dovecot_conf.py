"""Writes the configuration of a rootless Dovecot 2.3: every process as one plain user, everything in one folder."""

from __future__ import annotations

import grp
import pwd
from dataclasses import dataclass
from pathlib import Path

SPECIAL = {"Drafts": r"\Drafts", "Sent": r"\Sent", "Junk": r"\Junk", "Trash": r"\Trash", "Archive": r"\Archive"}


@dataclass(frozen=True)
class Ports:
    """The ports of a server; 0 leaves a service out."""

    imap: int
    imaps: int = 0
    submission: int = 0
    lmtp: int = 0
    relay: int = 0


def configuration(
    folder: Path,
    ports: Ports,
    user: pwd.struct_passwd,
    *,
    capability: str | None,
    acl: bool,
    quota: str | None,
    prefix: str,
    special_use: bool,
    extra: str,
) -> str:
    """Return the text of dovecot.conf; the arguments are those of DovecotServer.start."""
    protocols = ["imap"] + ["submission"] * bool(ports.submission) + ["lmtp"] * bool(ports.lmtp)
    plugins = ["acl"] * acl + ["quota"] * bool(quota)
    imap_plugins = ["imap_acl"] * acl + ["imap_quota"] * bool(quota)
    parts = [
        _base(folder, user, protocols, plugins),
        _tls(folder, ports),
        _namespace(prefix, special_use),
        _services(ports),
    ]
    if capability is not None:
        parts.append(f"imap_capability = {capability}\n")
    if plugins:
        parts.append(_plugins(folder, acl, quota))
        parts.append("protocol imap {\n  mail_plugins = $mail_plugins " + " ".join(imap_plugins) + "\n}\n")
    return "".join(parts) + extra + "\n"


def _base(folder: Path, user: pwd.struct_passwd, protocols: list[str], plugins: list[str]) -> str:
    group = grp.getgrgid(user.pw_gid).gr_name
    return f"""base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/dovecot.log
protocols = {" ".join(protocols)}
listen = 127.0.0.1
disable_plaintext_auth = no
default_internal_user = {user.pw_name}
default_internal_group = {group}
default_login_user = {user.pw_name}
mail_location = maildir:~/Maildir
mail_uid = {user.pw_name}
mail_gid = {group}
mail_fsync = never
mail_plugins = {" ".join(plugins)}
mail_max_userip_connections = 200
mailbox_idle_check_interval = 1 secs
first_valid_uid = 1
first_valid_gid = 1
auth_failure_delay = 0
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={user.pw_uid} gid={user.pw_gid} home={folder}/mail/%u
}}
"""


def _services(ports: Ports) -> str:
    text = f"""service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service imap {{
  process_limit = 400
}}
service imap-login {{
  chroot =
  process_min_avail = 1
  service_count = 0
  inet_listener imap {{
    port = {ports.imap}
  }}
  inet_listener imaps {{
    port = {ports.imaps}
  }}
}}
"""
    if ports.lmtp:
        text += f"service lmtp {{\n  inet_listener lmtp {{\n    port = {ports.lmtp}\n  }}\n}}\n"
    if ports.submission:
        text += f"""service submission-login {{
  chroot =
  inet_listener submission {{
    port = {ports.submission}
  }}
}}
submission_relay_host = 127.0.0.1
submission_relay_port = {ports.relay}
hostname = localhost
"""
    return text


def _tls(folder: Path, ports: Ports) -> str:
    if not ports.imaps:
        return "ssl = no\n"
    return f"ssl = required\nssl_cert = <{folder}/cert.pem\nssl_key = <{folder}/key.pem\n"


def _namespace(prefix: str, special_use: bool) -> str:
    separator = "." if prefix else "/"
    boxes = "".join(
        f"  mailbox {name} {{\n    auto = subscribe\n    special_use = {mark}\n  }}\n" for name, mark in SPECIAL.items()
    )
    inside = boxes if special_use else ""
    return f"namespace inbox {{\n  inbox = yes\n  separator = {separator}\n  prefix = {prefix}\n{inside}}}\n"


def _plugins(folder: Path, acl: bool, quota: str | None) -> str:
    lines = []
    if acl:
        lines += [f"  acl = vfile:{folder}/acl:cache_secs=0"]
    if quota:
        lines += ["  quota = maildir:User quota", f"  quota_rule = *:{quota}"]
    return "plugin {\n" + "\n".join(lines) + "\n}\n"
