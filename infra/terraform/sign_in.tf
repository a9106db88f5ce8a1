resource "aws_cognito_user_pool" "users" {
  name                     = var.user_pool_name != "" ? var.user_pool_name : var.name
  deletion_protection      = "ACTIVE"
  username_attributes      = ["email"]
  auto_verified_attributes = ["email"]
  mfa_configuration        = "OPTIONAL"

  username_configuration {
    case_sensitive = false
  }
  software_token_mfa_configuration {
    enabled = true
  }
  user_attribute_update_settings {
    attributes_require_verification_before_update = ["email"]
  }
  admin_create_user_config {
    allow_admin_create_user_only = false
  }
  account_recovery_setting {
    recovery_mechanism {
      name     = "verified_email"
      priority = 1
    }
  }
  password_policy {
    minimum_length                   = 8
    require_uppercase                = true
    require_lowercase                = true
    require_numbers                  = true
    require_symbols                  = true
    temporary_password_validity_days = 7
  }
  email_configuration {
    email_sending_account = var.email_identity_arn != "" ? "DEVELOPER" : "COGNITO_DEFAULT"
    source_arn            = var.email_identity_arn != "" ? var.email_identity_arn : null
    from_email_address    = var.email_identity_arn != "" ? var.email_from : null
  }

  # Its users' ids are the folders' names.
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_cognito_user_pool_client" "browser" {
  name         = var.user_pool_client_name
  user_pool_id = aws_cognito_user_pool.users.id
  # A browser cannot keep a secret.
  generate_secret = false
  explicit_auth_flows = compact([
    "ALLOW_USER_SRP_AUTH",
    # With rotation Cognito allows no renewal without it.
    var.refresh_token_rotation ? "" : "ALLOW_REFRESH_TOKEN_AUTH",
    var.password_auth ? "ALLOW_USER_PASSWORD_AUTH" : "",
  ])
  access_token_validity         = var.access_token_minutes
  id_token_validity             = var.access_token_minutes
  refresh_token_validity        = var.refresh_token_days
  enable_token_revocation       = true
  prevent_user_existence_errors = "ENABLED"

  token_validity_units {
    access_token  = "minutes"
    id_token      = "minutes"
    refresh_token = "days"
  }

  # A second attempt whose first answer was lost, or another tab's, has a minute.
  dynamic "refresh_token_rotation" {
    for_each = var.refresh_token_rotation ? [1] : []
    content {
      feature                    = "ENABLED"
      retry_grace_period_seconds = 60
    }
  }
}

resource "aws_cognito_resource_server" "service" {
  count        = local.has_service ? 1 : 0
  user_pool_id = aws_cognito_user_pool.users.id
  identifier   = split("/", var.service_scope)[0]
  name         = "asset-gateway"

  scope {
    scope_name        = split("/", var.service_scope)[1]
    scope_description = "Act for the user that X-Act-As-Sub names"
  }
}

resource "aws_cognito_user_pool_client" "service" {
  count                                = local.has_service ? 1 : 0
  name                                 = "service"
  user_pool_id                         = aws_cognito_user_pool.users.id
  generate_secret                      = true
  allowed_oauth_flows                  = ["client_credentials"]
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_scopes                 = [var.service_scope]
  access_token_validity                = 60
  enable_token_revocation              = true
  # Its scope has to be there.
  depends_on = [aws_cognito_resource_server.service]

  token_validity_units {
    access_token = "minutes"
  }
}

# Where the client's tokens come from: /oauth2/token.
resource "aws_cognito_user_pool_domain" "tokens" {
  count        = local.has_service && var.service_domain != "none" ? 1 : 0
  user_pool_id = aws_cognito_user_pool.users.id
  domain       = var.service_domain != "" ? var.service_domain : var.bucket_name
}

resource "aws_cognito_user_group" "administrators" {
  count        = var.admin_group != "" ? 1 : 0
  user_pool_id = aws_cognito_user_pool.users.id
  name         = var.admin_group
  description  = "May act for other users, which is audited"
}
