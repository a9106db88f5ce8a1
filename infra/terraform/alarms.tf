# Not encrypted: CloudWatch cannot publish under AWS' own SNS key, and alarms hold no secrets.
resource "aws_sns_topic" "alarms" {
  name = "${var.name}-alarms"
}

data "aws_iam_policy_document" "alarms" {
  statement {
    effect    = "Allow"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alarms.arn]
    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

resource "aws_sns_topic_policy" "alarms" {
  arn    = aws_sns_topic.alarms.arn
  policy = data.aws_iam_policy_document.alarms.json
}

resource "aws_sns_topic_subscription" "alarms" {
  count     = local.has_email ? 1 : 0
  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

resource "aws_cloudwatch_metric_alarm" "bucket_size" {
  alarm_name          = "${var.name}-bucket-size"
  alarm_description   = "The bucket is larger than planned"
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.bucket_size_alarm_gigabytes
  evaluation_periods  = 1
  treat_missing_data  = "ignore"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]

  metric_query {
    id          = "gigabytes"
    label       = "Gigabytes, all storage classes"
    expression  = "(FILL(standard, 0) + FILL(archived, 0)) / 1000000000"
    return_data = true
  }
  metric_query {
    id = "standard"
    metric {
      # S3 counts once a day.
      period      = 86400
      stat        = "Average"
      namespace   = "AWS/S3"
      metric_name = "BucketSizeBytes"
      dimensions = {
        BucketName  = aws_s3_bucket.assets.id
        StorageType = "StandardStorage"
      }
    }
  }
  metric_query {
    id = "archived"
    metric {
      period      = 86400
      stat        = "Average"
      namespace   = "AWS/S3"
      metric_name = "BucketSizeBytes"
      dimensions = {
        BucketName  = aws_s3_bucket.assets.id
        StorageType = "GlacierInstantRetrievalStorage"
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "storage_errors" {
  alarm_name          = "${var.name}-storage-errors"
  alarm_description   = "S3 refuses or fails more than it should"
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.error_percent_alarm
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]

  metric_query {
    id    = "percent"
    label = "Errors in percent"
    # Ten requests of which one fails are no outage.
    expression  = "IF(requests > 100, 100 * (FILL(refused, 0) + FILL(failed, 0)) / requests, 0)"
    return_data = true
  }
  dynamic "metric_query" {
    for_each = { requests = "AllRequests", refused = "4xxErrors", failed = "5xxErrors" }
    content {
      id = metric_query.key
      metric {
        period      = 300
        stat        = "Sum"
        namespace   = "AWS/S3"
        metric_name = metric_query.value
        dimensions = {
          BucketName = aws_s3_bucket.assets.id
          FilterId   = "all"
        }
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "storage_requests" {
  alarm_name          = "${var.name}-storage-requests"
  alarm_description   = "More S3 requests than planned; each is paid for"
  namespace           = "AWS/S3"
  metric_name         = "AllRequests"
  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = 1
  threshold           = var.requests_per_hour_alarm
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  dimensions = {
    BucketName = aws_s3_bucket.assets.id
    FilterId   = "all"
  }
}

resource "aws_cloudwatch_metric_alarm" "sign_ins" {
  alarm_name          = "${var.name}-sign-ins"
  alarm_description   = "Many failed sign-ins; somebody may be guessing passwords"
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.sign_in_failures_alarm
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]

  # Cognito has no metric of failures: one sample an attempt, 1 for each that succeeds.
  metric_query {
    id          = "failures"
    label       = "Failed sign-ins"
    expression  = "attempts - successes"
    return_data = true
  }
  dynamic "metric_query" {
    for_each = { attempts = "SampleCount", successes = "Sum" }
    content {
      id = metric_query.key
      metric {
        period      = 300
        stat        = metric_query.value
        namespace   = "AWS/Cognito"
        metric_name = "SignInSuccesses"
        dimensions = {
          UserPool       = aws_cognito_user_pool.users.id
          UserPoolClient = aws_cognito_user_pool_client.browser.id
        }
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "queue_age" {
  alarm_name          = "${var.name}-queue-age"
  alarm_description   = "Upload events wait for more than ten minutes; the worker may be down"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 2
  threshold           = 600
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  dimensions          = { QueueName = aws_sqs_queue.uploads.name }
}

resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  alarm_name          = "${var.name}-dead-letters"
  alarm_description   = "Upload events that could not be handled; docs/recovery.md"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  dimensions          = { QueueName = aws_sqs_queue.dead_letters.name }
}
