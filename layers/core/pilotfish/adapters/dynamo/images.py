"""What a stream image of Fills or CopyOrders tells."""

from pilotfish.adapters.dynamo.fills import fill_from_item
from pilotfish.adapters.dynamo.items import Item
from pilotfish.adapters.dynamo.order_items import order_from_item
from pilotfish.domain.news import News, of_copy, of_fill


def news_from_image(image: Item) -> News:
    """A fill has a trade id, a copy order has not; raises when an attribute is missing or odd."""
    if "trade_id" in image:
        return of_fill(fill_from_item(image), image["owner"]["S"])
    return of_copy(order_from_item(image))
