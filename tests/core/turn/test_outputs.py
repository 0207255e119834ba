"""What a model writes is assessed before it leaves: on the whole path, to the platform and the trail."""

from __future__ import annotations

from tests.core.conftest import Core
from tests.rig.gateway import Behaviour
from tests.rig.platform import message

IBAN = "FR76 3000 6000 0112 3456 7890 189"


async def test_invented_identifier_never_leaves(core: Core) -> None:
    """Neither a growing edit nor the last text shows it, and the trail says what kind was left out."""
    core.gateway.next(Behaviour(answer="Voici la réponse attendue. " * 8 + f"L’IBAN est {IBAN}.", rate=40))
    await core.tell(message("Quel est le compte ?"))
    (post,) = await core.platform.answered()
    assert all("0112" not in draft.text for draft in post.states)
    assert "[donnée personnelle retirée]" in post.text
    await core.settled()
    records = [record async for record in core.audit.entries()]
    assert "left_out" in str(records)
    assert "iban" in str(records)
    assert IBAN[-12:] not in str(records)


async def test_identifier_of_the_question_stays(core: Core) -> None:
    """The person's own data comes back as it was given."""
    core.gateway.next(Behaviour(answer=f"L’IBAN {IBAN} est valable."))
    await core.tell(message(f"Vérifie cet IBAN : {IBAN}"))
    posts = await core.platform.answered()
    assert any(IBAN in post.text for post in posts)
