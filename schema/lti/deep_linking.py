"""Deep Linking in the graph: what a platform asks to be chosen, and the answer that a browser posts there."""

import datetime
from typing import Annotated

import strawberry
from strawberry.types import Info

from resolvers.context import Request
from resolvers.lti.deep_linking import Wanted, answer_deep_linking, choice
from resolvers.policy import Operation
from schema.declare import needs
from schema.mistakes import UserError, user_errors
from schema.moments import printed

Number = Annotated[int, strawberry.argument(description="The number of the launch.")]


@strawberry.type(description="What an LTI platform asks to be chosen, by Deep Linking 2.0.")
class DeepLinking:
    accept_types: list[str] = strawberry.field(description="The types of content items that it takes, as it says.")
    takes_links: bool = strawberry.field(
        description="Whether ltiResourceLink is among them; courses and lessons are nothing else."
    )
    accept_multiple: bool = strawberry.field(description="Whether it takes several at once.")
    title: str | None = strawberry.field(description="What it would call what is chosen.")
    text: str | None = strawberry.field(description="How it would describe what is chosen.")
    answered_at: datetime.datetime | None = strawberry.field(description="When it was answered; null before that.")
    expires_at: datetime.datetime | None = strawberry.field(
        description="Until when it can be answered; null where it was answered."
    )


@strawberry.input(description="A course or a lesson that was chosen.")
class DeepLinkItem:
    course: str = strawberry.field(description="The course, by number, code or slug; it must be published.")
    lesson: str | None = strawberry.field(
        description="A lesson of it, by number or code; the whole course unless told.", default=None
    )


@strawberry.type(description="What came of an answer.")
class AnswerDeepLinkingPayload:
    return_url: str | None = strawberry.field(
        description="Where the browser is to post the form with the field `JWT`; null where there is no answer."
    )
    jwt: str | None = strawberry.field(description="The answer, signed; it lasts for five minutes.")
    user_errors: list[UserError] = strawberry.field(description="What to mend; then nothing was answered.")


@strawberry.type
class DeepLinkingQueries:
    @strawberry.field(
        description="What a launch of your own asks to be chosen; null where there is none that asks for it.",
        metadata=needs(Operation.COURSES),
    )
    async def deep_linking(self, info: Info[Request, None], launch_legacy_id: Number) -> DeepLinking | None:
        found = await choice(info.context, launch_legacy_id)
        if found is None:
            return None
        return DeepLinking(
            accept_types=list(found.accept_types),
            takes_links=found.takes_links,
            accept_multiple=found.accept_multiple,
            title=found.title,
            text=found.text,
            answered_at=printed(found.answered_at, info.context),
            expires_at=printed(found.open_until, info.context),
        )


@strawberry.type
class DeepLinkingMutations:
    @strawberry.mutation(
        description="Answer a launch of your own that asks for a choice: once, within an hour. No items at all tell the"
        " platform that nothing was chosen.",
        metadata=needs(Operation.COURSES),
    )
    async def answer_deep_linking(
        self,
        info: Info[Request, None],
        launch_legacy_id: Number,
        items: Annotated[list[DeepLinkItem], strawberry.argument(description="What was chosen, in this order.")],
    ) -> AnswerDeepLinkingPayload:
        wanted = [Wanted(item.course, item.lesson) for item in items]
        made = await answer_deep_linking(info.context, launch_legacy_id, wanted)
        if isinstance(made, list):
            return AnswerDeepLinkingPayload(return_url=None, jwt=None, user_errors=user_errors(made))
        return AnswerDeepLinkingPayload(return_url=made.return_url, jwt=made.jwt, user_errors=[])
