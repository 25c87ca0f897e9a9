"""What LTI keeps: platforms, logins, launches, the people they brought, the grades that go back, and our own keys."""
