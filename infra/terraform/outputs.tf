output "gateway_environment" {
  description = "What the stack decides of the gateway's environment; secrets are not among it"
  value = {
    COGNITO_USER_POOL_ID       = aws_cognito_user_pool.users.id
    COGNITO_CLIENT_ID          = join(",", concat([aws_cognito_user_pool_client.browser.id], aws_cognito_user_pool_client.service[*].id))
    SERVICE_SCOPE              = var.service_scope
    AWS_REGION                 = data.aws_region.current.id
    S3_BUCKET_NAME             = aws_s3_bucket.assets.id
    EXPIRY_DAYS                = "1,7,30"
    S3_REGION                  = data.aws_region.current.id
    S3_ACCELERATE              = var.transfer_acceleration ? "true" : ""
    CORS_ORIGINS               = join(",", var.origins)
    EVENTS_QUEUE_URL           = aws_sqs_queue.uploads.url
    ADMIN_GROUP                = var.admin_group
    S3_UPLOAD_ROLE_ARN         = join("", aws_iam_role.upload[*].arn)
    CLOUDFRONT_DOMAIN          = local.has_edge_name ? var.edge_domain : join("", aws_cloudfront_distribution.edge[*].domain_name)
    CLOUDFRONT_DISTRIBUTION_ID = join("", aws_cloudfront_distribution.edge[*].id)
    CLOUDFRONT_KEY_PAIR_ID     = try(aws_cloudfront_public_key.blue[0].id, aws_cloudfront_public_key.green[0].id, "")
  }
}

output "key_pair_ids" {
  description = "Of CloudFront's keys by their slots: in a rotation CLOUDFRONT_KEY_PAIR_ID is the one of the key that signs"
  value = {
    blue  = join("", aws_cloudfront_public_key.blue[*].id)
    green = join("", aws_cloudfront_public_key.green[*].id)
  }
}

output "front_end_environment" {
  description = "What a Next.js front end is built with: public by nature"
  value = {
    NEXT_PUBLIC_AWS_REGION           = data.aws_region.current.id
    NEXT_PUBLIC_COGNITO_USER_POOL_ID = aws_cognito_user_pool.users.id
    NEXT_PUBLIC_COGNITO_CLIENT_ID    = aws_cognito_user_pool_client.browser.id
  }
}

output "service_client_id" {
  description = "Its secret is in the state; back ends get tokens with both"
  value       = join("", aws_cognito_user_pool_client.service[*].id)
}

output "issuer" {
  value = "https://${aws_cognito_user_pool.users.endpoint}"
}

output "token_endpoint" {
  description = "Empty without a domain, and where AWS's pages do not name its host: the issuer's discovery document does"
  value       = join("", [for each in aws_cognito_user_pool_domain.tokens[*].domain : "https://${each}.${local.token_hosts[local.partition]}.${data.aws_region.current.id}.amazoncognito.com/oauth2/token" if contains(keys(local.token_hosts), local.partition)])
}

output "gateway_user_name" {
  description = "Make its access key by hand, so that the secret is not in the state"
  value       = join("", aws_iam_user.gateway[*].name)
}

output "gateway_role_arn" {
  value = join("", aws_iam_role.gateway[*].arn)
}

output "gateway_instance_profile_name" {
  value = join("", aws_iam_instance_profile.gateway[*].name)
}

output "doctor_policy_arn" {
  description = "For the person who runs `flask doctor`"
  value       = aws_iam_policy.doctor.arn
}

output "alarm_topic_arn" {
  value = aws_sns_topic.alarms.arn
}

output "log_bucket_name" {
  value = aws_s3_bucket.logs.id
}

output "dead_letters_url" {
  value = aws_sqs_queue.dead_letters.url
}
