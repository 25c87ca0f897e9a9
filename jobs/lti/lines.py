"""Finds the line of a platform's gradebook that a score goes to, or makes it, and keeps its address.

Nobody else is at it meanwhile: to a line that is not known yet one score is sent at a time.
"""

from dataclasses import dataclass

from db.connections.database import Database
from db.lti import grading
from db.lti.grading import LINK
from db.lti.scores import Held
from resolvers.egress.client import Reply
from resolvers.lti import ags
from resolvers.lti.links import next_page, same_server
from resolvers.lti.services import Asking, Client, Services, words

MOST_PAGES = 10


class NoLine(Exception):
    """There is no line for a score, and the message says why; `final` where there will be none either later."""

    def __init__(self, message: str, reply: Reply | None = None, *, final: bool) -> None:
        super().__init__(message)
        self.reply = reply
        self.final = final


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of platforms' gradebooks."""

    database: Database
    services: Services

    async def of(self, one: Held, client: Client) -> str:
        """The address of the line of a score; NoLine or ServiceFailed where there is none."""
        if not one.line.startswith(LINK):
            return one.line
        if one.known_line is not None:
            return await self.kept(one, one.known_line)
        if one.line_items_url is None or one.resource_link_id is None or ags.LINE_SCOPE not in one.ags_scopes:
            raise NoLine("The launch named no line of a gradebook, and gave no leave to make one.", final=True)
        found = await self.found(one, client)
        return await self.kept(one, await self.made(one, client) if found is None else found)

    async def kept(self, one: Held, address: str) -> str:
        """Keep the address for all who come by the same link; gives the one that stands."""
        async with self.database.writing() as transaction:
            return await grading.keep_line(transaction, one.platform_id, str(one.resource_link_id), address)

    async def found(self, one: Held, client: Client) -> str | None:
        """The address of a line that is there already."""
        address: str | None = ags.lines_address(one)
        for _ in range(MOST_PAGES):
            if address is None:
                return None
            reply = await self.answer(client, ags.lines_asking(address))
            content = ags.content_of(reply)
            if not isinstance(content, list):
                raise NoLine("The platform's answer is no list of lines.", reply, final=False)
            ours = (line for line in ags.lines_in(content) if ags.is_of(line, one))
            if (line := next(ours, None)) is not None:
                return same_place(line.address, address, reply)
            address = following(reply, address)
        raise NoLine(f"The platform's lines have more than {MOST_PAGES} pages.", final=False)

    async def made(self, one: Held, client: Client) -> str:
        """The address of a line that is made."""
        asking = ags.making(one)
        reply = await self.answer(client, asking)
        line = next(ags.lines_in(ags.content_of(reply)), None)
        if line is None:
            raise NoLine("The platform made a line, and did not say where it is.", reply, final=False)
        return same_place(line.address, asking.url, reply)

    async def answer(self, client: Client, asking: Asking) -> Reply:
        """A good answer; NoLine for any other."""
        reply = await self.services.ask(client, [ags.LINE_SCOPE], asking)
        if not ags.is_taken(reply.status):
            said = f"The platform answered {reply.status} when asked for its lines. {words(reply)}".strip()
            raise NoLine(said, reply, final=reply.status in ags.FINAL)
        return reply


def following(reply: Reply, address: str) -> str | None:
    """Where the next page of lines is."""
    try:
        found = next_page(reply, address)
    except ValueError:
        found = ""
    return None if found is None else same_place(found, address, reply)


def same_place(found: str, asked: str, reply: Reply) -> str:
    """An address that an answer names: it must be at the server that was asked, which alone gets our token."""
    try:
        same = same_server(found, asked)
    except ValueError:
        same = False
    if not same:
        raise NoLine("The platform named an address at another server.", reply, final=False)
    return found
