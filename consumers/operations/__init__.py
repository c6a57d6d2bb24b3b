"""Operations on deployed consumers, on AWS or a local AWS: boto3 clients in, plain data out."""
