"""What `consumers try` reads, prints, and sends back."""
