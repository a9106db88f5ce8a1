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
    "ALLOW_REFRESH_TOKEN_AUTH",
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
}

resource "aws_cognito_user_group" "administrators" {
  count        = var.admin_group != "" ? 1 : 0
  user_pool_id = aws_cognito_user_pool.users.id
  name         = var.admin_group
  description  = "May act for other users, which is audited"
}
