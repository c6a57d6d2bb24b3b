"""What can be said about consumers before anything is deployed."""
