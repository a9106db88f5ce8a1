# The parameters of infra/template.yaml and infra/edge-alarms.yaml, by their names in snake case.

variable "name" {
  description = "What the stack's name is in CloudFormation: the beginning of other names"
  type        = string
  default     = "asset-gateway"
}

variable "bucket_name" {
  description = "The bucket of all users' assets; no dots, as TLS names cannot hold them"
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,53}[a-z0-9]$", var.bucket_name))
    error_message = "3 to 55 of a-z 0-9 and -, without dots."
  }
}

variable "origins" {
  description = "Exact origins of the front ends, such as https://app.example.com"
  type        = list(string)
  validation {
    condition = alltrue([
      for origin in var.origins :
      can(regex("^[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\\[[0-9a-f:.]+\\])(:[0-9]+)?$", origin))
    ])
    error_message = "Exact origins, no paths and no *."
  }
}

variable "alarm_email" {
  description = "Who is told of alarms; empty for nobody (a topic is there all the same)"
  type        = string
  default     = ""
}

variable "user_pool_name" {
  description = "The user pool's name in the console, such as vidverse-users; empty for the name above"
  type        = string
  default     = ""
}

variable "user_pool_client_name" {
  description = "The app client's name in the console, such as vidverse-web-client"
  type        = string
  default     = "browser"
}

variable "access_token_minutes" {
  description = "Life of access and ID tokens. A revoked token works until its end, so keep it short"
  type        = number
  default     = 60
}

variable "refresh_token_days" {
  description = "Life of refresh tokens"
  type        = number
  default     = 30
}

variable "refresh_token_rotation" {
  description = "Each renewal brings another refresh token. Needs front ends that know of it"
  type        = bool
  default     = false
}

variable "password_auth" {
  description = "Allow USER_PASSWORD_AUTH besides SRP, for scripts that sign in"
  type        = bool
  default     = false
}

variable "admin_group" {
  description = "A group of the pool whose members may act for others (ADMIN_GROUP); empty for none"
  type        = string
  default     = ""
}

variable "email_identity_arn" {
  description = "A verified SES identity; without one Cognito sends at most 50 messages a day"
  type        = string
  default     = ""
}

variable "email_from" {
  description = "The sender, with an SES identity"
  type        = string
  default     = ""
}

variable "service_scope" {
  description = "Scope of back ends (SERVICE_SCOPE), such as assets/act; empty for none"
  type        = string
  default     = ""
  validation {
    condition     = can(regex("^([A-Za-z0-9._-]+/[A-Za-z0-9._-]+|)$", var.service_scope))
    error_message = "A resource server's identifier, a slash and a name, such as assets/act."
  }
}

variable "service_domain" {
  description = "Prefix of the pool's domain, where they get tokens; empty for the bucket's name, none for a pool that has one"
  type        = string
  default     = ""
  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?|)$", var.service_domain))
    error_message = "Up to 63 of a-z 0-9 and -."
  }
  validation {
    condition     = length(regexall("aws|amazon|cognito", var.service_domain)) == 0
    error_message = "Cognito takes no domain with aws, amazon or cognito in it."
  }
}

variable "transfer_acceleration" {
  description = "Browsers upload through CloudFront's network (S3_ACCELERATE); from $0.04 a gigabyte"
  type        = bool
  default     = false
}

variable "archive_after_90_days" {
  description = "Move objects to Glacier Instant Retrieval after 90 days; links go on working"
  type        = bool
  default     = false
}

variable "old_version_days" {
  description = "Days for which deleted and replaced versions can be restored"
  type        = number
  default     = 30
}

variable "replica_bucket_name" {
  description = "A versioned bucket in another region (./replica makes one); empty for none"
  type        = string
  default     = ""
}

variable "log_days" {
  description = "Days for which edge and CloudTrail logs are kept"
  type        = number
  default     = 90
}

variable "edge" {
  description = "Deliver through CloudFront"
  type        = bool
  default     = true
}

variable "public_key_blue" {
  description = "PEM public key that links are checked with. Two slots, so that keys can be rotated"
  type        = string
  default     = ""
}

variable "public_key_green" {
  description = "The other slot; both keys are accepted while both are given"
  type        = string
  default     = ""
}

variable "edge_domain" {
  description = "The edge's own domain, such as media.example.com; empty for *.cloudfront.net"
  type        = string
  default     = ""
}

variable "certificate_arn" {
  description = "ACM certificate of that domain, in us-east-1"
  type        = string
  default     = ""
}

variable "price_class" {
  description = "Where the edge is"
  type        = string
  default     = "PriceClass_100"
}

variable "web_acl_arn" {
  description = "A web ACL of AWS WAF for the edge, of scope CLOUDFRONT; empty for none"
  type        = string
  default     = ""
}

variable "gateway_principal" {
  description = "Who runs the gateway: user (access keys), or an AWS service with a role"
  type        = string
  default     = "user"
}

variable "scoped_credentials" {
  description = "A role for temporary credentials (S3_UPLOAD_ROLE_ARN, /s3/sts)"
  type        = bool
  default     = false
}

variable "cloud_trail_data_events" {
  description = "Record who read and wrote which object (CloudTrail charges for each event)"
  type        = bool
  default     = false
}

variable "bucket_size_alarm_gigabytes" {
  type    = number
  default = 100
}

variable "requests_per_hour_alarm" {
  description = "S3 requests an hour"
  type        = number
  default     = 100000
}

variable "sign_in_failures_alarm" {
  description = "Failed sign-ins in five minutes"
  type        = number
  default     = 50
}

variable "error_percent_alarm" {
  description = "Errors of S3, and of CloudFront, in percent of the requests"
  type        = number
  default     = 5
}

variable "cost_anomaly_dollars" {
  description = "Tell of unusual costs from this impact on; 0 for an account without Cost Explorer"
  type        = number
  default     = 10
}

variable "monthly_budget_dollars" {
  description = "Tell at 80 % of this, spent, and when the forecast is above it; 0 for no budget"
  type        = number
  default     = 200
}

variable "cost_monitor_arn" {
  description = "The account's monitor of AWS services, when it has one; empty makes it"
  type        = string
  default     = ""
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account       = data.aws_caller_identity.current.account_id
  partition     = data.aws_partition.current.partition
  has_blue_key  = var.edge && var.public_key_blue != ""
  has_green_key = var.edge && var.public_key_green != ""
  has_service   = var.service_scope != ""
  # GovCloud's domains are FIPS ones; those of further partitions AWS's pages do not name.
  token_hosts    = { "aws" = "auth", "aws-us-gov" = "auth-fips" }
  has_user       = var.gateway_principal == "user"
  has_email      = var.alarm_email != ""
  has_anomalies  = local.has_email && var.cost_anomaly_dollars != 0
  has_edge_name  = var.edge_domain != ""
  asset_folders  = ["audio", "brand_kit", "frame", "image", "video"]
  bucket_arn     = aws_s3_bucket.assets.arn
  log_bucket_arn = aws_s3_bucket.logs.arn
}
