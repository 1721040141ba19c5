from __future__ import annotations

import pytest

from tests.servers.smtp import SmtpSink
from tui.engine import errors
from tui.engine.mail.smtp import Submitted, check_smtp, submit
from tui.engine.model import Security, Server

RAW = b"From: me@our.example\r\nSubject: Hello\r\n\r\n.leading dot\r\nline\n.\nMAIL FROM:<evil@x>\r\n"
MARK = "secret-canary"


class Intent:
    """Counts how often the journal was asked to commit before DATA."""

    def __init__(self) -> None:
        self.count = 0

    async def __call__(self) -> None:
        self.count += 1


@pytest.fixture
def intent() -> Intent:
    return Intent()


async def send(
    sink: SmtpSink,
    intent: Intent,
    *to: str,
    security: Security = Security.NONE,
    raw: bytes = RAW,
    secret: str = MARK,
    sender: str = "me@our.example",
    **more: float,
) -> Submitted:
    return await submit(
        Server("localhost" if security is not Security.NONE else sink.host, sink.port, security),
        "me",
        secret,
        sender=sender,
        recipients=to or ("ann@x.example",),
        raw=raw,
        before_text=intent,
        **more,  # type: ignore[arg-type]
    )


async def test_R4_a_message_is_handed_over_once_and_whole(smtp: SmtpSink, intent: Intent) -> None:
    done = await send(smtp, intent, "ann@x.example", "bob@x.example", "ann@x.example")
    [got] = await smtp.wait_for(1)
    assert done.accepted == got.recipients == ("ann@x.example", "bob@x.example")
    assert done.reply.startswith("250")
    assert (got.sender, intent.count) == ("me@our.example", 1)
    assert got.raw == RAW.replace(b"line\n.\n", b"line\r\n.\r\n")


async def test_refused_recipients_are_named_and_the_others_served(smtp: SmtpSink, intent: Intent) -> None:
    smtp.refuse["bad@x.example"] = "550 5.1.1 No such user"
    done = await send(smtp, intent, "bad@x.example", "ann@x.example")
    assert (done.accepted, dict(done.refused)) == (("ann@x.example",), {"bad@x.example": "550 5.1.1 No such user"})


async def test_R35_a_message_refused_for_everybody_is_refused_in_the_servers_words(
    smtp: SmtpSink, intent: Intent
) -> None:
    smtp.refuse["ann@x.example"] = "550 5.1.1 No such user"
    with pytest.raises(errors.Refused, match="No such user"):
        await send(smtp, intent)
    smtp.refuse.clear()
    smtp.refuse_sender = "553 5.7.1 Not your address"
    with pytest.raises(errors.Refused, match="Not your address"):
        await send(smtp, intent)
    assert (intent.count, smtp.attempts) == (0, 0)


async def test_a_refused_text_is_refused_and_a_passing_no_is_tried_again(smtp: SmtpSink, intent: Intent) -> None:
    smtp.refuse_data = "554 5.7.1 Spam"
    with pytest.raises(errors.Refused, match="Spam") as caught:
        await send(smtp, intent)
    assert caught.value.code == "554"
    smtp.refuse_data = "451 4.3.0 Later"
    with pytest.raises(errors.NetworkError, match="Later"):
        await send(smtp, intent)
    smtp.refuse["ann@x.example"] = "451 4.7.1 Greylisted"
    with pytest.raises(errors.NetworkError, match="Greylisted"):
        await send(smtp, intent)
    assert smtp.messages == []


async def test_R36_a_line_lost_before_text_is_safe_to_repeat(smtp: SmtpSink, intent: Intent) -> None:
    smtp.cut = "before-data"
    with pytest.raises(errors.NetworkError):
        await send(smtp, intent)
    assert intent.count == 0


