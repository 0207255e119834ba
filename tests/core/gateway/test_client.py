"""The client against a fake gateway: what people get, whatever breaks."""

from __future__ import annotations

import itertools
from contextlib import suppress
from dataclasses import replace

import pytest

from core.config.environment import Environment, Secret
from core.errors import ContextOverflow, GatewayRejected, GatewayUnavailable, Interrupted
from core.gateway.ask import Again, Material
from core.gateway.client import RetryLimits
from core.gateway.engines.remote import pause_between_reads
from tests.core.gateway.asking import PATIENT, SHORT, Route, Time, ask, model
from tests.rig import gateway_words as words
from tests.rig.gateway import Behaviour, fake_gateway

DIALECTS = ["mistral", "opengatellm", "openai"]
ECHO = "Réponse à : Quelle heure est-il ?"


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_answer(bench, dialect):
    """Each dialect, as strict as the real one, streams an answer with what it counted."""
    async with fake_gateway(dialect=dialect) as gateway:
        text, done = await bench().answer(ask(), model(gateway.url, dialect=dialect))
    assert text == ECHO
    assert (done.finish, done.served, done.usage.estimated) == ("stop", "small", False)
    assert done.usage.completion_tokens == len(ECHO.split())


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_history_and_materials_are_accepted(bench, dialect):
    """The order of messages is one that every gateway takes."""
    full = ask(
        history=(("Bonjour", "Bonjour."),),
        materials=(Material(name="note.pdf", text="Un\fDeux"), Material(name="b.txt", text="Trois")),
    )
    async with fake_gateway(dialect=dialect) as gateway:
        text, _ = await bench().answer(full, model(gateway.url, dialect=dialect))
    assert text == ECHO


async def test_key_is_sent(bench):
    """The key goes as a bearer token; without one no header is sent."""
    async with fake_gateway() as gateway:
        with_key = replace(model(gateway.url), api_key_env="THE_KEY")
        for given in ({"THE_KEY": Secret("s3cret")}, {}):
            await bench(keys=given.get).answer(ask(), with_key)
    assert [r.headers.get("Authorization") for r in gateway.received] == ["Bearer s3cret", None]


async def test_a_key_in_a_file_may_be_renewed(bench, tmp_path):
    """What the file holds when a request leaves is sent with it."""
    file = tmp_path / "key"
    client = bench(keys=Environment(values={"THE_KEY_FILE": str(file)}).key)
    async with fake_gateway() as gateway:
        for key in ("first", "second"):
            file.write_text(f"{key}\n")
            await client.answer(ask(), replace(model(gateway.url), api_key_env="THE_KEY"))
    assert [r.headers.get("Authorization") for r in gateway.received] == ["Bearer first", "Bearer second"]


@pytest.mark.parametrize("content", ["string", "list", "thinking"])
async def test_forms_of_content(bench, content):
    """A content may be a string or a list of chunks; thoughts are never shown."""
    async with fake_gateway(behaviour=Behaviour(content=content)) as gateway:
        text, _ = await bench().answer(ask(), model(gateway.url))
    assert text == ECHO


async def test_not_streamed(bench):
    """A gateway that answers in one piece is understood."""
    async with fake_gateway(behaviour=Behaviour(streamed=False)) as gateway:
        text, done = await bench().answer(ask(), model(gateway.url))
    assert (text, done.finish) == (ECHO, "stop")


@pytest.mark.parametrize("finish", ["length", "model_length"])
async def test_cut_by_length(bench, finish):
    """An answer that reached its length says so."""
    async with fake_gateway(behaviour=Behaviour(finish=finish)) as gateway:
        _, done = await bench().answer(ask(), model(gateway.url))
    assert done.finish == "length"


@pytest.mark.parametrize("how", [Behaviour(done=False), Behaviour(finish=None)])
async def test_either_end_is_enough(bench, how):
    """A finish reason without `[DONE]`, or the reverse, ends an answer."""
    async with fake_gateway(behaviour=how) as gateway:
        text, done = await bench().answer(ask(), model(gateway.url))
    assert (text, done.finish) == (ECHO, "stop")


async def test_served_by_another_model(bench):
    """A retired name is served by another model: the answer tells which."""
    async with fake_gateway(behaviour=Behaviour(served="small-2603")) as gateway:
        _, done = await bench().answer(ask(), model(gateway.url))
    assert done.served == "small-2603"


