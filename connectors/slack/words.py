"""What Slack shows beside the answers: buttons, the home, one-line words."""

from __future__ import annotations

from core.language.phrasebook import Fixed, Phrasebook


class Words(Phrasebook):
    """The words of Slack in one language."""

    good = Fixed()
    bad = Fixed()
    working = Fixed()
    """The status while an answer is made."""
    answered_in_direct = Fixed()
    """What the author of a slash command reads at once."""
    help = Fixed()
    home_title = Fixed()

    def home_body(self, help: str) -> str:
        """Who answers, what may be written here, how to ask. `help` is a person's address, or empty."""
        return self.say("home_body", contact=self.say("home_body.contact", help=help) if help else "")

    def settings(self) -> tuple[tuple[str, str], ...]:
        """Buttons of the home: (label, command)."""
        other = "fr" if self.language == "en" else "en"
        commands = {
            "language": f"!langue {other}",
            "level": "!niveau",
            "model": "!modèle",
            "data": "!données",
            "human": "!humain",
        }
        return tuple((self.say(f"settings.{name}"), command) for name, command in commands.items())

    def prompts(self) -> tuple[tuple[str, str], ...]:
        """Suggested questions: (title, message)."""
        names = ("help", "notion", "rephrase")
        return tuple((self.say(f"prompts.{name}"), self.say(f"prompts.{name}.message")) for name in names)
