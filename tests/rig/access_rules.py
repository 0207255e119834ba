"""A Synapse module with Tchap's room access rules, for the tests' homeservers (loaded by Synapse).

The state event `im.vector.room.access_rules` says who may be in a room:
- `restricted`: nobody of a guest server; the default, and what an unknown rule counts as;
- `unrestricted`: guests too;
- `direct`: two members, whoever they are.
Only restricted → unrestricted may happen later. Tchap's own module does no more than this for us, but
works with rooms of version 10 only.
"""

from __future__ import annotations

from typing import Any

from synapse.api.errors import SynapseError
from synapse.module_api import ModuleApi

ACCESS_RULES = "im.vector.room.access_rules"
RULES = ("restricted", "unrestricted", "direct")
ENTERING = ("invite", "join", "knock")


class AccessRules:
    """`config` is `{"guest_servers": [...]}`."""

    def __init__(self, config: dict[str, Any], api: ModuleApi) -> None:
        self._guest_servers: list[str] = config["guest_servers"]
        api.register_third_party_rules_callbacks(
            on_create_room=self.on_create_room, check_event_allowed=self.check_event_allowed
        )

    async def on_create_room(self, _requester: Any, request: dict[str, Any], _is_admin: bool) -> None:
        """Each room gets a rule at birth, as on Tchap: direct for a direct chat, else restricted."""
        state = request.setdefault("initial_state", [])
        given = [event["content"].get("rule") for event in state if event["type"] == ACCESS_RULES]
        if any(rule not in RULES for rule in given):
            raise SynapseError(400, f"Invalid access rule {given}")
        if not given:
            rule = "direct" if request.get("is_direct") else "restricted"
            state.append({"type": ACCESS_RULES, "state_key": "", "content": {"rule": rule}})

    async def check_event_allowed(self, event: Any, state: Any) -> tuple[bool, dict[str, Any] | None]:
        if event.type == ACCESS_RULES:
            return self._may_change(_rule(state), event.content.get("rule")), None
        if event.type == "m.room.member" and event.content.get("membership") in ENTERING:
            return self._may_enter(event.state_key, state), None
        return True, None

    def _may_change(self, before: str | None, after: str) -> bool:
        if before is None:
            return after in RULES
        return after == before or (before, after) == ("restricted", "unrestricted")

    def _may_enter(self, user: str, state: Any) -> bool:
        match _rule(state):
            case "unrestricted" | None:  # None: the room is being created
                return True
            case "direct":
                others = {
                    key
                    for (kind, key), event in state.items()
                    if kind == "m.room.member" and key != user and event.content.get("membership") in ENTERING
                }
                return len(others) < 2
            case _:
                return user.split(":", 1)[1] not in self._guest_servers


def _rule(state: Any) -> str | None:
    event = state.get((ACCESS_RULES, ""))
    return None if event is None else str(event.content.get("rule"))
