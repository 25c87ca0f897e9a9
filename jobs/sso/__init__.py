"""What has to be done for single sign-on by the clock."""
