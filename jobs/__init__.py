"""What happens afterwards: work that commands leave behind as rows, carried out in the rhythm of time."""
