# Who may do what.

resource "aws_iam_user" "gateway" {
  count = local.has_user ? 1 : 0
  name  = "${var.name}-gateway"
}

# Users get what they may by groups alone (CIS AWS Foundations 1.15).
resource "aws_iam_group" "gateway" {
  count = local.has_user ? 1 : 0
  name  = "${var.name}-gateway"
}

resource "aws_iam_user_group_membership" "gateway" {
  count  = local.has_user ? 1 : 0
  user   = aws_iam_user.gateway[0].name
  groups = [aws_iam_group.gateway[0].name]
}

data "aws_iam_policy_document" "gateway_trust" {
  statement {
    effect  = "Allow"
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = [var.gateway_principal]
    }
  }
}

resource "aws_iam_role" "gateway" {
  count              = local.has_user ? 0 : 1
  assume_role_policy = data.aws_iam_policy_document.gateway_trust.json
}

# A machine takes a role by a profile alone.
resource "aws_iam_instance_profile" "gateway" {
  count = var.gateway_principal == "ec2.amazonaws.com" ? 1 : 0
  role  = aws_iam_role.gateway[0].name
}

data "aws_iam_policy_document" "gateway" {
  statement {
    sid    = "UsersObjects"
    effect = "Allow"
    actions = [
      "s3:AbortMultipartUpload",
      "s3:DeleteObject",
      "s3:DeleteObjectVersion",
      "s3:GetObject",
      "s3:GetObjectVersion",
      "s3:ListMultipartUploadParts",
      "s3:PutObject",
      # Of temporary files alone: it is needed to write an object with a tag.
      "s3:PutObjectTagging",
    ]
    resources = ["${local.bucket_arn}/users/*"]
  }
  statement {
    sid       = "UsersListings"
    effect    = "Allow"
    actions   = ["s3:ListBucket", "s3:ListBucketVersions"]
    resources = [local.bucket_arn]
    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = ["users/*"]
    }
  }
  # These have no key for the prefix; they show names of unfinished uploads, no bytes.
  statement {
    sid       = "BucketItself"
    effect    = "Allow"
    actions   = ["s3:GetBucketVersioning", "s3:ListBucketMultipartUploads"]
    resources = [local.bucket_arn]
  }
  statement {
    sid    = "UploadEvents"
    effect = "Allow"
    actions = [
      "sqs:ChangeMessageVisibility",
      "sqs:DeleteMessage",
      "sqs:ReceiveMessage",
      "sqs:SendMessage",
    ]
    resources = [aws_sqs_queue.uploads.arn]
  }

  dynamic "statement" {
    for_each = var.edge ? [1] : []
    content {
      sid       = "ForgetAtTheEdge"
      effect    = "Allow"
      actions   = ["cloudfront:CreateInvalidation"]
      resources = [aws_cloudfront_distribution.edge[0].arn]
    }
  }

  dynamic "statement" {
    for_each = var.scoped_credentials ? [1] : []
    content {
      sid       = "ScopedCredentials"
      effect    = "Allow"
      actions   = ["sts:AssumeRole"]
      resources = [aws_iam_role.upload[0].arn]
    }
  }
}

resource "aws_iam_policy" "gateway" {
  name_prefix = "${var.name}-gateway-"
  description = "What the gateway and its event worker ask of AWS, and nothing else"
  policy      = data.aws_iam_policy_document.gateway.json
}

resource "aws_iam_group_policy_attachment" "gateway" {
  count      = local.has_user ? 1 : 0
  group      = aws_iam_group.gateway[0].name
  policy_arn = aws_iam_policy.gateway.arn
}

resource "aws_iam_role_policy_attachment" "gateway" {
  count      = local.has_user ? 0 : 1
  role       = aws_iam_role.gateway[0].name
  policy_arn = aws_iam_policy.gateway.arn
}

data "aws_iam_policy_document" "upload_trust" {
  statement {
    effect  = "Allow"
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = concat(aws_iam_user.gateway[*].arn, aws_iam_role.gateway[*].arn)
    }
  }
}

resource "aws_iam_role" "upload" {
  count                = var.scoped_credentials ? 1 : 0
  description          = "Temporary credentials; the gateway's session policy narrows them to a user's folders"
  max_session_duration = 3600
  assume_role_policy   = data.aws_iam_policy_document.upload_trust.json
}

data "aws_iam_policy_document" "upload" {
  # What the widest session may do (access=readwrite); each session's policy says less.
  statement {
    sid    = "Objects"
    effect = "Allow"
    actions = [
      "s3:AbortMultipartUpload",
      "s3:DeleteObject",
      "s3:GetObject",
      "s3:ListMultipartUploadParts",
      "s3:PutObject",
    ]
    resources = ["${local.bucket_arn}/users/*"]
  }
  statement {
    sid       = "Listings"
    effect    = "Allow"
    actions   = ["s3:ListBucket"]
    resources = [local.bucket_arn]
    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = ["users/*"]
    }
  }
  # A share record is the gateway's word: nobody else reads or writes one.
  statement {
    sid       = "NeverShares"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = ["${local.bucket_arn}/users/*/shares/*"]
  }
}

resource "aws_iam_role_policy" "upload" {
  count  = var.scoped_credentials ? 1 : 0
  name   = "upload"
  role   = aws_iam_role.upload[0].id
  policy = data.aws_iam_policy_document.upload.json
}

data "aws_iam_policy_document" "doctor" {
  statement {
    sid    = "BucketSettings"
    effect = "Allow"
    actions = [
      "s3:GetBucketCORS",
      "s3:GetBucketNotification",
      "s3:GetBucketObjectLockConfiguration",
      "s3:GetBucketOwnershipControls",
      "s3:GetBucketPolicy",
      "s3:GetBucketPublicAccessBlock",
      "s3:GetBucketVersioning",
      "s3:GetEncryptionConfiguration",
      "s3:GetLifecycleConfiguration",
    ]
    resources = [local.bucket_arn]
  }
  statement {
    sid       = "PoolSettings"
    effect    = "Allow"
    actions   = ["cognito-idp:DescribeUserPool", "cognito-idp:DescribeUserPoolClient"]
    resources = [aws_cognito_user_pool.users.arn]
  }
  statement {
    sid       = "QueueSettings"
    effect    = "Allow"
    actions   = ["sqs:GetQueueAttributes"]
    resources = [aws_sqs_queue.uploads.arn, aws_sqs_queue.dead_letters.arn]
  }

  dynamic "statement" {
    for_each = var.edge ? [1] : []
    content {
      sid       = "EdgeSettings"
      effect    = "Allow"
      actions   = ["cloudfront:GetDistributionConfig"]
      resources = [aws_cloudfront_distribution.edge[0].arn]
    }
  }

  dynamic "statement" {
    for_each = var.edge ? [1] : []
    content {
      sid     = "EdgeKeys"
      effect  = "Allow"
      actions = ["cloudfront:GetKeyGroup", "cloudfront:GetPublicKey"]
      # IAM knows no resource for these two. What they show are public halves.
      resources = ["*"]
    }
  }
}

resource "aws_iam_policy" "doctor" {
  name_prefix = "${var.name}-doctor-"
  description = "What `flask doctor` reads; for the person who runs it, not for the gateway"
  policy      = data.aws_iam_policy_document.doctor.json
}
