"""What a check of `relais doctor` finds: whether it is well, what was found, and what to do about it.

A finding is a phrase for operators with its remedy (`core/language/operators/doctor.toml`).
"""

from __future__ import annotations

from typing import NamedTuple

from core.errors import ConfigurationError
from core.language.operators import Phrase
from core.tls import Trouble


class CheckResult(NamedTuple):
    """Is it well, what was found, and the remedy; where it is well, a hint."""

    ok: bool
    said: str
    remedy: str = ""


def well(key: str, /, **words: object) -> CheckResult:
    """What is as it should be."""
    return _found(True, Phrase(key, **words))


def amiss(key: str, /, **words: object) -> CheckResult:
    """What is not."""
    return _found(False, Phrase(key, **words))


def wrong_setting(error: ConfigurationError) -> CheckResult:
    """A setting that is wrong."""
    return CheckResult(False, f"{error.setting} : {error.reason}", error.remedy)


def wrong_certificate(where: object, trouble: Trouble) -> CheckResult:
    """The certificate of a server that is not accepted."""
    phrase = Phrase(f"tls.{trouble or 'unknown'}")
    return CheckResult(False, f"{where}\u00a0: {phrase}", phrase.remedy)


def _found(ok: bool, phrase: Phrase) -> CheckResult:
    return CheckResult(ok, str(phrase), phrase.remedy)