async def test_tokens_are_estimated_when_not_counted(bench):
    """Without usage the tokens are estimated, and marked so."""
    async with fake_gateway(behaviour=Behaviour(usage=False)) as gateway:
        _, done = await bench().answer(ask(), model(gateway.url))
    assert done.usage.estimated
    assert done.usage.completion_tokens == 9


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("status", [408, 424, 429, 500, 502, 503, 504])
async def test_temporary_failure_is_retried(bench, dialect, status):
    """What may pass is asked again before anything was shown: the reader sees one answer."""
    async with fake_gateway(dialect=dialect) as gateway:
        gateway.next(Behaviour(status=status))
        client = bench(RetryLimits(total=60.0))
        pieces = await client.pieces(ask(), model(gateway.url, dialect=dialect))
    assert len(gateway.received) == 2
    assert client.pauses == [0.5]
    assert not any(isinstance(piece, Again) for piece in pieces)


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"x-ratelimit-reset-requests": "1m5s"}, None),
        ({"x-ratelimit-reset-token": "12s"}, 12.0),
        ({"Retry-After": "Thu, 01 Jan 1970 00:01:48 GMT"}, 8.0),
        ({"Retry-After": "0"}, 0.5),
    ],
)
async def test_retry_after_is_honoured(bench, headers, pause):
    """The pause is what the gateway asks, at least the backoff; a pause beyond patience ends the attempt."""
    async with fake_gateway() as gateway:
        gateway.next(Behaviour(status=429, headers=headers))
        client = bench(now=lambda: 100.0)
        if pause is None:
            with pytest.raises(GatewayUnavailable) as error:
                await client.answer(ask(), model(gateway.url))
            assert error.value.retry_after == 65.0
        else:
            await client.answer(ask(), model(gateway.url))
            assert client.pauses == [pause]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 422])
async def test_refusal_is_not_retried(bench, dialect, status):
    """What cannot pass is asked once; the error names the status and repeats nothing."""
    async with fake_gateway(dialect=dialect) as gateway:
        gateway.next(Behaviour(status=status, headers={"Location": "http://127.0.0.1:9/"}))
        with pytest.raises(GatewayRejected, match=f"HTTP {status}") as error:
            await bench().answer(ask(), model(gateway.url, dialect=dialect))
    assert len(gateway.received) == 1
    assert "Something failed" not in str(error.value)


async def test_gives_up_after_attempts(bench):
    """A gateway that stays down is asked a bounded number of times, with growing pauses."""
    async with fake_gateway(behaviour=Behaviour(status=503)) as gateway:
        client = bench()
        with pytest.raises(GatewayUnavailable, match="HTTP 503"):
            await client.answer(ask(), model(gateway.url))
    assert len(gateway.received) == 3
    assert client.pauses == [0.5, 1.0]


@pytest.mark.parametrize("status", [403, 503])
async def test_falls_back(bench, status):
    """When the first model will not answer, the next of the route does."""
    async with fake_gateway(models=("small", "large")) as gateway:
        gateway.next(*[Behaviour(status=status)] * 3, model="small")
        text, done = await bench().answer(ask(), model(gateway.url), model(gateway.url, id="large"))
    assert (text, done.model.id) == (ECHO, "large")


async def test_falls_back_rather_than_waiting_long(bench):
    """A gateway that asks for a long pause is left for the next model at once."""
    async with fake_gateway(models=("small", "large")) as gateway:
        gateway.next(Behaviour(status=503, headers={"Retry-After": "10"}), model="small")
        client = bench()
        _, done = await client.answer(ask(), model(gateway.url), model(gateway.url, id="large"))
    assert done.model.id == "large"
    assert client.pauses == []


@pytest.mark.parametrize(
    "how",
    [Behaviour(cut_after=2), Behaviour(stall_after=2), Behaviour(broken_after=2), Behaviour(error_after=2)],
)
async def test_broken_midway_is_asked_anew(bench, how):
    """A stream that breaks midway starts again, with a piece that says so, and ends whole."""
    async with fake_gateway() as gateway:
        gateway.next(how)
        client = bench(replace(PATIENT, between=2.0 if how.stall_after else PATIENT.between))
        pieces = await client.pieces(ask(), model(gateway.url))
        text, _ = await bench().answer(ask(), model(gateway.url))
    kinds = [kind.__name__ for kind, _ in itertools.groupby(pieces, type)]
    assert kinds == ["str", "Again", "str", "Done"]
    assert text == ECHO
    assert [asked.outcome for asked in client.observed] == ["GatewayUnavailable", "stop"]


async def test_broken_for_good(bench):
    """A stream that breaks each time ends with what had come, after a bounded number of requests."""
    async with fake_gateway(behaviour=Behaviour(cut_after=3)) as gateway:
        gateway.next(Behaviour(cut_after=5))
        with pytest.raises(Interrupted) as error:
            await bench().answer(ask(), model(gateway.url))
    assert len(gateway.received) == 3
    assert error.value.text == "Réponse à : Quelle heure"


