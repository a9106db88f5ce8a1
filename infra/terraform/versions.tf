terraform {
  required_version = ">= 1.6"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100"
      # CloudFront and the bill report their metrics there, wherever the rest is.
      configuration_aliases = [aws.us_east_1]
    }
  }
}
