"""What may be run, through whichever door it was asked: the document is found, counted, and held to who asks."""

from dataclasses import dataclass

from starlette.types import Scope

from gateway.graphql.asked import Asked
from gateway.parts import Parts
from gateway.persisted.documents import Source
from resolvers.access import token_missing
from resolvers.context import Request
from resolvers.errors import DocumentUnknown, Forbidden
from schema.answers import Answer
from schema.cost import requests
from schema.execution import Execution
from schema.subscribing import Answers, subscribe


@dataclass(frozen=True, slots=True)
class Granted:
    """A document that may be run: where it is from, what it costs in points, and what it may cost."""

    asked: Asked
    source: Source
    points: int
    limit: int | None

    @property
    def text(self) -> str:
        """The document."""
        return self.source.text

    async def run(self, parts: Parts, request: Request) -> Answer:
        """Run it, if it is no subscription; the answer tells what it cost (`extensions.cost`).

        A text that was offered to be kept is kept, once it has run.
        """
        variables, name = self.asked.variables, self.asked.name
        answer = await parts.execution.run(self.text, request, variables=variables, name=name, most_points=self.limit)
        if answer.ran:
            await parts.documents.ran(self.source, request.viewer)
        cost = {"points": self.points, "limit": self.limit, "requests": requests(self.points)}
        answer.content = {**answer.content, "extensions": {"cost": cost}}
        return answer

    async def subscribe(self, execution: Execution, request: Request, *, seconds: float) -> Answers | Answer:
        """Subscribe to what it follows, or give the answer that refuses it; each message may take so long."""
        return await subscribe(
            execution,
            self.text,
            request,
            variables=self.asked.variables,
            name=self.asked.name,
            most_points=self.limit,
            seconds=seconds,
        )


async def granted(parts: Parts, request: Request, scope: Scope, asked: Asked) -> Granted:
    """Find the document, count it against the quota, and hold it to who asks; raises a Refusal."""
    execution, variables, name = parts.execution, asked.variables, asked.name
    source = await found(parts, request, scope, asked)
    await execution.ready(source.text, request)
    points = execution.points(source.text, name, variables)
    await parts.quota.charge(request, scope, cost=requests(points))
    if request.viewer is None and not open_to_all(parts, source.text, name):
        raise token_missing()
    # A registered document may cost what it was registered with.
    return Granted(asked, source, points, source.cost_limit or execution.most_points(source.text))


async def found(parts: Parts, request: Request, scope: Scope, asked: Asked) -> Source:
    """The document that is asked for; to ask for one that is not run counts as a call."""
    try:
        return await parts.documents.source(asked.document, request.viewer)
    except (DocumentUnknown, Forbidden):
        await parts.quota.charge(request, scope)
        raise


def open_to_all(parts: Parts, text: str, name: str | None) -> bool:
    """Whether people without a token may run a document: in development any, else what is public by its fields."""
    return parts.settings.development or parts.execution.is_public(text, name)
