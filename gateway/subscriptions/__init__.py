"""What streams to clients have in common: who stands behind them, how many there may be, and how they end."""
