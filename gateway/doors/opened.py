"""A path that is open: who asks, whether that one may ask so much, what is asked, and what the graph says."""

import re
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.deadline import GONE, ClientGone, Deadline
from gateway.doors.documents import Document
from gateway.doors.door import JSON, Asked, Door
from gateway.doors.idempotency import answered_before, keep_answer, once
from gateway.doors.problems import RAISED, Problem, Refused, problem_in, problem_of
from gateway.doors.question import Questions
from gateway.doors.refusing import RAN, Dialect, accept_of, not_allowed, refusal
from gateway.doors.uploads import uploaded
from gateway.json_body import json_body
from gateway.limits.quota import with_limits
from gateway.parts import Parts
from gateway.timing import HEADER, server_timing
from resolvers.access import token_missing
from resolvers.context import Request as Asking
from resolvers.errors import RateLimited
from resolvers.witness import Manner, Way
from schema.answers import Answer
from schema.execution import Execution, is_mutation

CACHED = "public, max-age=60"


class Opened:
    """The doors at one path."""

    def __init__(
        self, path: str, doors: Mapping[str, Door], documents: Mapping[str, Document], dialect: Dialect
    ) -> None:
        self.path = path
        self.doors = doors
        self.questions = {method: Questions(door.parameters) for method, door in doors.items()}
        self.documents = documents
        self.dialect = dialect

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive, send)
        door = self.doors.get(request.method)
        if door is None:
            response = await counted(request, self.dialect, not_allowed(self.doors, self.dialect, accept_of(request)))
        else:
            response = await self.response(door, request)
        await with_limits(response, scope)(scope, receive, send)

    async def response(self, door: Door, request: Request) -> Response:
        """The answer, or the refusal in the words of the dialect."""
        deadline = Deadline(request.app.state.parts.settings.deadline_s)
        try:
            return await deadline.within(self.answer(door, request, deadline))
        except ClientGone:
            return Response(status_code=GONE)
        except Refused as error:
            return self.dialect.refuse(error.problem, accept_of(request))
        except RAISED as error:
            return self.dialect.refuse(problem_of(error), accept_of(request))

    async def answer(self, door: Door, request: Request, deadline: Deadline) -> Response:
        """Who asks, whether that one may ask so much, what is asked, what the graph says: in this order."""
        parts: Parts = request.app.state.parts
        asking = deadline.asking = await self.asking(door, request, parts)
        body = claimed = b""
        if door.takes_file:
            found = await uploaded(request)
            body, claimed, asking.upload = found.body, found.claimed, found.file
        else:
            body = claimed = await sent(door, request)
        deadline.body_is_read(request.receive)
        deadline.changes = self.changes(door, asking, parts.execution)
        claim = once(request, claimed) if door.creates else None
        if claim is not None:
            known = await answered_before(parts.database, claim, asking.now)
            if known is not None:
                return known
            asking.claim = claim.claim
        response = await self.ran(door, request, asking, body)
        if claim is not None and response.status_code < HTTPStatus.BAD_REQUEST:
            await keep_answer(parts.database, claim, response)
        return response

    def changes(self, door: Door, asking: Asking, execution: Execution) -> bool:
        """Whether a door's document changes anything."""
        document = self.documents[door.document_for(asking.viewer)]
        return is_mutation(execution, document.source, document.name)

    async def asking(self, door: Door, request: Request, parts: Parts) -> Asking:
        """Who asks, counted against the quota; an anonymous door asks nobody's name."""
        scope, size, moments = request.scope, door.page_limit, door.moments
        if door.anonymous:
            asking = parts.entrance.anonymous(scope, page_limit=size, moments=moments)
        else:
            entering = parts.entrance.request(scope, page_limit=size, moments=moments)
            asking = await (parts.entered(scope, entering) if self.dialect.counts_everyone else entering)
        asking.manner = Manner(Way.REST, f"{request.method} {self.path}")
        await parts.quota.charge(asking, scope)
        if asking.viewer is None and not door.anonymous:
            raise token_missing()
        return asking

    async def ran(self, door: Door, request: Request, asking: Asking, body: bytes) -> Response:
        """What the graph says to a document with the values that are asked for."""
        question = self.questions[request.method].question(request, body)
        document = self.documents[door.document_for(asking.viewer)]
        execution: Execution = request.app.state.parts.execution
        answer = await execution.run(document.source, asking, variables=question.variables, name=document.name)
        asked = Asked(question.values, request, question.pairs)
        response = await self.wrapped(door, document, asked, answer, asking)
        return not_modified(response, request) if door.cached else response

    async def wrapped(self, door: Door, document: Document, asked: Asked, answer: Answer, asking: Asking) -> Response:
        """What the graph said, in the words of the dialect."""
        execution: Execution = asked.request.app.state.parts.execution
        problem = problem_in(answer)
        if problem is not None:
            problem = called_as_given(problem, execution.variables_by_argument(document.source))
            return refusal(problem, self.dialect, accept_of(asked.request), ran=document)
        try:
            if door.respond is not None:
                return await door.respond(asked, asking, answer.content["data"])
            body = door.wrap(asked, answer.content["data"])
        except Refused as error:
            return refusal(error.problem, self.dialect, accept_of(asked.request), ran=document)
        headers = {RAN: document.name, HEADER: server_timing(answer)}
        if door.status is not HTTPStatus.NO_CONTENT:
            headers["Content-Type"] = JSON
        return Response(body, door.status, headers=headers)


async def counted(request: Request, dialect: Dialect, response: Response) -> Response:
    """A refusal that needs no token to be given, unless the client's address has asked for too many of them."""
    if not dialect.counts_everyone:
        return response
    parts: Parts = request.app.state.parts
    try:
        await parts.quota.charge(parts.entrance.anonymous(request.scope), request.scope)
    except RateLimited as limited:
        return refusal(problem_of(limited), dialect, accept_of(request))
    return response


async def sent(door: Door, request: Request) -> bytes:
    """The body, where a door of this method has one."""
    return b"" if request.method in ("GET", "HEAD", "DELETE") else await json_body(request)


def called_as_given(problem: Problem, names: Mapping[str, str]) -> Problem:
    """A problem with an argument of the graph, called as the door's parameter is; what is not there keeps its name."""
    argument = "" if problem.parameter is None else problem.parameter.rpartition(".")[2]
    if argument not in names or problem.status == HTTPStatus.NOT_FOUND:
        return problem
    message = re.sub(rf"\b{argument}\b", names[argument], problem.message)
    return replace(problem, parameter=names[argument], message=message)


def not_modified(response: Response, request: Request) -> Response:
    """The answer with a tag of its content, or 304 for a client that has it already (RFC 9110, 13.1.2)."""
    if response.status_code != HTTPStatus.OK:
        return response
    tag = f'"{sha256(bytes(response.body)).hexdigest()[:32]}"'
    # A weak tag, because compression changes the bytes and not what they say.
    headers = {"ETag": f"W/{tag}", "Cache-Control": CACHED}
    known = {part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")}
    if known & {tag, "*"}:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    response.headers.update(headers)
    return response
