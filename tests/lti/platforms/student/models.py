"""Profiles, as far as the LTI block asks for them (common.djangoapps.student.models)."""

from django.contrib.auth.models import User
from django.db import models


class UserProfile(models.Model):
    """What somebody tells of himself; memberships are read with it."""

    user = models.OneToOneField(User, related_name="profile", on_delete=models.CASCADE)

    class Meta:
        """As edx-platform names it."""

        db_table = "auth_userprofile"
