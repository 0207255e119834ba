"""Every error that relais raises, in one tree.

RelaisError
├── ConfigurationError      a setting or policy is wrong: names it and the remedy (exit code 2)
│   └── ConfigurationErrors several are wrong: told together
├── Wrong                   of the text of one setting: it can have no such value
├── StoreError
│   ├── StoreUnavailable    Valkey/Redis cannot be reached, is full or refuses writes; try later
│   ├── StoreRefused        the store must not be used: other keys, evicting, already in use
│   ├── LeaseLost           another replica holds the conversation now: stop, touch nothing
│   ├── UnknownKey          a value was sealed under a key that this replica does not have
│   ├── TooNew              a value was written by a newer version: give it back untouched
│   ├── ErrorReply          the server's own word for why a command failed
│   └── Tampered            a value is damaged, or does not belong where it was found
├── DeliveryError           a platform did not take a message
│   ├── Rejected            permanent: sending again cannot help
│   │   ├── PlatformRefused         the platform's own word for why it will not do this
│   │   │   └── Unchangeable        of an edit: the message is gone, or may not be changed any more
│   │   ├── TooLong         more text than the platform takes there: in shorter parts it would
│   │   ├── TooLarge        a file of more bytes than were asked for
│   │   └── Unclean         of a file: the platform's scanner did not find it clean
│   └── Deferred            temporary: the same message may be sent again after `retry_after`
│       ├── Unusable        the account or its token is not accepted any more
│       ├── NotYet          the limit of a method of Slack is reached: nothing was done
│       ├── Ambiguous       a mail may have been taken, or not
│       ├── NoToken         of mail: the server of access tokens gives none now
│       └── MailboxFull     no room for another posted mail now
├── Undecipherable          an encrypted event cannot be read (yet)
├── NoReply                 a one-shot question over HTTP got no answer
├── TimestampRefused        a timestamp server gave no stamp that holds
├── GatewayError            a model could not be asked
│   ├── GatewayUnavailable  temporary: network, 429, 5xx, time-outs, open breaker
│   ├── GatewayRejected     the gateway will not serve this request (key, model, request)
│   ├── ContextOverflow     the request is longer than the model's window
│   └── Interrupted         the stream broke midway and could not be completed
├── NotMasked               a picture or a voice message cannot be masked: it is not sent
├── OverQuota               the person has used up the tokens of the day
├── Denied                  policy: the gate said no; carries the refusal
├── DocumentError           of one file: raised and caught within `core.documents`, which make an answer of it
│   ├── Unreadable          the file cannot be read, and why
│   ├── Full                a cap of pages or text is met: what was read so far is kept
│   ├── FramesLeftOut       a picture has more frames than are read
│   └── Failure             a task of the sandbox ended because of its data
└── SandboxError            the document sandbox itself failed (never: a bad file)
    └── ServerDied          its fork server is gone: another is started

Those that carry what only their own floor knows stand there, the others here. A bad file, a refused text or
an unknown command is no error: it is an answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from core.language.operators import Phrase


class RelaisError(Exception):
    """The root of the tree. Its text is for operators, never for people in a conversation."""


class ConfigurationError(RelaisError):
    """A wrong setting: `setting` is its name, `what` says what is wrong, and what to do: a phrase, or its key
    and its words."""

    def __init__(self, setting: str, what: str | Phrase, /, **words: object) -> None:
        self.setting = setting
        self.what = Phrase(what, **words) if isinstance(what, str) else what
        super().__init__(setting, self.what)

    def __str__(self) -> str:
        return str(Phrase("problem", setting=self.setting, what=self.what, remedy=self.remedy))

    @property
    def reason(self) -> str:
        return str(self.what)

    @property
    def remedy(self) -> str:
        return self.what.remedy


class ConfigurationErrors(ConfigurationError):
    """Several wrong settings, all in `problems`; the text has one line for each."""

    def __init__(self, problems: Sequence[ConfigurationError]) -> None:
        names = ", ".join(problem.setting for problem in problems)
        super().__init__(names, "several")
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)

    @staticmethod
    def raise_any(problems: Sequence[ConfigurationError]) -> None:
        """Raise what there is to raise: nothing, the one problem, or all of them together."""
        if len(problems) == 1:
            raise problems[0]
        if problems:
            raise ConfigurationErrors(problems)


class StoreError(RelaisError):
    """Something about Valkey/Redis."""


class StoreUnavailable(StoreError):
    """The store cannot be reached, is full, or refuses writes for now."""


class StoreRefused(StoreError):
    """The store answers but must not be used: foreign keys, eviction on, already held."""


class LeaseLost(StoreError):
    """The lease of a conversation is no longer ours: no effect may follow."""


class UnknownKey(StoreError):
    """The value was sealed under a master key that this replica does not have (yet, or any more)."""


class TooNew(StoreError):
    """The value was written by a newer version of relais: whoever holds its job gives it back untouched."""


class Tampered(StoreError):
    """The value is damaged, or does not belong where it was found."""


class DeliveryError(RelaisError):
    """A platform did not take a message."""


class Rejected(DeliveryError):
    """Permanent: sending the same message again cannot succeed."""


class PlatformRefused(Rejected):
    """The platform answered that it will not do this: `code` is its word for why, beside an HTTP `status` and
    the answer's `body` where there are some."""

    def __init__(
        self, what: str, code: str, *, status: int = 0, body: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(" ".join(filter(None, (f"{what}:", str(status or ""), code or "no code"))))
        self.code = code
        self.status = status
        self.body = body or {}


class Unchangeable(PlatformRefused):
    """Of an edit: the message is gone, or may not be changed any more. Another may take its place."""


class TooLong(Rejected):
    """The text is more than the platform takes in this message: in shorter parts it would."""


class TooLarge(Rejected):
    """A file has more bytes than were to be fetched."""


class Unclean(Rejected):
    """The platform's scanner examined a file and did not let it through: nobody may process it."""


class Deferred(DeliveryError):
    """Temporary: the same message, with the same idempotency key, may be sent again.

    `retry_after` is in seconds; `limited` says that the platform's rate limit was hit; `in_turn` that a place
    in the line of those who wait for it is kept: who comes back later than then loses it; `undone` that
    surely nothing was done: nothing need be looked for.
    """

    def __init__(
        self,
        reason: str | Phrase,
        *,
        retry_after: float = 0.0,
        limited: bool = False,
        in_turn: bool = False,
        undone: bool = False,
    ) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.limited = limited
        self.in_turn = in_turn
        self.undone = undone


class Unusable(Deferred):
    """The account or its token is not accepted any more: `code` says why."""

    def __init__(self, what: str, code: str, *, retry_after: float = 30.0) -> None:
        super().__init__(f"{what}: {code}", retry_after=retry_after)
        self.code = code


class Ambiguous(Deferred):
    """A mail may have been taken, or not."""


class MailboxFull(Deferred):
    """No room for another posted mail now."""


class GatewayError(RelaisError):
    """A model could not be asked."""


class GatewayUnavailable(GatewayError):
    """Temporary. `retry_after` in seconds, 0 when the gateway did not say.

    `limited`: the gateway is well and asks to slow down (429).
    """

    def __init__(self, reason: str | Phrase, *, retry_after: float = 0.0, limited: bool = False) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.limited = limited


class GatewayRejected(GatewayError):
    """The gateway answered that it will not serve this request: bad key, unknown model, bad field."""


class ContextOverflow(GatewayError):
    """The request does not fit the model's context window."""


class Interrupted(GatewayError):
    """The stream broke midway, was asked again, and broke again. `text` is what had come."""

    def __init__(self, reason: str, *, text: str) -> None:
        super().__init__(reason)
        self.text = text


class NotMasked(RelaisError):
    """A picture shows, or a voice message may say, what a model must not read: it is not sent."""


class OverQuota(RelaisError):
    """The person has used up the tokens of the day, or all people together (`in_all`); `limit` is how many
    they were."""

    def __init__(self, limit: int, *, in_all: bool = False) -> None:
        super().__init__(Phrase("quota.all" if in_all else "quota.person", limit=limit))
        self.limit = limit
        self.in_all = in_all


class DocumentError(RelaisError):
    """A file is at fault: `core.documents` catches it, and makes a document of it that says why."""


class SandboxError(RelaisError):
    """The sandbox for documents failed for a reason of its own."""


def first_error(error: BaseException) -> BaseException:
    """Find the first error of a group, however deep it stands; an error that is no group is itself."""
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    return error
