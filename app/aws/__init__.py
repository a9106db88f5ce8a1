"""The AWS services beside S3 that the gateway calls, by boto3: STS, SQS, and CloudFront's API.

boto3 is slow to start and heavy in memory, so it is imported when first needed. It earns its place
here because these calls are rare, and each service has a protocol of its own.
"""
