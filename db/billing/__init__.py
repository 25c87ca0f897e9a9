"""What is paid for: plans, who pays for organizations, and the subscriptions that they have."""
