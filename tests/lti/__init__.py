"""LTI 1.3, through the app that people run and against platforms on the loopback."""
