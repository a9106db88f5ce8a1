resource "aws_cloudfront_public_key" "blue" {
  count       = local.has_blue_key ? 1 : 0
  name        = "${var.name}-blue"
  encoded_key = var.public_key_blue
}

resource "aws_cloudfront_public_key" "green" {
  count       = local.has_green_key ? 1 : 0
  name        = "${var.name}-green"
  encoded_key = var.public_key_green
}

resource "aws_cloudfront_key_group" "edge" {
  count = var.edge ? 1 : 0
  name  = var.name
  items = concat(aws_cloudfront_public_key.blue[*].id, aws_cloudfront_public_key.green[*].id)

  lifecycle {
    precondition {
      condition     = local.has_blue_key || local.has_green_key
      error_message = "edge is true, so public_key_blue or public_key_green must be given."
    }
  }
}

resource "aws_cloudfront_origin_access_control" "edge" {
  count                             = var.edge ? 1 : 0
  name                              = var.name
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_cache_policy" "media" {
  count       = var.edge ? 1 : 0
  name        = "${var.name}-media"
  comment     = "Video and audio, a day"
  min_ttl     = 0
  default_ttl = 86400
  max_ttl     = 86400
  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = true
    enable_accept_encoding_gzip   = true
    cookies_config {
      cookie_behavior = "none"
    }
    headers_config {
      header_behavior = "none"
    }
    # Never response-content-type: the signature of a wildcard link would not cover it.
    query_strings_config {
      query_string_behavior = "whitelist"
      query_strings {
        items = ["response-content-disposition"]
      }
    }
  }
}

resource "aws_cloudfront_cache_policy" "image" {
  count       = var.edge ? 1 : 0
  name        = "${var.name}-image"
  comment     = "Images, frames and brand kits, an hour"
  min_ttl     = 0
  default_ttl = 3600
  max_ttl     = 3600
  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = true
    enable_accept_encoding_gzip   = true
    cookies_config {
      cookie_behavior = "none"
    }
    headers_config {
      header_behavior = "none"
    }
    query_strings_config {
      query_string_behavior = "whitelist"
      query_strings {
        items = ["response-content-disposition"]
      }
    }
  }
}

resource "aws_cloudfront_response_headers_policy" "edge" {
  count = var.edge ? 1 : 0
  name  = var.name
  cors_config {
    access_control_allow_origins {
      items = var.origins
    }
    access_control_allow_methods {
      items = ["GET", "HEAD", "OPTIONS"]
    }
    access_control_allow_headers {
      items = ["Range", "If-Range", "If-None-Match", "If-Modified-Since"]
    }
    access_control_expose_headers {
      items = ["ETag", "Accept-Ranges", "Content-Range", "Content-Length"]
    }
    # Players send the cookies of /v1/playback.
    access_control_allow_credentials = true
    access_control_max_age_sec       = 3000
    origin_override                  = true
  }
  security_headers_config {
    content_type_options {
      override = true
    }
    # Whatever is stored, opened as a page it runs nothing and reaches nothing.
    content_security_policy {
      content_security_policy = "default-src 'none'; img-src 'self' data:; media-src 'self'; style-src 'unsafe-inline'; sandbox"
      override                = true
    }
    # The address of an asset holds its signature.
    referrer_policy {
      referrer_policy = "no-referrer"
      override        = true
    }
    strict_transport_security {
      access_control_max_age_sec = 31536000
      override                   = true
    }
  }
}

# A wildcard policy signs no query, so anybody who has one could choose the disposition.
resource "aws_cloudfront_function" "playback_query" {
  count   = var.edge ? 1 : 0
  name    = "${var.name}-playback-query"
  publish = true
  comment = "Drops response-content-disposition under a wildcard policy"
  runtime = "cloudfront-js-2.0"
  code    = <<-EOT
    function handler(event) {
      const request = event.request;
      if (request.querystring.Policy || request.cookies['CloudFront-Policy']) {
        delete request.querystring['response-content-disposition'];
      }
      return request;
    }
  EOT
}

resource "aws_cloudfront_distribution" "edge" {
  count           = var.edge ? 1 : 0
  comment         = var.name
  enabled         = true
  http_version    = "http2and3"
  is_ipv6_enabled = true
  price_class     = var.price_class
  web_acl_id      = var.web_acl_arn != "" ? var.web_acl_arn : null
  aliases         = local.has_edge_name ? [var.edge_domain] : []
  depends_on      = [aws_s3_bucket_ownership_controls.logs]

  viewer_certificate {
    cloudfront_default_certificate = local.has_edge_name ? null : true
    acm_certificate_arn            = local.has_edge_name ? var.certificate_arn : null
    minimum_protocol_version       = local.has_edge_name ? "TLSv1.2_2021" : null
    ssl_support_method             = local.has_edge_name ? "sni-only" : null
  }
  logging_config {
    bucket = aws_s3_bucket.logs.bucket_regional_domain_name
    prefix = "edge/"
    # Cookies are signatures.
    include_cookies = false
  }
  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }
  origin {
    origin_id                = "bucket"
    domain_name              = aws_s3_bucket.assets.bucket_regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.edge[0].id
  }

  default_cache_behavior {
    target_origin_id       = "bucket"
    viewer_protocol_policy = "https-only"
    allowed_methods        = ["GET", "HEAD", "OPTIONS"]
    cached_methods         = ["GET", "HEAD"]
    compress               = true
    trusted_key_groups     = [aws_cloudfront_key_group.edge[0].id]
    cache_policy_id        = aws_cloudfront_cache_policy.image[0].id
    # AWS' "CORS-S3Origin": the bucket itself answers preflights.
    origin_request_policy_id   = "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf"
    response_headers_policy_id = aws_cloudfront_response_headers_policy.edge[0].id
  }

  dynamic "ordered_cache_behavior" {
    for_each = ["users/*/video/*", "users/*/audio/*"]
    content {
      path_pattern               = ordered_cache_behavior.value
      target_origin_id           = "bucket"
      viewer_protocol_policy     = "https-only"
      allowed_methods            = ["GET", "HEAD", "OPTIONS"]
      cached_methods             = ["GET", "HEAD"]
      compress                   = true
      trusted_key_groups         = [aws_cloudfront_key_group.edge[0].id]
      cache_policy_id            = aws_cloudfront_cache_policy.media[0].id
      origin_request_policy_id   = "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf"
      response_headers_policy_id = aws_cloudfront_response_headers_policy.edge[0].id
      function_association {
        event_type   = "viewer-request"
        function_arn = aws_cloudfront_function.playback_query[0].arn
      }
    }
  }
}
