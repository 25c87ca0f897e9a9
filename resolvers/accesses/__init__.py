"""The access log: what requests show of students, how that is written down, and who changed whose role."""
