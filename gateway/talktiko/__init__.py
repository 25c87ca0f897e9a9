"""The Talktiko API: the documented operations of a language-learning product, in the words of Laravel."""
