"""What the tool says of itself to an LMS: messages, services, claims (Dynamic Registration 1.0, section 3.7)."""

from collections.abc import Mapping, Sequence

from resolvers.tool import Addresses

NAME, DESCRIPTION = "Kakehashi", "Courses and lessons, with their grades. コースとレッスン、成績の連携。"
TOOL_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"
RESOURCE_LINK, DEEP_LINKING = "LtiResourceLinkRequest", "LtiDeepLinkingRequest"
# Assignment and Grade Services 2.0, and Names and Role Provisioning Services 2.0.
LINE_ITEM = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
RESULT = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"
MEMBERSHIP = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
SCOPES = (LINE_ITEM, SCORE, RESULT, MEMBERSHIP)
# Where a link can be chosen: in Canvas' assignments and modules, in Moodle's activities, and in a course's contents.
PLACEMENTS = ("assignment_selection", "link_selection", "ContentArea")
NAMES = ("name", "given_name", "family_name", "locale")
# Canvas' own word for how much of a person a tool is told; without it that is nothing at all.
PRIVACY = "https://canvas.instructure.com/lti/privacy_level"


def registration(
    tool: Addresses,
    *,
    matching: str,
    creates_accounts: bool,
    scopes: Sequence[str],
    messages: Mapping[str, Sequence[str]],
) -> dict[str, object]:
    """What is posted to a platform: the tool as an OpenID client, with these scopes.

    `messages` are those that the platform sends, each with the placements that it has for it. Of people no more is
    asked for than the organization's policy needs.
    """
    return {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": tool.login_url,
        "redirect_uris": [tool.launch_url],
        "client_name": NAME,
        "jwks_uri": tool.jwks_url,
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(scopes),
        TOOL_CONFIGURATION: {
            "domain": tool.domain,
            "description": DESCRIPTION,
            "target_link_uri": tool.launch_url,
            "claims": claims(matching, creates_accounts=creates_accounts),
            "messages": [
                message(tool, kind, messages[kind]) for kind in (RESOURCE_LINK, DEEP_LINKING) if kind in messages
            ],
            PRIVACY: privacy(matching, creates_accounts=creates_accounts),
        },
    }


def claims(matching: str, *, creates_accounts: bool) -> list[str]:
    """What of a person is asked for: a name where accounts are made, and a mail address where it is matched."""
    names = NAMES if creates_accounts else ()
    return ["iss", "sub", *names, *(["email"] if matching == "email" else [])]


def privacy(matching: str, *, creates_accounts: bool) -> str:
    """How much of a person the policy needs, in Canvas' words."""
    if matching != "nothing":
        return "public"
    return "name_only" if creates_accounts else "anonymous"


def message(tool: Addresses, kind: str, placements: Sequence[str]) -> dict[str, object]:
    """A message that the tool takes; deep linking where the platform has a fitting place for it."""
    said: dict[str, object] = {"type": kind, "target_link_uri": tool.launch_url, "label": NAME}
    fitting = [one for one in PLACEMENTS if one in placements]
    if kind == DEEP_LINKING and fitting:
        said["placements"] = fitting
    return said
