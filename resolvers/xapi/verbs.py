"""The verbs of our statements: cmi5's where there is one, which are ADL's, else ADL's own; and one for badges."""

from collections.abc import Sequence

from resolvers.errors import Mistake

ADL = "http://adlnet.gov/expapi/verbs/"
# By the name that an endpoint filters by: the identifier, and how it is displayed in English and Japanese.
VERBS: dict[str, tuple[str, str, str]] = {
    "registered": (f"{ADL}registered", "registered", "登録した"),
    "completed": (f"{ADL}completed", "completed", "完了した"),
    "passed": (f"{ADL}passed", "passed", "合格した"),
    "failed": (f"{ADL}failed", "failed", "不合格だった"),
    "progressed": (f"{ADL}progressed", "progressed", "進んだ"),
    "scored": (f"{ADL}scored", "scored", "評価を得た"),
    "earned": ("http://id.tincanapi.com/verb/earned", "earned", "獲得した"),
}


def shown(name: str) -> dict[str, object]:
    """A verb as statements have it."""
    iri, english, japanese = VERBS[name]
    return {"id": iri, "display": {"en-US": english, "ja": japanese}}


def wants(names: Sequence[str], verb: str) -> bool:
    """Whether statements with a verb go to who asked for these; who named none is told everything."""
    return not names or verb in names


def verb_mistakes(names: Sequence[str]) -> list[Mistake]:
    """Every name is one of ours."""
    unknown = [name for name in dict.fromkeys(names) if name not in VERBS]
    if not unknown:
        return []
    named = ", ".join(one[:100] for one in unknown[:3])
    return [Mistake(("verbs",), "VERB_UNKNOWN", f"There is no verb {named}. There are {', '.join(VERBS)}.")]
