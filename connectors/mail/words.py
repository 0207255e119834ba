"""What mails say beside the answers themselves."""

from __future__ import annotations

from core.language.phrasebook import Fixed, Phrasebook


class Words(Phrasebook):
    """The words of mails in one language."""

    sender_name = Fixed()
    ai_mention = Fixed()
    how_to_go_on = Fixed()
    last_of_the_day = Fixed()
    how_to_judge = Fixed()

    def judged(self, *, good: bool) -> str:
        """The words of a link that judges an answer."""
        return self.say("judged.good" if good else "judged.bad")

    send_as_it_is = Fixed()
    """What stands in a mail that such a link begins."""
    history_name = Fixed()
    encrypted_name = Fixed()
    no_subject = Fixed()
    own_subject = Fixed()
    """Of a mail that answers none."""
