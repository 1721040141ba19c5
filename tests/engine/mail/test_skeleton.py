"""Big messages are read without being held: what is kept of them is the same as if they were."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.mail.samples import real_mail
from tests.servers.mailgen import mailbox, make_mail
from tui.engine.mail import skeleton
from tui.engine.mail.mime import gist, gist_of_file


@pytest.mark.parametrize("block", [300, 2_000, 10_000])
def test_generated_mail_is_the_same_without_its_middle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    """Texts, names and sizes agree, and nearly all of the attachments was left out."""
    monkeypatch.setattr(skeleton, "BLOCK", block)
    path, total, left = tmp_path / "mail", 0, 0
    for raw in mailbox(60, seed=3, attachments=0.5):
        path.write_bytes(raw)
        assert gist_of_file(path) == gist(raw)
        total += len(raw)
        left += len(skeleton.skeleton(path).data)
    assert left < total / 4


def test_corpus_mail_is_the_same_without_its_middle(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is broken about a message is read the same way."""
    monkeypatch.setattr(skeleton, "BLOCK", 400)
    gaps = 0
    for path in real_mail(corpus):
        if path.stat().st_size < 1_000_000:
            assert gist_of_file(path) == gist(path.read_bytes()), path
            gaps += bool(skeleton.skeleton(path).gaps)
    assert gaps > 50


def test_a_text_in_base64_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text is never left out, however it is encoded."""
    monkeypatch.setattr(skeleton, "BLOCK", 500)
    text = "Grüße aus Köln. " * 900
    raw = make_mail(
        "A <a@x.example>", "b@y.example", "S", text, attachments=[("a.zip", "application/zip", b"\1" * 9000)]
    )
    assert b"base64" in raw.split(b"application/zip")[0]
    path = tmp_path / "mail"
    path.write_bytes(raw)
    assert gist_of_file(path) == gist(raw)
    assert gist(raw).text.count("Grüße") == 900
