"""Rules of learning progress: what is recorded, and everything that follows from it."""
