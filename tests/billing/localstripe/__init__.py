"""An environment with localstripe."""
