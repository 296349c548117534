# What the state holds of secrets: their names and versions. Values go to AWS through write-only arguments, and the
# ephemeral values here live as long as one plan or one apply.

# a new one in each run, which is written where the version counts up and forgotten otherwise
ephemeral "aws_secretsmanager_random_password" "database" {
  password_length = 40
  # it stands in a URI
  exclude_punctuation = true
}

locals {
  database_username = "holdfast"
}

resource "aws_secretsmanager_secret" "database" {
  # checkov:skip=CKV2_AWS_57:rotated by counting up database_password_version, since LangGraph's server takes its URI at the start
  name                    = "${var.name}/database"
  description             = "User and password of the database's master user"
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = var.deletion_protection ? 30 : 0
}

resource "aws_secretsmanager_secret_version" "database" {
  secret_id = aws_secretsmanager_secret.database.id
  secret_string_wo = jsonencode({
    username = local.database_username
    password = ephemeral.aws_secretsmanager_random_password.database.random_password
  })
  secret_string_wo_version = var.database_password_version
}

# Read back, so that database and URI get what the secret holds: an apply that broke off after the secret was written
# goes on with the same password.
ephemeral "aws_secretsmanager_secret_version" "database" {
  secret_id  = aws_secretsmanager_secret.database.id
  version_id = aws_secretsmanager_secret_version.database.version_id
}

locals {
  database_password = jsondecode(ephemeral.aws_secretsmanager_secret_version.database.secret_string)["password"]

  # LangGraph's server takes its connections from the environment, in whole URIs
  uris = {
    DATABASE_URI = format(
      "postgresql://%s@%s:%d/postgres?%s",
      var.database_iam_user == null ? "${local.database_username}:${local.database_password}" : var.database_iam_user,
      module.postgres.host, module.postgres.port, local.database_tls,
    )
    REDIS_URI = module.cache.uri
  }

  # what the URIs are made of, so that a change of it writes them anew
  uri_versions = {
    DATABASE_URI = parseint(substr(sha256(join(" ", [
      tostring(var.database_password_version), coalesce(var.database_iam_user, "-"), tostring(var.database.proxy), local.database_tls,
    ])), 0, 7), 16)
    REDIS_URI = 1
  }
}

resource "aws_secretsmanager_secret" "uri" {
  # checkov:skip=CKV2_AWS_57:rotated together with the database's password
  for_each = toset(["DATABASE_URI", "REDIS_URI"])

  name                    = "${var.name}/${each.key}"
  description             = "${each.key} of LangGraph's server"
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = var.deletion_protection ? 30 : 0
}

resource "aws_secretsmanager_secret_version" "uri" {
  for_each = aws_secretsmanager_secret.uri

  secret_id                = each.value.id
  secret_string_wo         = local.uris[each.key]
  secret_string_wo_version = local.uri_versions[each.key]
}

# their values come from you: `aws secretsmanager put-secret-value`
resource "aws_secretsmanager_secret" "application" {
  # checkov:skip=CKV2_AWS_57:keys of others, which AWS can't rotate
  for_each = var.application_secrets

  name                    = "${var.name}/${each.key}"
  description             = "${each.key} of the tasks"
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = var.deletion_protection ? 30 : 0
}
