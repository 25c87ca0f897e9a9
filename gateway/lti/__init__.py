"""LTI 1.3 over HTTP: what platforms and the browsers of their people ask of the tool."""
