"""The addresses of our tool of LTI, as platforms are given them."""

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the tool is for others. `base` is the address below which everything lies: `{home}{prefix}/lti`."""

    base: str

    @property
    def origin(self) -> str:
        """Scheme and host, as browsers name where a page is from."""
        scheme, _, rest = self.base.partition("://")
        return f"{scheme}://{rest.partition('/')[0]}"

    @property
    def domain(self) -> str:
        """Host and port, as lti-tool-configuration names the tool (Dynamic Registration 1.0, 3.7)."""
        return self.origin.partition("://")[2]

    @property
    def login_url(self) -> str:
        """Where logins that a platform begins come in (Security Framework 1.0, 5.1.1.1)."""
        return f"{self.base}/login"

    @property
    def launch_url(self) -> str:
        """Where id_tokens are posted to: the only redirect_uri."""
        return f"{self.base}/callback"

    @property
    def jwks_url(self) -> str:
        """Where the tool's public keys are."""
        return f"{self.base}/jwks"

    @property
    def session_url(self) -> str:
        """Where a launch's code is changed for a session."""
        return f"{self.base}/session"

    @property
    def course_url(self) -> str:
        """The page of a course, which a launch leads to."""
        return f"{self.base}/course"

    @property
    def picker_url(self) -> str:
        """The page in which courses and lessons are chosen for a platform."""
        return f"{self.base}/picker"

    @property
    def platforms_url(self) -> str:
        """The page in which an owner registers platforms."""
        return f"{self.base}/platforms"

    @property
    def canvas_url(self) -> str:
        """The configuration of a developer key, as Canvas reads it."""
        return f"{self.base}/canvas.json"

    def registration_url(self, token: str) -> str:
        """Where a platform registers itself, with the secret of an invitation."""
        return f"{self.base}/register/{token}"

    def target_url(self, course: str, lesson: str | None = None) -> str:
        """What a link launches, as target_link_uri: a course, or a lesson of it, by code."""
        place = f"{self.base}/courses/{quote(course, safe='')}"
        return place if lesson is None else f"{place}/lessons/{quote(lesson, safe='')}"
