"""What a bot is: it says which events it wants and handles a turn.

The core calls `handle` with everything the turn needs; the bot answers through `turn.reply` and asks
models through `turn.ask`. It knows no platform and no store.
"""

from __future__ import annotations
