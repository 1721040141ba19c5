from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.engine.mail.samples import messages_in
from tui.engine.mail.headers import HeaderFacts, parse_header
from tui.engine.mail.identity import content_digest, header_identity, same_content
from tui.engine.mail.threading import MAX_KEYS, parent, thread_keys

BASE = b"From: Ann <ann@x.example>\nDate: Tue, 3 Mar 2026 14:02:09 +0100\nSubject: %s\nMessage-ID: <a@x>\n"


def identity(subject: bytes = b"Offer", header: bytes = BASE) -> str | None:
    return header_identity(parse_header(header % subject))


def test_R7_what_transport_changes_does_not_change_the_identity() -> None:
    assert identity() == identity(header=b"Received: by x\nX-Spam: no\n" + BASE.replace(b"Ann <", b"A. Archer <"))
    assert identity(b"Re: Offer of  May") == identity(b"Re:\n Offer of May")
    assert identity(b"Re: Offer") == identity(b"Re: [sales-list] Offer")
    assert identity(header=BASE) == identity(header=BASE.replace(b"ann@x", b"ANN@X"))


def test_R8_different_messages_that_share_a_message_id_stay_two() -> None:
    assert identity(b"Re: Offer") != identity(b"Offer")
    assert identity(header=BASE.replace(b"14:02", b"14:03")) != identity()
    assert identity(header=BASE.replace(b"ann@", b"eve@")) != identity()


def test_R46_a_content_is_known_again_in_another_transfer_form() -> None:
    pdf, text = (1, "offer.pdf", "application/pdf", 812), (2, "", "text/plain", 20)
    digest = content_digest("one  two\r\nthree", [pdf, text])
    assert digest == content_digest("one two\nthree\n\n", [(1, "", *text[2:]), (2, "renamed.pdf", *pdf[2:])])
    assert len({digest, content_digest("one two", [pdf, text]), content_digest("one two three", [pdf])}) == 3


def test_R8_the_same_text_with_a_footer_or_banner_is_the_same_content() -> None:
    words = "The offer stands until the end of May, as we said on the phone."
    assert same_content(words, words.replace(" ", "\n"))
    assert same_content(words, f"CAUTION: external sender.\n\n{words}\n\n___\nlist footer")
    assert not same_content(words, words.replace("May", "June"))
    assert not same_content("ok", "that is ok")
    assert not same_content("", words)
    assert not same_content(words, words + " other words" * 1000)


def test_R8_both_messages_of_a_stolen_id_are_told_apart(corpus: Path) -> None:
    raw = messages_in(corpus / "hostile" / "thr-dup-id-a.eml")[0]
    other = raw.replace(b"harmless", b"harmful")
    assert not same_content(raw.decode(), other.decode())


def test_thread_keys_go_from_the_root_to_the_message() -> None:
    facts = parse_header(b"Message-ID: <c@x>\nIn-Reply-To: <b@x>\nReferences: <a@x> <b@x>\n")
    assert thread_keys(facts) == ["a@x", "b@x", "c@x"]
    assert parent(facts) == "b@x"
    assert thread_keys(HeaderFacts()) == []
    assert parent(HeaderFacts(message_id="a", references=("a",))) == ""


def test_loops_in_threads_are_harmless(corpus: Path) -> None:
    facts = parse_header((corpus / "hostile" / "thr-loop-c.eml").read_bytes())
    assert len(thread_keys(facts)) == len(set(thread_keys(facts)))
    assert parent(facts) != facts.message_id


@given(st.lists(st.text(max_size=5), max_size=500), st.text(max_size=5))
def test_thread_keys_are_few_and_each_once(references: list[str], own: str) -> None:
    keys = thread_keys(HeaderFacts(message_id=own, references=tuple(references), in_reply_to=tuple(references[:9])))
    assert len(keys) == len(set(keys)) <= MAX_KEYS
    assert not own or keys[-1] == own
