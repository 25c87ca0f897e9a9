"""What is done for billing by the clock."""
