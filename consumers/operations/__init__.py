"""What is done to consumers once they are deployed, on AWS as on a local AWS: boto3 clients in, plain data out."""
