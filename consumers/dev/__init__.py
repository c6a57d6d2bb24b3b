"""The loop of `consumers dev`: a saved file becomes live on the local AWS."""
