"""From where a browser may connect."""


def admitted(origin: str | None, allowed: str) -> bool:
    """Whether a connection with this `Origin` header is let in; programs send none.

    `allowed` are origins (`https://app.example`) with commas between them, `*` for any.
    """
    if not origin:
        return True
    origins = {each.strip().rstrip("/").lower() for each in allowed.split(",") if each.strip()}
    return "*" in origins or origin.rstrip("/").lower() in origins
