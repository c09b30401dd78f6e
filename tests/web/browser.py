"""A browser without scripts, for the console's tests."""

import re
from typing import Any

import aiohttp
from aiohttp import ClientResponse

from tests.web.doors import House


class Browser:
    """A browser without scripts: cookies, forms, no redirects followed."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.session = aiohttp.ClientSession(str(house.client.make_url("/")), cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def get(self, path: str, **kw: Any) -> ClientResponse:
        return await self.session.get(path, allow_redirects=False, **kw)

    async def post(self, path: str, data: Any, **kw: Any) -> ClientResponse:
        return await self.session.post(path, data=data, allow_redirects=False, **kw)

    async def token(self, path: str) -> str:
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', await (await self.get(path)).text())
        assert found
        return found[1]

    async def sign_in(self, key: str | None = None) -> ClientResponse:
        form = {"csrf": await self.token("/console/sign-in"), "key": key or self.house.mine.key}
        return await self.post("/console/sign-in", form)

    @property
    def cookies(self) -> dict[str, str]:
        return {cookie.key: cookie.value for cookie in self.session.cookie_jar}
