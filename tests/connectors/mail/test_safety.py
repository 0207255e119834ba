"""The safety checklist of mail, point by point: what is answered, what meets silence, what is set apart."""

from __future__ import annotations

import pytest

from connectors.mail.caps import Given, wait
from connectors.mail.safety import Answer, Quarantine, Rules, Silent, Verdict, judge
from core.documents.mail import headers

RULES = Rules(
    address="synthese@ministere.example",
    authserv_id="mx.ministere.example",
    domains=frozenset({"ministere.example", "xn--ministre-60a.example"}),
)
GOOD = {
    "Return-Path": "<anne@ministere.example>",
    "Authentication-Results": "mx.ministere.example; dmarc=pass header.from=ministere.example",
    "From": "Anne Dupont <anne@ministere.example>",
    "To": "Synthèse <synthese@ministere.example>",
    "Message-ID": "<1@ministere.example>",
    "Content-Type": "text/plain",
}


def verdict(*, also: str = "", below: str = "", **changed: str | None) -> Verdict:
    """The verdict on a good message with some headers changed (None: left out) and others put on top."""
    named = GOOD | {name.replace("_", "-"): value for name, value in changed.items()}
    lines = [f"{name}: {value}" for name, value in named.items() if value is not None]
    top, _ = headers.split((also + "\n".join(lines) + "\n" + below + "\n\nBonjour").encode())
    return judge(top, RULES)


def test_an_authenticated_colleague_is_answered() -> None:
    """The sender is the address, small and with its domain as A-label."""
    assert verdict() == Answer(sender="anne@ministere.example", name="Anne Dupont")


def silent(why: str) -> Silent:
    return Silent(why=why)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"Return_Path": "<>"}, "bounce"),  # 1
        ({"Auto_Submitted": "auto-replied"}, "automatic"),  # 2
        ({"Auto_Submitted": "auto-generated; x=y"}, "automatic"),
        ({"Content_Type": "multipart/report; report-type=delivery-status; boundary=b"}, "report"),  # 3
        ({"Content_Type": "multipart/report; report-type=disposition-notification"}, "report"),
        ({"List_Id": "<agents.ministere.example>"}, "list"),  # 4
        ({"List_Unsubscribe": "<mailto:x@y.example>"}, "list"),
        ({"Feedback_ID": "1:2:3"}, "list"),
        ({"Precedence": "bulk"}, "bulk"),
        ({"X_Auto_Response_Suppress": "DR, OOF"}, "suppressed"),
        ({"X_Loop": "x"}, "loop"),
        ({"From": "MAILER-DAEMON@ministere.example"}, "robot"),  # 5
        ({"From": "postmaster@ministere.example"}, "robot"),
        ({"From": "owner-liste@ministere.example"}, "robot"),
        ({"From": "liste-request@ministere.example"}, "robot"),
        ({"From": "no-reply@ministere.example"}, "robot"),
        ({"From": "ne-pas-repondre@ministere.example"}, "robot"),
        ({"To": "tous@ministere.example"}, "not_addressed"),  # 6
        ({"To": None}, "not_addressed"),
        ({"From": "synthese@ministere.example"}, "own"),  # 7
        ({"From": "synthese+note@ministere.example"}, "own"),
    ],
)
def test_automatic_mail_meets_silence(changed: dict[str, str | None], why: str) -> None:
    """Points 1 to 7: nothing that a machine sent is answered, authenticated or not."""
    assert verdict(**changed) == Silent(why=why)


def test_a_message_that_turned_in_circles_is_not_answered() -> None:
    """Point 8: more than fifty Received."""
    assert verdict(also="Received: by x\n" * 51) == Silent(why="loop")
    assert isinstance(verdict(also="Received: by x\n" * 50), Answer)


@pytest.mark.parametrize("value", ["no", "No ", "no; comment=x"])
def test_a_message_that_says_it_is_by_hand_is_answered(value: str) -> None:
    """Point 2: `Auto-Submitted: no` is what a person's program writes."""
    assert isinstance(verdict(Auto_Submitted=value), Answer)


def test_copies_and_words_after_the_plus_are_addressed_to_us() -> None:
    """Point 6: Cc counts, and so does `synthese+note@`."""
    assert isinstance(verdict(To="paul@ministere.example", Cc="Synthese+note@Ministere.Example"), Answer)


@pytest.mark.parametrize(
    "sender",
    [
        "anne@ministere.example, paul@ministere.example",
        "Bureau: anne@ministere.example;",
        "anne@ministere.example <mechant@ailleurs.example>",
        "Anne <anne@ministere.example> <mechant@ailleurs.example>",
        "anne@ministere.example@ailleurs.example",
        "ànne@ministere.example",
        "Anne",
        "",
        "<>",
    ],
)
def test_one_author_on_whom_all_agree(sender: str) -> None:
    """Point 9: groups, several addresses and whatever two parsers read differently are set apart."""
    assert isinstance(verdict(From=sender), Quarantine)


