"""xAPI: which Learning Record Stores are told what learners do, and the statements on their way there."""
