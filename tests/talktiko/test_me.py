"""Get the authenticated user profile: GET /api/auth/me."""

import pytest

from tests.talktiko.asking import ADMINISTRATOR, BEGINNER, COACH, FREE, OWNER, STUDENT, SUNDAI_OWNER, Api
from tests.talktiko.learning import at, printed

PATH = "/auth/me"
KEYS = ["id", "uid", "name", "email", "locale", "roles", "institution", "plan", "abilities", "trial_ends_at"]
UENO = {"id": 2002, "name": "架け橋ゼミナール上野校"}
TRIAL_ENDS = printed(at(-25, "00:00", 0))


def row(uid: str, name: str, email: str | None, role: str, institution: object, **said: object) -> dict[str, object]:
    """A person, less the number."""
    return {
        "uid": uid,
        "name": name,
        "email": email,
        "locale": "ja",
        "roles": [role],
        "institution": institution,
        "plan": "pro",
        "abilities": ["*"],
        "trial_ends_at": TRIAL_ENDS,
        **said,
    }


PEOPLE = (
    row(STUDENT, "橋本 学", "student@kakehashi.example", "student", UENO),
    row(COACH, "小林 直樹", "coach@kakehashi.example", "homeroom_teacher", UENO),
    row(
        *(OWNER, "高橋 誠", "owner@kakehashi.example", "cram_school_owner"),
        {"id": 2001, "name": "架け橋ゼミナール"},
    ),
    row(
        *(ADMINISTRATOR, "藤原 玲子", "operator@kakehashi.example", "administrator", None),
        plan="enterprise",
        trial_ends_at=None,
    ),
    row(
        *(SUNDAI_OWNER, "駿河 修", "sundai@kakehashi.example", "cram_school_owner", {"id": 1, "name": "駿台"}),
        plan="enterprise",
        trial_ends_at=None,
    ),
    row(
        *(FREE, "外部 連携", None, "student", {"id": 1015, "name": "api_spec用組織"}),
        plan="free",
        trial_ends_at=None,
    ),
)


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: str(person["uid"]))
async def test_everybody_sees_who_they_are_with_the_keys_in_order(api: Api, person: dict[str, object]) -> None:
    uid = str(person["uid"])
    answer = await api.get(PATH, uid=uid)
    assert (answer.status_code, list(answer.json()), list(answer.json()["data"])) == (200, ["data"], KEYS)
    assert answer.json() == {"data": {"id": await api.id_of(uid), **person}}


@pytest.mark.parametrize("abilities", [("courses:read",), ("tokens:write", "analytics:read", "courses:read")])
async def test_the_abilities_are_those_of_the_token(api: Api, abilities: tuple[str, ...]) -> None:
    answer = await api.ask("GET", PATH, abilities=abilities)
    assert answer.json()["data"]["abilities"] == sorted(abilities)


async def test_a_token_of_auth0_has_every_ability(api: Api) -> None:
    answer = await api.running.client.get("/api/auth/me", headers=await api.running.headers(BEGINNER))
    assert answer.json()["data"]["abilities"] == ["*"]
