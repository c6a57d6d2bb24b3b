"""The page of `consumers ui`: what the other commands do, for those who look rather than read."""