def test_two_from_headers_are_set_apart() -> None:
    """Point 9: programs disagree on which one counts."""
    assert verdict(also="From: paul@ministere.example\n") == Quarantine(why="senders")


@pytest.mark.parametrize(
    "results",
    [
        None,
        "autre.example; dmarc=pass header.from=ministere.example",
        "mx.ministere.example; none",
        "mx.ministere.example; dmarc=none header.from=ministere.example",
        "mx.ministere.example; dmarc=fail; dkim=pass header.d=ministere.example",
        "mx.ministere.example; dmarc=pass header.from=ailleurs.example",
        "mx.ministere.example; spf=pass smtp.mailfrom=ministere.example",
        "mx.ministere.example; dkim=pass header.d=ailleurs.example",
        "mx.ministere.example; dkim=pass",
        "mx.ministere.example; x=y (dmarc=pass header.from=ministere.example)",
        "mx.ministere.example.ailleurs.example; dmarc=pass header.from=ministere.example",
    ],
)
def test_who_is_not_authenticated_is_set_apart(results: str | None) -> None:
    """Points 10, 11 and 13: fails closed, without an answer."""
    assert verdict(Authentication_Results=results) == Quarantine(why="unauthenticated")


@pytest.mark.parametrize(
    "results",
    [
        "mx.ministere.example 1; dmarc=pass (p=reject) header.from=ministere.example",
        "MX.ministere.example; spf=fail; dkim=pass header.i=@courrier.ministere.example header.s=a",
        'mx.ministere.example; dkim = pass header.d="ministere.example"',
    ],
)
def test_ways_to_be_authenticated(results: str) -> None:
    """Point 11: DMARC, or DKIM of the same organisation."""
    assert isinstance(verdict(Authentication_Results=results), Answer)


def test_only_the_topmost_result_of_our_server_counts() -> None:
    """Point 10: what a sender wrote below is not believed, whatever name it bears."""
    assert verdict(also="Authentication-Results: mx.ministere.example; dmarc=fail\n") == Quarantine(
        why="unauthenticated"
    )
    assert isinstance(verdict(also="Authentication-Results: autre.example; dmarc=fail\n"), Answer)


def test_organisations_are_told_apart_by_the_public_suffix_list() -> None:
    """Point 11: two ministries under gouv.fr are two organisations."""
    results = "mx.ministere.example; dkim=pass header.d=autre.gouv.fr"
    rules = Rules(address=RULES.address, authserv_id=RULES.authserv_id, domains=frozenset({"un.gouv.fr"}))
    head = f"Authentication-Results: {results}\nFrom: a@un.gouv.fr\nTo: {RULES.address}\n\n"
    assert judge(headers.split(head.encode())[0], rules) == Quarantine(why="unauthenticated")
    same = head.replace("autre.gouv.fr", "envoi.un.gouv.fr")
    assert isinstance(judge(headers.split(same.encode())[0], rules), Answer)


def test_a_signature_of_the_beginning_only_is_refused() -> None:
    """Point 11: `l=` lets anyone add text below."""
    signature = "DKIM-Signature: v=1; a=rsa-sha256; d=ministere.example; s=a; l=120; b=x\n"
    assert verdict(also=signature) == Quarantine(why="partly_signed")


@pytest.mark.parametrize(
    "sender",
    [
        "anne@ailleurs.example",
        '"anne@ministere.example" <anne@ailleurs.example>',
        "=?utf-8?q?anne=40ministere=2Eexample?= <anne@ailleurs.example>",
        "anne@sous.ministere.example",
        "anne@ministere.example.ailleurs.example",
        "anne@mіnistere.example",  # a Cyrillic letter
    ],
)
def test_strangers_are_set_apart_whatever_their_name(sender: str) -> None:
    """Point 12: the list is compared with the address, as A-label, and with nothing else."""
    found = verdict(From=sender, Authentication_Results="mx.ministere.example; dmarc=pass")
    assert found == Quarantine(why="stranger")


def test_international_domains_are_compared_as_a_labels() -> None:
    """Point 12."""
    found = verdict(From="anne@ministère.example", Authentication_Results="mx.ministere.example; dmarc=pass")
    assert found == Answer(sender="anne@xn--ministre-60a.example", name="")


@pytest.mark.parametrize("value", ["none", "fail", " Fail "])
def test_what_the_suite_could_not_verify_is_set_apart(value: str) -> None:
    """La Suite's *messages* says so in a header of its own."""
    assert verdict(X_StMsg_Sender_Auth=value) == Quarantine(why="unverified")


def test_headers_beyond_the_cap_are_set_apart() -> None:
    """What was cut could have held anything."""
    assert verdict(below="X-A: b\n" * 3000) == Quarantine(why="headers_too_long")


def given(count: int, *, sender: str = "a", thread: str = "", every: float = 1.0) -> list[Given]:
    return [Given(at=n * every, sender=sender, thread=thread or f"t{n}") for n in range(count)]


