"""Events of rosters and courses that changed, through an app or a worker."""