async def test_broken_falls_back(bench):
    """A model that keeps breaking hands over to the next, and the reader is told to begin anew."""
    async with fake_gateway(models=("small", "large")) as gateway:
        gateway.next(*[Behaviour(cut_after=1)] * 3, model="small")
        text, done = await bench().answer(ask(), model(gateway.url), model(gateway.url, id="large"))
    assert (text, done.model.id) == (ECHO, "large")


@pytest.mark.parametrize("how", [Behaviour(first=60), Behaviour(first=60, comments=True)])
async def test_no_first_token(bench, how):
    """The first token is waited for a bounded time; comments that keep the line alive do not count."""
    async with fake_gateway(behaviour=how) as gateway:
        with pytest.raises(GatewayUnavailable, match="pas de premier jeton"):
            await bench(replace(SHORT, attempts=1)).answer(ask(), model(gateway.url))


async def test_long_answer_is_read_in_gulps(bench):
    """Tokens of an answer that takes long are left to gather unread; none is lost."""
    time, pieces = Time(), []
    async with fake_gateway(behaviour=Behaviour(rate=200.0, tokens=100)) as gateway:
        client = bench(clock=time)
        async for piece in client.gateway.stream(ask(), lambda: Route((model(gateway.url),))):
            time.at += 0.75
            pieces += [piece] if isinstance(piece, str) else []
    assert len("".join(pieces).split()) == 100
    assert len(pieces) < 20


async def test_what_nobody_would_see_comes_together(bench):
    """Once an answer has begun, text that nobody would see yet comes with its end, and at its end at once."""
    pieces: list[str] = []
    waiting = ask(eager=lambda: not pieces)
    async with fake_gateway(behaviour=Behaviour(rate=100.0, tokens=80)) as gateway:
        async for piece in bench().gateway.stream(waiting, lambda: Route((model(gateway.url),))):
            pieces += [piece] if isinstance(piece, str) else []
    assert (len(pieces), len("".join(pieces).split())) == (2, 80)


@pytest.mark.parametrize("how", [{"cut_after": 40}, {"stall_after": 40}])
async def test_what_waited_unseen_is_given_when_nothing_follows(bench, how):
    """A stream that breaks, or stalls, gives first what had come of it."""
    pieces: list[str] = []
    waiting = ask(eager=lambda: not pieces)
    async with fake_gateway(behaviour=Behaviour(rate=100.0, tokens=80, **how)) as gateway:
        stream = bench(replace(PATIENT, cuts=0, between=1.0)).gateway.stream(
            waiting, lambda: Route((model(gateway.url),))
        )
        with suppress(Interrupted):
            async for piece in stream:
                pieces += [piece] if isinstance(piece, str) else []
    assert len("".join(pieces).split()) > 10


def test_streams_are_read_at_the_same_moments():
    """The longer an answer takes, the more seldom it is read, at moments that all streams share."""
    assert [pause_between_reads(taken, 100.03) for taken in (0.05, 0.1, 1.0, 10.0)] == pytest.approx(
        [0.0, 0.22, 0.47, 0.97]
    )


async def test_deadline(bench):
    """The whole answer is bounded, however alive its stream is."""
    async with fake_gateway(behaviour=Behaviour(rate=50, tokens=1000)) as gateway:
        with pytest.raises(Interrupted, match="trop de temps"):
            await bench(RetryLimits(total=0.3)).answer(ask(), model(gateway.url))
    assert len(gateway.received) == 1


@pytest.mark.parametrize("answer", ["", " "])
async def test_empty_answer(bench, answer):
    """An empty answer is no answer."""
    async with fake_gateway(behaviour=Behaviour(answer=answer)) as gateway:
        with pytest.raises(GatewayUnavailable, match="réponse vide"):
            await bench().answer(ask(), model(gateway.url))


async def test_connection_refused(bench):
    """A gateway that is not there is unavailable; the error names the host, for operators."""
    async with fake_gateway() as gateway:
        url = gateway.url
    with pytest.raises(GatewayUnavailable, match=r"pas de connexion à 127\.0\.0\.1"):
        await bench().answer(ask(), model(url))


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_overflow_goes_to_a_larger_window(bench, dialect):
    """A request that the gateway finds too long goes to a model with a larger window, and to no other."""
    async with fake_gateway(dialect=dialect, models=("small", "large")) as gateway:
        gateway.next(Behaviour(status=400, body=_overflow(dialect)), model="small")
        _, done = await bench().answer(
            ask(),
            model(gateway.url, dialect=dialect),
            model(gateway.url, id="same", dialect=dialect),
            model(gateway.url, id="large", dialect=dialect, context=128_000),
        )
    assert done.model.id == "large"
    assert [r.body["model"] for r in gateway.received] == ["small", "large"]


