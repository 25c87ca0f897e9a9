"""What edx-platform's app for learners gives the LTI block: everybody has a profile."""
