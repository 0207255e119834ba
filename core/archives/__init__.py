"""Sessions that a person or the policy marked go to the archives before they expire (Code du patrimoine).

`seda` makes a package of a session, `handing` gives it to a folder or an endpoint, `packages` keeps what
waits and what was acknowledged, `archives` says when, and has the trail prove what was deleted.
"""
