"""Open edX as a platform: the LTI code of lti-consumer-xblock as it is, in a Django site without edx-platform.

Launches, access tokens, line items, scores, memberships and deep linking are answered by that code alone;
openedx_course gives what edx-platform would: people, roles, where blocks stand and where grades go.
"""

from __future__ import annotations

from tests.lti.platforms.serving import HERE, arguments, serve

# As edx-platform has them (openedx/envs/common.py).
USAGE_KEY = r"(?P<usage_id>(?:i4x://?[^/]+/[^/]+/[^/]+/[^@]+(?:@[^/]+)?)|(?:[^/]+))"


def main() -> None:
    """Serve until a signal comes."""
    told = arguments(__doc__ or "")
    serve(
        told,
        prepare="tests.lti.platforms.openedx_course.open_course",
        pages="tests.lti.platforms.openedx_pages",
        apps=("config_models", "lti_consumer", "tests.lti.platforms.student"),
        middleware=(
            "crum.CurrentRequestUserMiddleware",
            "edx_django_utils.cache.middleware.RequestCacheMiddleware",
            "edx_django_utils.cache.middleware.TieredCacheMiddleware",
        ),
        LTI_BASE=f"http://{HERE}:{told.port}",
        LMS_ROOT_URL=f"http://{HERE}:{told.port}",
        PLATFORM_NAME="Open edX",
        SERVICE_VARIANT="lms",
        USAGE_ID_PATTERN=USAGE_KEY,
    )


if __name__ == "__main__":
    main()
