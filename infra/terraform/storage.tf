resource "aws_s3_bucket" "assets" {
  bucket = var.bucket_name
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_public_access_block" "assets" {
  bucket                  = aws_s3_bucket.assets.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

# No ACLs at all: who wrote an object does not matter, and PutObjectAcl has no use.
resource "aws_s3_bucket_ownership_controls" "assets" {
  bucket = aws_s3_bucket.assets.id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "assets" {
  bucket = aws_s3_bucket.assets.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "assets" {
  bucket = aws_s3_bucket.assets.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_accelerate_configuration" "assets" {
  count  = var.transfer_acceleration ? 1 : 0
  bucket = aws_s3_bucket.assets.id
  status = "Enabled"
}

resource "aws_s3_bucket_cors_configuration" "assets" {
  bucket = aws_s3_bucket.assets.id
  cors_rule {
    id              = "browsers"
    allowed_origins = var.origins
    allowed_methods = ["GET", "PUT", "POST", "DELETE", "HEAD"]
    allowed_headers = ["*"]
    expose_headers = [
      "ETag",
      "Location",
      "x-amz-request-id",
      "x-amz-version-id",
      "Accept-Ranges",
      "Content-Range",
      "Content-Length",
    ]
    max_age_seconds = 3000
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "assets" {
  bucket     = aws_s3_bucket.assets.id
  depends_on = [aws_s3_bucket_versioning.assets]

  rule {
    id     = "abort-unfinished-uploads"
    status = "Enabled"
    filter {}
    # As long as the gateway's upload ids live.
    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
  rule {
    id     = "expire-old-versions"
    status = "Enabled"
    filter {}
    noncurrent_version_expiration {
      noncurrent_days = var.old_version_days
    }
    expiration {
      expired_object_delete_marker = true
    }
  }
  # What the gateway tags as temporary (EXPIRY_DAYS); old versions go as above.
  rule {
    id     = "temporary-1"
    status = "Enabled"
    filter {
      and {
        prefix = "users/"
        tags   = { "expires-after-days" = "1" }
      }
    }
    expiration {
      days = 1
    }
  }
  rule {
    id     = "temporary-7"
    status = "Enabled"
    filter {
      and {
        prefix = "users/"
        tags   = { "expires-after-days" = "7" }
      }
    }
    expiration {
      days = 7
    }
  }
  rule {
    id     = "temporary-30"
    status = "Enabled"
    filter {
      and {
        prefix = "users/"
        tags   = { "expires-after-days" = "30" }
      }
    }
    expiration {
      days = 30
    }
  }
  rule {
    id     = "archive"
    status = var.archive_after_90_days ? "Enabled" : "Disabled"
    filter {}
    # Instant Retrieval: a link reads it. Flexible and Deep Archive answer links with 403.
    transition {
      days          = 90
      storage_class = "GLACIER_IR"
    }
  }
}

resource "aws_s3_bucket_notification" "assets" {
  bucket = aws_s3_bucket.assets.id
  # S3 tries the queue when the notification is set.
  depends_on = [aws_sqs_queue_policy.uploads]

  queue {
    events        = ["s3:ObjectCreated:*"]
    queue_arn     = aws_sqs_queue.uploads.arn
    filter_prefix = "users/"
  }
  queue {
    events        = ["s3:ObjectRemoved:*"]
    queue_arn     = aws_sqs_queue.uploads.arn
    filter_prefix = "users/"
  }
  # Temporary files that have gone; of old versions that follow nobody is told.
  queue {
    events        = ["s3:LifecycleExpiration:DeleteMarkerCreated"]
    queue_arn     = aws_sqs_queue.uploads.arn
    filter_prefix = "users/"
  }
}

# Request metrics, which the alarms read.
resource "aws_s3_bucket_metric" "assets" {
  bucket = aws_s3_bucket.assets.id
  name   = "all"
}

resource "aws_s3_bucket_replication_configuration" "assets" {
  count      = var.replica_bucket_name != "" ? 1 : 0
  bucket     = aws_s3_bucket.assets.id
  role       = aws_iam_role.replication[0].arn
  depends_on = [aws_s3_bucket_versioning.assets]

  rule {
    id       = "all"
    status   = "Enabled"
    priority = 1
    filter {
      prefix = "users/"
    }
    # Erased versions S3 does not replicate: docs/recovery.md.
    delete_marker_replication {
      status = "Enabled"
    }
    destination {
      bucket        = "arn:${local.partition}:s3:::${var.replica_bucket_name}"
      storage_class = "GLACIER_IR"
    }
  }
}

data "aws_iam_policy_document" "assets" {
  statement {
    sid     = "TlsOnly"
    effect  = "Deny"
    actions = ["s3:*"]
    resources = [
      local.bucket_arn,
      "${local.bucket_arn}/*",
    ]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  dynamic "statement" {
    for_each = var.edge ? [1] : []
    content {
      sid     = "EdgeReadsAssets"
      effect  = "Allow"
      actions = ["s3:GetObject"]
      # The kinds' folders: never users/*/shares/.
      resources = [for folder in local.asset_folders : "${local.bucket_arn}/users/*/${folder}/*"]
      principals {
        type        = "Service"
        identifiers = ["cloudfront.amazonaws.com"]
      }
      condition {
        test     = "StringEquals"
        variable = "AWS:SourceArn"
        values   = [aws_cloudfront_distribution.edge[0].arn]
      }
    }
  }
}

resource "aws_s3_bucket_policy" "assets" {
  bucket = aws_s3_bucket.assets.id
  policy = data.aws_iam_policy_document.assets.json
}

data "aws_iam_policy_document" "replication_trust" {
  statement {
    effect  = "Allow"
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "replication" {
  count              = var.replica_bucket_name != "" ? 1 : 0
  assume_role_policy = data.aws_iam_policy_document.replication_trust.json
}

data "aws_iam_policy_document" "replication" {
  statement {
    effect    = "Allow"
    actions   = ["s3:GetReplicationConfiguration", "s3:ListBucket"]
    resources = [local.bucket_arn]
  }
  statement {
    effect = "Allow"
    actions = [
      "s3:GetObjectVersionAcl",
      "s3:GetObjectVersionForReplication",
      "s3:GetObjectVersionTagging",
    ]
    resources = ["${local.bucket_arn}/users/*"]
  }
  statement {
    effect    = "Allow"
    actions   = ["s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags"]
    resources = ["arn:${local.partition}:s3:::${var.replica_bucket_name}/users/*"]
  }
}

resource "aws_iam_role_policy" "replication" {
  count  = var.replica_bucket_name != "" ? 1 : 0
  name   = "replicate"
  role   = aws_iam_role.replication[0].id
  policy = data.aws_iam_policy_document.replication.json
}

resource "aws_s3_bucket" "logs" {
  bucket = "${var.bucket_name}-logs"
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_public_access_block" "logs" {
  bucket                  = aws_s3_bucket.logs.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

# CloudFront's standard logs are delivered by a grant in an ACL.
resource "aws_s3_bucket_ownership_controls" "logs" {
  bucket = aws_s3_bucket.logs.id
  rule {
    object_ownership = "BucketOwnerPreferred"
  }
}

resource "aws_s3_bucket_versioning" "logs" {
  bucket = aws_s3_bucket.logs.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  bucket     = aws_s3_bucket.logs.id
  depends_on = [aws_s3_bucket_versioning.logs]
  rule {
    id     = "forget"
    status = "Enabled"
    filter {}
    expiration {
      days = var.log_days
    }
    noncurrent_version_expiration {
      noncurrent_days = 1
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

locals {
  trail_arn = "arn:${local.partition}:cloudtrail:${data.aws_region.current.id}:${local.account}:trail/${var.name}"
}

data "aws_iam_policy_document" "logs" {
  statement {
    sid     = "TlsOnly"
    effect  = "Deny"
    actions = ["s3:*"]
    resources = [
      local.log_bucket_arn,
      "${local.log_bucket_arn}/*",
    ]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  dynamic "statement" {
    for_each = var.cloud_trail_data_events ? [1] : []
    content {
      sid       = "TrailLooks"
      effect    = "Allow"
      actions   = ["s3:GetBucketAcl"]
      resources = [local.log_bucket_arn]
      principals {
        type        = "Service"
        identifiers = ["cloudtrail.amazonaws.com"]
      }
      condition {
        test     = "StringEquals"
        variable = "aws:SourceArn"
        values   = [local.trail_arn]
      }
    }
  }

  dynamic "statement" {
    for_each = var.cloud_trail_data_events ? [1] : []
    content {
      sid       = "TrailWrites"
      effect    = "Allow"
      actions   = ["s3:PutObject"]
      resources = ["${local.log_bucket_arn}/cloudtrail/AWSLogs/${local.account}/*"]
      principals {
        type        = "Service"
        identifiers = ["cloudtrail.amazonaws.com"]
      }
      condition {
        test     = "StringEquals"
        variable = "aws:SourceArn"
        values   = [local.trail_arn]
      }
    }
  }
}

resource "aws_s3_bucket_policy" "logs" {
  bucket = aws_s3_bucket.logs.id
  policy = data.aws_iam_policy_document.logs.json
}

resource "aws_cloudtrail" "trail" {
  count                      = var.cloud_trail_data_events ? 1 : 0
  name                       = var.name
  depends_on                 = [aws_s3_bucket_policy.logs]
  enable_logging             = true
  enable_log_file_validation = true
  s3_bucket_name             = aws_s3_bucket.logs.id
  s3_key_prefix              = "cloudtrail"

  advanced_event_selector {
    name = "Who read and wrote which asset"
    field_selector {
      field  = "eventCategory"
      equals = ["Data"]
    }
    field_selector {
      field  = "resources.type"
      equals = ["AWS::S3::Object"]
    }
    field_selector {
      field       = "resources.ARN"
      starts_with = ["${local.bucket_arn}/"]
    }
  }
}
