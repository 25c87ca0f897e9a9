"""The demo data, completed by what rules make of it: passwords, and learners with a year behind them."""