@pytest.mark.parametrize("cut", ["lost", "accepted"])
async def test_R36_a_line_lost_after_the_text_is_an_unknown_outcome(smtp: SmtpSink, intent: Intent, cut: str) -> None:
    smtp.cut = cut  # type: ignore[assignment]
    with pytest.raises(errors.OutcomeUnknown, match="may or may not have been sent"):
        await send(smtp, intent)
    assert intent.count == 1
    assert len(smtp.messages) == (cut == "accepted")


async def test_R36_no_answer_in_time_is_an_unknown_outcome(smtp: SmtpSink, intent: Intent) -> None:
    smtp.delay = 30
    with pytest.raises(errors.OutcomeUnknown):
        await send(smtp, intent, data_timeout=0.2)


async def test_R36_when_the_intent_cannot_be_committed_nothing_is_sent(smtp: SmtpSink) -> None:
    async def full() -> None:
        raise errors.ConfigError("The disk is full.")

    with pytest.raises(errors.ConfigError):
        await send(smtp, full)  # type: ignore[arg-type]
    assert smtp.attempts == 0


async def test_a_server_that_is_not_there_is_tried_again(intent: Intent) -> None:
    with SmtpSink.start() as sink:
        pass
    with pytest.raises(errors.NetworkError):
        await send(sink, intent)
    with pytest.raises(errors.NetworkError):
        await check_smtp(Server("no-such-host.invalid", 25, Security.NONE), "me", "x", timeout=5)


@pytest.mark.parametrize("address", ["a@x.example>\r\nRCPT TO:<b@x.example", "a b@x.example", "a@x.example\n", "", "a"])
async def test_no_address_can_carry_a_command(smtp: SmtpSink, intent: Intent, address: str) -> None:
    if address.strip() == "a@x.example":
        await send(smtp, intent, address)
        assert smtp.messages[0].recipients == ("a@x.example",)
        return
    with pytest.raises(errors.InvalidInput):
        await send(smtp, intent, "ok@x.example", address)
    with pytest.raises(errors.InvalidInput):
        await send(smtp, intent, sender=address)
    assert smtp.attempts == 0


async def test_a_message_larger_than_the_server_takes_is_refused_at_once(smtp: SmtpSink, intent: Intent) -> None:
    with pytest.raises(errors.Refused, match="MB at most"):
        await send(smtp, intent, raw=RAW + b"x" * 50_000_001)
    assert (smtp.attempts, intent.count) == (0, 0)


async def test_addresses_beyond_ascii_are_announced(smtp: SmtpSink, intent: Intent) -> None:
    await send(smtp, intent, "jörg@x.example", raw="Subject: ü\r\n\r\nx\r\n".encode())
    assert {"SMTPUTF8", "BODY=8BITMIME"} <= set(smtp.messages[0].mail_options)
    assert smtp.messages[0].recipients == ("jörg@x.example",)


@pytest.mark.parametrize(("kind", "security"), [("implicit_tls", Security.TLS), ("starttls", Security.STARTTLS)])
async def test_protected_lines_log_in_and_a_wrong_secret_is_not_shown(
    kind: str, security: Security, intent: Intent, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SmtpSink.start(auth=("me", MARK), **{kind: True}) as sink:  # type: ignore[arg-type]
        with pytest.raises(errors.CertificateError):
            await send(sink, intent, security=security)
        monkeypatch.setenv("DEALDESK_CA_FILE", str(sink.cafile))
        await send(sink, intent, security=security)
        got = sink.messages[0]
        assert (got.user, got.tls or kind == "implicit_tls") == ("me", True)
        await check_smtp(Server("localhost", sink.port, security), "me", MARK)
        with pytest.raises(errors.AuthError) as caught:
            await send(sink, intent, security=security, secret="wrong-" + MARK)
        assert MARK not in str(caught.value)


async def test_starttls_is_required_and_not_merely_tried(smtp: SmtpSink, intent: Intent) -> None:
    with pytest.raises(errors.ProtocolError, match="STARTTLS"):
        await send(smtp, intent, security=Security.STARTTLS)
    assert smtp.attempts == 0
