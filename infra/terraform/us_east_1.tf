# What infra/edge-alarms.yaml makes: alarms of CloudFront and of the bill.

resource "aws_sns_topic" "edge_alarms" {
  provider = aws.us_east_1
  name     = "${var.name}-edge-alarms"
}

data "aws_iam_policy_document" "edge_alarms" {
  statement {
    effect    = "Allow"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.edge_alarms.arn]
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

resource "aws_sns_topic_policy" "edge_alarms" {
  provider = aws.us_east_1
  arn      = aws_sns_topic.edge_alarms.arn
  policy   = data.aws_iam_policy_document.edge_alarms.json
}

resource "aws_sns_topic_subscription" "edge_alarms" {
  provider  = aws.us_east_1
  count     = local.has_email ? 1 : 0
  topic_arn = aws_sns_topic.edge_alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

resource "aws_cloudwatch_metric_alarm" "edge_fails" {
  provider            = aws.us_east_1
  count               = var.edge ? 1 : 0
  alarm_name          = "${var.name}-edge-fails"
  alarm_description   = "CloudFront answers with 5xx"
  namespace           = "AWS/CloudFront"
  metric_name         = "5xxErrorRate"
  statistic           = "Average"
  period              = 300
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  threshold           = var.error_percent_alarm
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.edge_alarms.arn]
  ok_actions          = [aws_sns_topic.edge_alarms.arn]
  dimensions = {
    DistributionId = aws_cloudfront_distribution.edge[0].id
    Region         = "Global"
  }
}

resource "aws_cloudwatch_metric_alarm" "edge_refuses" {
  provider            = aws.us_east_1
  count               = var.edge ? 1 : 0
  alarm_name          = "${var.name}-edge-refuses"
  alarm_description   = "CloudFront refuses a fifth of what it is asked; the signing key may not fit"
  namespace           = "AWS/CloudFront"
  metric_name         = "4xxErrorRate"
  statistic           = "Average"
  period              = 300
  evaluation_periods  = 3
  datapoints_to_alarm = 3
  # Links that ran out are refused too, so some refusals are always there.
  threshold           = 20
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.edge_alarms.arn]
  ok_actions          = [aws_sns_topic.edge_alarms.arn]
  dimensions = {
    DistributionId = aws_cloudfront_distribution.edge[0].id
    Region         = "Global"
  }
}

# An account may have one monitor of AWS services only, and new accounts are given it.
resource "aws_ce_anomaly_monitor" "services" {
  provider          = aws.us_east_1
  count             = local.has_anomalies && var.cost_monitor_arn == "" ? 1 : 0
  name              = var.name
  monitor_type      = "DIMENSIONAL"
  monitor_dimension = "SERVICE"
}

resource "aws_ce_anomaly_subscription" "costs" {
  provider  = aws.us_east_1
  count     = local.has_anomalies ? 1 : 0
  name      = var.name
  frequency = "DAILY"
  monitor_arn_list = [
    var.cost_monitor_arn != "" ? var.cost_monitor_arn : aws_ce_anomaly_monitor.services[0].arn,
  ]
  subscriber {
    type    = "EMAIL"
    address = var.alarm_email
  }
  threshold_expression {
    dimension {
      key           = "ANOMALY_TOTAL_IMPACT_ABSOLUTE"
      match_options = ["GREATER_THAN_OR_EQUAL"]
      values        = [tostring(var.cost_anomaly_dollars)]
    }
  }
}

resource "aws_budgets_budget" "monthly" {
  provider     = aws.us_east_1
  count        = local.has_email && var.monthly_budget_dollars != 0 ? 1 : 0
  name         = var.name
  budget_type  = "COST"
  time_unit    = "MONTHLY"
  limit_amount = tostring(var.monthly_budget_dollars)
  limit_unit   = "USD"
  notification {
    notification_type          = "ACTUAL"
    comparison_operator        = "GREATER_THAN"
    threshold                  = 80
    threshold_type             = "PERCENTAGE"
    subscriber_email_addresses = [var.alarm_email]
  }
  notification {
    notification_type          = "FORECASTED"
    comparison_operator        = "GREATER_THAN"
    threshold                  = 100
    threshold_type             = "PERCENTAGE"
    subscriber_email_addresses = [var.alarm_email]
  }
}
