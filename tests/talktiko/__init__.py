"""Tests of the Talktiko API, with PHP as the judge of what Laravel would print."""
