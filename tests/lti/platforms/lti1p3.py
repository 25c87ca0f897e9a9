"""lti1p3platform as a platform: its launches, access tokens, services and deep linking, in a Django site.

It has what Open edX lacks: lists of lines and of members in pages, 409 to an old score, data that come back with a
choice. lti1p3_course gives what the package leaves to its users: people, and where lines are kept.
"""

from __future__ import annotations

from tests.lti.platforms.serving import HERE, arguments, serve


def main() -> None:
    """Serve until a signal comes."""
    told = arguments(__doc__ or "")
    serve(
        told,
        prepare="tests.lti.platforms.lti1p3_course.open_course",
        pages="tests.lti.platforms.lti1p3_pages",
        ISSUER=f"http://{HERE}:{told.port}",
    )


if __name__ == "__main__":
    main()
