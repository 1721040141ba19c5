"""Mail servers of well-known providers, and what their customers must know before a password works.

Common knowledge, not looked up at run time: what is detected is proved by a login before it is saved.
All ports are encrypted.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider's servers: IMAP with TLS on 993, SMTP with TLS on 465 or STARTTLS on 587.

    Args:
        imap: host name.
        smtp: host name.
        smtp_port: 465 or 587.
        hint: what to know about passwords there; may be empty.
    """

    imap: str
    smtp: str
    smtp_port: int = 465
    hint: str = ""


_APP = "The normal password is refused; make an app password at {} and give that one."
_SWITCH = "Mail programs must be allowed first, in the settings of {}."
_MICROSOFT = (
    "Microsoft takes no passwords from mail programs any more; use --auth oauth2 with a --password-command that prints"
    " an access token."
)
_GOOGLE = Provider("imap.gmail.com", "smtp.gmail.com", 465, _APP.format("https://myaccount.google.com/apppasswords"))
_OUTLOOK = Provider("outlook.office365.com", "smtp-mail.outlook.com", 587, _MICROSOFT)
_APPLE = Provider("imap.mail.me.com", "smtp.mail.me.com", 587, _APP.format("https://account.apple.com"))
_YAHOO = Provider(
    "imap.mail.yahoo.com", "smtp.mail.yahoo.com", 465, _APP.format("https://login.yahoo.com/account/security")
)
_FASTMAIL = Provider(
    "imap.fastmail.com",
    "smtp.fastmail.com",
    465,
    _APP.format("https://app.fastmail.com/settings/security/apps"),
)
_GMX_DE = Provider("imap.gmx.net", "mail.gmx.net", 465, _SWITCH.format("GMX (E-Mail, POP3/IMAP)"))
_GMX_COM = Provider("imap.gmx.com", "mail.gmx.com", 465, _SWITCH.format("GMX (E-mail, POP3/IMAP)"))
_POSTEO = Provider("posteo.de", "posteo.de")
_ZOHO = "With two-factor authentication an app password is needed: {}/home#security/app_password."
_YANDEX = Provider("imap.yandex.com", "smtp.yandex.com", 465, _APP.format("https://id.yandex.com/security"))
_MAIL_RU = Provider("imap.mail.ru", "smtp.mail.ru", 465, _APP.format("https://account.mail.ru/user/2-step-auth"))

PROVIDERS: dict[str, Provider] = {
    **dict.fromkeys(("gmail.com", "googlemail.com"), _GOOGLE),
    **dict.fromkeys(("outlook.com", "outlook.de", "outlook.fr", "hotmail.com", "hotmail.de", "hotmail.fr"), _OUTLOOK),
    **dict.fromkeys(("hotmail.co.uk", "hotmail.it", "hotmail.es", "live.com", "live.de", "msn.com"), _OUTLOOK),
    **dict.fromkeys(("icloud.com", "me.com", "mac.com"), _APPLE),
    **dict.fromkeys(("yahoo.com", "yahoo.de", "yahoo.fr", "yahoo.it", "yahoo.es", "yahoo.co.uk"), _YAHOO),
    **dict.fromkeys(("yahoo.ca", "yahoo.com.br", "yahoo.in", "ymail.com", "rocketmail.com"), _YAHOO),
    "aol.com": Provider("imap.aol.com", "smtp.aol.com", 465, _APP.format("https://login.aol.com/account/security")),
    **dict.fromkeys(("fastmail.com", "fastmail.fm", "messagingengine.com"), _FASTMAIL),
    **dict.fromkeys(("gmx.de", "gmx.net", "gmx.at", "gmx.ch", "gmx.eu"), _GMX_DE),
    **dict.fromkeys(("gmx.com", "gmx.us", "gmx.co.uk"), _GMX_COM),
    "web.de": Provider("imap.web.de", "smtp.web.de", 587, _SWITCH.format("web.de (E-Mail, POP3/IMAP)")),
    **dict.fromkeys(("posteo.de", "posteo.net", "posteo.org", "posteo.eu"), _POSTEO),
    "mailbox.org": Provider("imap.mailbox.org", "smtp.mailbox.org"),
    "zoho.com": Provider("imap.zoho.com", "smtp.zoho.com", 465, _ZOHO.format("https://accounts.zoho.com")),
    "zohomail.com": Provider("imap.zoho.com", "smtp.zoho.com", 465, _ZOHO.format("https://accounts.zoho.com")),
    "zoho.eu": Provider("imap.zoho.eu", "smtp.zoho.eu", 465, _ZOHO.format("https://accounts.zoho.eu")),
    "t-online.de": Provider(
        "secureimap.t-online.de", "securesmtp.t-online.de", 465, "Telekom wants the password for mail programs."
    ),
    "freenet.de": Provider("mx.freenet.de", "mx.freenet.de", 587),
    "orange.fr": Provider("imap.orange.fr", "smtp.orange.fr"),
    "laposte.net": Provider("imap.laposte.net", "smtp.laposte.net"),
    "free.fr": Provider("imap.free.fr", "smtp.free.fr"),
    "bluewin.ch": Provider("imaps.bluewin.ch", "smtpauths.bluewin.ch"),
    "runbox.com": Provider("mail.runbox.com", "mail.runbox.com"),
    **dict.fromkeys(("yandex.com", "yandex.ru", "ya.ru"), _YANDEX),
    **dict.fromkeys(("mail.ru", "inbox.ru", "list.ru", "bk.ru"), _MAIL_RU),
}
"""Domain of the address -> its provider."""

_BRIDGE = "Proton Mail is reached through its Bridge alone: start that, and give its IMAP and SMTP host and port."
_CLOSED = "Tuta lets no mail program in (no IMAP); use an account elsewhere."
UNREACHABLE: dict[str, str] = {
    **dict.fromkeys(("proton.me", "protonmail.com", "protonmail.ch", "pm.me"), _BRIDGE),
    **dict.fromkeys(("tuta.com", "tutanota.com", "tutanota.de", "tutamail.com", "tuta.io", "keemail.me"), _CLOSED),
}
"""Domain -> why no server can be found for it."""