async def test_overflow_without_a_larger_window(bench):
    """Too long for every model: said so, without a request when it is clear before."""
    async with fake_gateway() as gateway:
        with pytest.raises(ContextOverflow):
            await bench().answer(ask("mot " * 40_000), model(gateway.url))
    assert gateway.received == []


async def test_overflow_seen_by_the_gateway(bench):
    """The gateway counts more tokens than estimated: the same error."""
    async with fake_gateway(context=64) as gateway:
        with pytest.raises(ContextOverflow, match="HTTP 400"):
            await bench().answer(ask(), model(gateway.url))


async def test_overflow_drops_older_history(bench):
    """When the gateway counts more tokens than estimated, older history is left out until it fits."""
    history = tuple((f"Question {n}", "mot " * 100) for n in range(9))
    async with fake_gateway(context=1400) as gateway:
        text, _ = await bench().answer(ask(history=history), model(gateway.url))
    assert text == ECHO
    assert [len(r.body["messages"]) for r in gateway.received] == [20, 10, 6]
    assert gateway.received[-1].body["messages"][1]["content"] == "Question 7"


async def test_route_is_asked_before_each_request(bench):
    """The policy decides anew before each request; its refusal passes through, and nothing more leaves."""

    class Refused(Exception):
        pass

    async with fake_gateway(behaviour=Behaviour(status=503)) as gateway:
        routes = [Route((model(gateway.url),)), Route((model(gateway.url),))]

        def route() -> Route:
            if not routes:
                raise Refused
            return routes.pop()

        with pytest.raises(Refused):
            async for _ in bench().gateway.stream(ask(), route):
                pass
    assert len(gateway.received) == 2


async def test_route_is_asked_after_the_reader(bench):
    """What the reader does between two requests counts: the route is decided after it."""
    async with fake_gateway(models=("small", "large")) as gateway:
        gateway.next(Behaviour(cut_after=1))
        small, large = model(gateway.url), model(gateway.url, id="large")
        models = [small]
        async for piece in bench().gateway.stream(ask(), lambda: Route(tuple(models))):
            if isinstance(piece, Again):
                models[:] = [large]
    assert [r.body["model"] for r in gateway.received] == ["small", "large"]


async def test_breaker(bench):
    """After failures in a row a model is left alone; then one probe passes, and closes it if it succeeds."""
    clock = Time()
    limits = replace(PATIENT, breaker_failures=3, breaker_pause=30)
    async with fake_gateway() as gateway:
        small = model(gateway.url)
        gateway.next(*[Behaviour(status=500)] * 3)
        client = bench(limits, clock=clock)
        with pytest.raises(GatewayUnavailable):
            await client.answer(ask(), small)
        assert client.gateway.breakers[small.url, small.served].wait == 30.0
        with pytest.raises(GatewayUnavailable, match="échecs répétés"):
            await client.answer(ask(), small)
        assert len(gateway.received) == 3
        clock.at = 1031.0
        await client.answer(ask(), small)
        assert client.gateway.breakers[small.url, small.served].wait == 0.0


async def test_reader_leaves(bench):
    """A reader that stops reading ends the request at the gateway."""
    async with fake_gateway(behaviour=Behaviour(rate=20, tokens=1000)) as gateway:
        client = bench()
        stream = client.gateway.stream(ask(), lambda: Route((model(gateway.url),)))
        assert isinstance(await anext(stream), str)
        assert gateway.running == 1
        await stream.aclose()
        assert client.observed[0].outcome == "cancelled"
        async with client.gateway._remote.session.get(gateway.url + "/models"):
            pass
        assert gateway.running == 0


async def test_observed(bench):
    """Each request is told of, without content: outcome, times, usage."""
    async with fake_gateway() as gateway:
        gateway.next(Behaviour(status=503))
        client = bench()
        await client.answer(ask(), model(gateway.url))
    failed, answered = client.observed
    assert (failed.outcome, failed.first) == ("GatewayUnavailable", None)
    assert failed.detail.startswith("HTTP 503")
    assert answered.outcome == "stop"
    assert answered.first is not None
    assert answered.usage is not None
    assert "heure" not in repr(client.observed)


def _overflow(dialect: str) -> object:
    return words.error(dialect, 400, words.OVERFLOW[dialect].format(32_768))
