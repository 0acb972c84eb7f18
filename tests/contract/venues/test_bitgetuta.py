"""What a recording of Bitget's unified account cannot show."""

from contextlib import AsyncExitStack

import pytest

from pilotfish.domain.errors import Rejected
from tests.contract.venues.loopback import Loopback, listening
from tests.contract.venues.opening import open_account
from tests.contract.venues.recordings import Recording, margin_in

SETTINGS = "GET api.bitget.com/api/v3/account/settings"


async def test_leverage_of_a_symbol_in_isolated_margin_is_refused() -> None:
    recording = Recording("bitgetuta")
    case = recording["margin"]["linear"]
    [told] = [answer for answer in case["answers"] if answer["call"] == SETTINGS]
    told["body"]["data"]["symbolConfigList"][0]["marginMode"] = "isolated"
    async with AsyncExitStack() as stack:
        host = await stack.enter_async_context(listening(Loopback()))
        account = await open_account(stack, host, recording)
        host.answers = recording.answers(case)

        with pytest.raises(Rejected, match="isolated margin"):
            await account.set_margin(case["symbol"], margin_in(case))

        assert [sent.call for sent in host.sent] == [SETTINGS]