@pytest.mark.parametrize(
    ("history", "thread", "now", "pause"),
    [
        (given(4), "new", 10.0, 0.0),
        (given(5), "new", 10.0, 590.0),
        (given(5), "new", 700.0, 0.0),
        (given(50, every=1000.0), "new", 50_000.0, 36_400.0),
        (given(4, thread="t", every=150.0), "t", 700.0, 0.0),
        (given(4, thread="t", every=10.0), "t", 60.0, 0.0),
        (given(10, thread="t", every=300.0), "t", 3_000.0, 600.0),
        (given(10, sender="b", thread="u"), "t", 10.0, 0.0),
        (given(500, sender="b"), "t", 500.0, 100.0),
    ],
)
def test_caps_make_messages_wait(history: list[Given], thread: str, now: float, pause: float) -> None:
    """Point 16: five in ten minutes, fifty a day for one person, ten an hour in a thread, a breaker."""
    assert wait(history, sender="a", thread=thread, now=now) == pause


MX = "mx.ministere.example; "


@pytest.mark.parametrize(
    "results",
    [
        'spf=pass smtp.mailfrom="x; dmarc=pass header.from=ministere.example; y"@evil.example; dmarc=none',
        r'spf=pass smtp.mailfrom="x\"; dmarc=pass header.from=ministere.example; y"@evil.example; dmarc=none',
        'spf=pass (of "x) ; dmarc=pass header.from=ministere.example (y"@evil.example); dmarc=fail',
        r"spf=pass (of x\) ; dmarc=pass header.from=ministere.example (y); dmarc=none",
        'dkim=pass header.i="a header.d=ministere.example b"@evil.example',
    ],
)
def test_what_a_stranger_wrote_within_a_result_is_none(results: str) -> None:
    """A sender’s own name, which our server quotes in its results, cannot stand for one of them."""
    assert verdict(Authentication_Results=MX + results) == Quarantine(why="unauthenticated")


@pytest.mark.parametrize(
    "results",
    [
        'dmarc=pass (p=reject "dis=none) header.from=ministere.example',
        'spf=pass smtp.mailfrom="o;dd (name"@ministere.example; dmarc=pass header.from="ministere.example"',
        "dmarc=pass ((nested) comment) header.from=ministere.example (closed)",
    ],
)
def test_quotes_and_comments_hide_no_result(results: str) -> None:
    """Nor does an odd name take away what our server found."""
    assert verdict(Authentication_Results=MX + results) == verdict()


@pytest.mark.parametrize(
    "results",
    [
        "dmarc=pass header.from=ministere.example (open",
        "dkim=pass header.d=ministere.example (sender (x); dmarc=fail header.from=ministere.example",
        "spf=pass (a) b); dmarc=pass header.from=ministere.example",
        'dmarc=pass header.from=ministere.example; spf=pass smtp.mailfrom="x',
        "spf=pass (\\); dmarc=pass header.from=ministere.example",
    ],
)
def test_results_that_are_not_closed_are_not_believed(results: str) -> None:
    """A comment or a quoted string without its end, or with two: which words are our server's?"""
    assert verdict(Authentication_Results=MX + results) == Quarantine(why="unauthenticated")


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Autoreply", "yes"),
        ("X-Autorespond", "Re: question"),
        ("X-AutoReply-From", "anne@ministere.example"),
        ("X-Mail-Autoreply", "absence"),
        ("X-Auto-Response", "1"),
        ("X-Autogenerated", "Reply"),
        ("X-FC-MachineGenerated", "true"),
        ("Delivered-To", "Autoresponder"),
        ("Precedence", "auto_reply"),
    ],
)
def test_programs_of_absence_are_not_answered(header: str, value: str) -> None:
    """Whatever header they say it with."""
    assert isinstance(verdict(**{header.replace("-", "_"): value}), Silent)
    if header == "X-Autoreply":
        assert verdict(X_Autoreply="no") == verdict()


@pytest.mark.parametrize(
    ("subject", "silent"),
    [
        ("Réponse\u00a0automatique\u00a0: Votre synthèse", True),
        ("Réponse automatique : Votre synthèse", True),
        ("Automatic reply: Your summary", True),
        ("Out of Office: Re: Votre synthèse", True),
        ("Out of office AutoReply: Votre synthèse", True),
        ("Auto-Reply: bonjour", True),
        ("[Auto-Reply] bonjour", True),
        ("AUTO: Anne Dupont is out of the office (returning 12/03)", True),
        ("Absence du bureau", True),
        ("Message d’absence", True),
        ("Absence du bureau : qui me remplace ?", True),
        ("Auto : sinistre du 3 mars", False),
        ("Réponse automatique aux usagers : projet de texte", False),
        ("Message d’absence à rédiger", False),
        ("Re: automatisation", False),
        ("Notre réponse automatique : avis", False),
    ],
)
def test_subjects_of_programs_of_absence(subject: str, silent: bool) -> None:
    """They are known by how they begin; a person who writes of such things is answered."""
    assert isinstance(verdict(Subject=subject), Silent) is silent
