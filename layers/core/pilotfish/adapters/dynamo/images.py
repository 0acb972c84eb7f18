"""What a stream's image of an item tells."""

from pilotfish.adapters.dynamo.alerts import notice_from_item
from pilotfish.adapters.dynamo.fills import fill_from_item
from pilotfish.adapters.dynamo.items import Item
from pilotfish.adapters.dynamo.order_items import order_from_item
from pilotfish.adapters.dynamo.sync_sessions import session_from_item
from pilotfish.domain.alerts import Notice, of_manual, of_notice
from pilotfish.domain.news import News, of_copy, of_fill, of_session
from pilotfish.domain.orders import State


def news_from_image(image: Item) -> list[News]:
    """By what only its table's items have; raises when an attribute is missing or odd."""
    if "trade_id" in image:
        return of_fill(fill_from_item(image), image["owner"]["S"])
    if "severity" in image:
        return of_notice(notice_from_item(image))
    if "sync_type" in image:
        return of_session(session_from_item(image))
    return of_copy(order_from_item(image))


def notice_from_image(image: Item) -> Notice | None:
    """What a person has to see of an image, if anything."""
    if image.get("state") == {"S": State.MANUAL} and "order" in image:
        return of_manual(order_from_item(image))
    return None
