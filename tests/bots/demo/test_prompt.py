"""What the bot says, in the terminal of the demo."""

from __future__ import annotations

from prompt_toolkit.input import DummyInput
from prompt_toolkit.output import DummyOutput

from bots.demo.prompt import body_for
from connectors.console.prompt import Prompt
from connectors.console.render import render
from connectors.tchap.visitor import Heard


def test_a_list_in_a_message_is_shown_line_by_line() -> None:
    """The plain body of a Matrix message bears « • »: the terminal keeps each item on a line of its own."""
    shown = Prompt(source=DummyInput(), target=DummyOutput())
    heard = Heard(id="$1", text="Voici :\n\n• un document\n• un salon", growing=False, encrypted=True)
    lines = render(body_for(shown, heard), width=80, styled=False)
    assert [line.strip(" •-") for line in lines if "un " in line] == ["un document", "un salon"]
