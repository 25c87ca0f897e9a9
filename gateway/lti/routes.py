"""The addresses of the tool, as a list."""

from starlette.routing import BaseRoute, Route

from gateway.by_method import By
from gateway.lti.address_page import addresses, canvas
from gateway.lti.callback import callback
from gateway.lti.keys import key_set
from gateway.lti.login import login
from gateway.lti.platforms_page import platforms
from gateway.lti.registration import not_by_head, register
from gateway.lti.screens import course_screen, picker_screen
from gateway.lti.session import session
from gateway.lti.static import static_files
from gateway.settings import Settings


def lti_routes(settings: Settings) -> list[BaseRoute]:
    """Every address of the tool; what is none of them is for the REST doors under the same prefix."""
    base = f"{settings.talktiko_prefix}/lti"
    return [
        Route(base, By(GET=addresses)),
        Route(f"{base}/canvas.json", By(GET=canvas)),
        Route(f"{base}/platforms", By(GET=platforms)),
        Route(f"{base}/jwks", By(GET=key_set)),
        Route(f"{base}/register/{{token}}", By(GET=register, HEAD=not_by_head)),
        Route(f"{base}/login", By(GET=login, POST=login)),
        Route(f"{base}/callback", By(POST=callback)),
        Route(f"{base}/session", By(POST=session)),
        Route(f"{base}/static/{{file}}", By(GET=static_files())),
        Route(f"{base}/course", By(GET=course_screen(base))),
        Route(f"{base}/picker", By(GET=picker_screen(base))),
    ]
