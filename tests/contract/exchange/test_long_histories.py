"""A long past, read whole by the pages of Bybit and of OKX while the account trades on."""

import time

DAY_MS = 86_400_000


async def a_past(control, name, symbols, count, days):
    now = int(time.time() * 1000)
    period = {"since_ms": now - days * DAY_MS, "until_ms": now - 60_000}
    await control.post("past", account=name, symbols=symbols, count=count, **period)
    return now - days * DAY_MS


async def test_bybits_windows_of_seven_days(connect, control):
    client = await connect("bybit", "ann")
    start = await a_past(control, "ann", ["BTCUSDT", "ETHUSDT"], 1000, 20)
    found, pages = [], 0
    for week in range(3):
        query = {"category": "linear", "startTime": str(start + week * 7 * DAY_MS), "limit": "100"}
        cursor = ""
        while True:
            more = {"cursor": cursor} if cursor else {}
            result = (await client.privateGetV5ExecutionList({**query, **more}))["result"]
            found += [(row["symbol"], row["execId"]) for row in result["list"]]
            cursor, pages = result["nextPageCursor"], pages + 1
            if not cursor:
                break
    assert len(set(found)) == len(found) == 1000
    assert pages >= 10


async def test_okxs_pages_of_three_months(connect, control):
    client = await connect("okx", "ann")
    await client.create_order("BTC/USDT:USDT", "market", "buy", 1)
    await a_past(control, "ann", ["BTC-USDT-SWAP", "ETH-USDT-SWAP"], 1000, 80)
    found, after = [], ""
    while True:
        more = {"after": after} if after else {}
        page = (await client.privateGetTradeFillsHistory({"instType": "SWAP", **more}))["data"]
        if not page:
            break
        found += [row["billId"] for row in page]
        after = page[-1]["billId"]
        await client.create_order("BTC/USDT:USDT", "market", "buy", 1)
    assert len(set(found)) == len(found) == 1001
    assert found == sorted(found, reverse=True)
    recent = await client.privateGetTradeFills({"limit": "100"})
    assert 0 < len(recent["data"]) < 100
    older = await client.privateGetTradeFillsHistory({"instType": "SWAP", "end": str(10**12)})
    assert older["data"] == []
