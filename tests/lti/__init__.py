"""LTI 1.3: platforms launch courses and lessons and are told grades, platforms that others wrote among them."""
