"""The fake Slack behaves as Slack's documentation says, seen with the real SDK's clients."""

import asyncio
import json

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from tests.rig.slack import FakeSlack, Faults, fake_slack
from tests.rig.slack.server import SECRET, TOKEN


def client_of(slack: FakeSlack) -> AsyncWebClient:
    return AsyncWebClient(token=TOKEN, base_url=f"{slack.base}/api/", retry_handlers=[])


async def test_posts_threads_and_metadata() -> None:
    """A post stands in its thread, carries its metadata, and is read back with it."""
    async with fake_slack() as slack:
        channel = slack.team.channel("projet", slack.team.person("Ana"))
        client = client_of(slack)
        root = await client.chat_postMessage(channel=channel.id, text="Bonjour")
        await client.chat_postMessage(
            channel=channel.id, text="Suite", thread_ts=root["ts"],
            metadata={"event_type": "relais", "event_payload": {"key": "k"}},
        )  # fmt: skip
        read = await client.conversations_replies(
            channel=channel.id, ts=root["ts"], include_all_metadata=True
        )
        assert [each["text"] for each in read["messages"]] == ["Bonjour", "Suite"]
        assert read["messages"][1]["metadata"]["event_payload"] == {"key": "k"}


async def test_an_update_is_limited_to_4000_characters() -> None:
    """`chat.update` refuses a longer text."""
    async with fake_slack() as slack:
        channel = slack.team.channel("projet")
        client = client_of(slack)
        post = await client.chat_postMessage(channel=channel.id, text="Bonjour")
        with pytest.raises(SlackApiError, match="msg_too_long"):
            await client.chat_update(channel=channel.id, ts=post["ts"], text="a" * 4_001)


async def test_a_post_into_a_thread_without_root_lands_in_the_channel() -> None:
    """The root was deleted: the answer has no `thread_ts`."""
    async with fake_slack() as slack:
        channel = slack.team.channel("projet")
        client = client_of(slack)
        root = await client.chat_postMessage(channel=channel.id, text="Bonjour")
        await client.chat_delete(channel=channel.id, ts=root["ts"])
        late = await client.chat_postMessage(channel=channel.id, text="Tard", thread_ts=root["ts"])
        assert "thread_ts" not in late["message"]


async def test_an_open_stream_refuses_updates_until_it_is_stopped() -> None:
    """startStream, appendStream, then `streaming_state_conflict`, then stopStream."""
    async with fake_slack() as slack:
        channel = slack.team.direct(slack.team.person("Ana").id)
        client = client_of(slack)
        root = await client.chat_postMessage(channel=channel.id, text="Question")
        stream = await client.chat_startStream(channel=channel.id, thread_ts=root["ts"], markdown_text="un ")
        await client.chat_appendStream(channel=channel.id, ts=stream["ts"], markdown_text="deux")
        with pytest.raises(SlackApiError, match="streaming_state_conflict"):
            await client.chat_update(channel=channel.id, ts=stream["ts"], text="tout")
        await client.chat_stopStream(channel=channel.id, ts=stream["ts"])
        await client.chat_update(channel=channel.id, ts=stream["ts"], text="tout")
        assert channel.posts[stream["ts"]].shown == "tout"


async def test_rate_limits_are_by_method_and_tell_how_long_to_wait() -> None:
    """Beyond the tier a call is answered 429 with Retry-After; another method is free."""
    async with fake_slack(faults=Faults(limits=True)) as slack:
        channel = slack.team.channel("projet")
        client = client_of(slack)
        post = await client.chat_postMessage(channel=channel.id, text="Bonjour")

        async def too_many() -> None:
            for _ in range(60):
                await client.chat_update(channel=channel.id, ts=post["ts"], text="encore")

        with pytest.raises(SlackApiError) as caught:
            await too_many()
        assert int(caught.value.response.headers["Retry-After"]) >= 1
        await client.chat_delete(channel=channel.id, ts=post["ts"])


async def test_a_lost_answer_had_its_effect() -> None:
    """The post is there although its caller saw a broken connection."""
    async with fake_slack(faults=Faults(lost=1.0)) as slack:
        channel = slack.team.channel("projet")
        with pytest.raises(aiohttp.ClientError):
            await client_of(slack).chat_postMessage(channel=channel.id, text="Bonjour")
        assert [post.text for post in channel.alive()] == ["Bonjour"]


async def test_files_are_shared_after_their_upload_is_completed() -> None:
    """files_upload_v2 ends in a message, which `files.info` tells."""
    async with fake_slack() as slack:
        channel = slack.team.channel("projet")
        client = client_of(slack)
        done = await client.files_upload_v2(channel=channel.id, filename="note.txt", content="Bonjour")
        about = await client.files_info(file=done["files"][0]["id"])
        assert channel.id in about["file"]["shares"]["public"]


async def test_events_are_signed_retried_and_a_mention_comes_twice() -> None:
    """The app's 500 is answered by a retry; signatures verify with the SDK's verifier."""
    seen: list[tuple[str, bool]] = []

    async def app(request: aiohttp.web.Request) -> aiohttp.web.Response:
        body = await request.text()
        headers = dict(request.headers.items())
        seen.append(
            (json.loads(body)["event"]["type"], SignatureVerifier(SECRET).is_valid_request(body, headers))
        )
        return aiohttp.web.Response(status=500 if len(seen) == 1 else 200)

    server = aiohttp.web.Application()
    server.router.add_post("/slack/events", app)
    runner = aiohttp.web.AppRunner(server)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with fake_slack() as slack:
            slack.url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
            ana = slack.team.person("Ana")
            channel = slack.team.channel("projet", ana)
            await slack.say(channel, ana, f"<@{slack.team.bot.id}> bonjour")
            await slack.until(lambda: len(seen) == 3)
            await asyncio.sleep(0)
    finally:
        await runner.cleanup()
    assert sorted(kind for kind, _ in seen)[:1] == ["app_mention"]
    assert all(valid for _, valid in seen)
