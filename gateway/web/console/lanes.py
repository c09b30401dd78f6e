"""The page of lanes: who spends which carrier's quota."""

from aiohttp import web

from gateway.journeys import channels
from gateway.journeys.lanes_told import lanes_of
from gateway.web.api import validation
from gateway.web.console.pages import spoken_to, visitor
from gateway.web.console.paper import page
from gateway.web.state import GATEWAY


async def lanes(request: web.Request) -> web.Response:
    visit = await visitor(request)
    async with request.app[GATEWAY].store.reading(visit.caller.exporter_id) as tx:
        words = await spoken_to(request, tx)
        standing = sorted((await channels.standing(tx, "carrier")).items())
        rows = [(name, validation.standing_told(one)) for name, one in standing]
        return page(request, "lanes.html", visit, words, lanes=await lanes_of(tx), standing=rows)
