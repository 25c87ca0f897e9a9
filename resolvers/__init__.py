"""Who may, which rows, what happens: this layer speaks rules."""
