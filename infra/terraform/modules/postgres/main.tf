locals {
  # GiB by size, for the families t, m and r: what RDS takes its own default of max_connections from
  memory_of = {
    t = { micro = 1, small = 2, medium = 4, large = 8, xlarge = 16, "2xlarge" = 32 }
    m = { large = 8, xlarge = 16, "2xlarge" = 32, "4xlarge" = 64, "8xlarge" = 128 }
    r = { large = 16, xlarge = 32, "2xlarge" = 64, "4xlarge" = 128, "8xlarge" = 256 }
  }
  class  = split(".", var.instance_class)
  memory = try(local.memory_of[substr(local.class[1], 0, 1)][local.class[2]], null)
  # RDS: DBInstanceClassMemory / 9531392, at most 5000
  sensible_connections = local.memory == null ? 5000 : min(5000, floor(local.memory * 1073741824 / 9531392))
}

resource "aws_db_subnet_group" "this" {
  name        = var.name
  description = "Data subnets of ${var.name}"
  subnet_ids  = var.subnet_ids
}

resource "aws_db_parameter_group" "this" {
  # a new major version has a new family, and the old group can't go before the instance has left it
  name_prefix = "${var.name}-postgres${var.engine_version}-"
  description = "PostgreSQL ${var.engine_version} of ${var.name}"
  family      = "postgres${var.engine_version}"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name         = "max_connections"
    value        = tostring(var.max_connections)
    apply_method = "pending-reboot"
  }

  # a transaction that is left open holds locks and keeps vacuum from its work
  parameter {
    name  = "idle_in_transaction_session_timeout"
    value = "300000" # ms
  }

  # by itself PostgreSQL keeps the slot of a client that is gone without a word for two hours
  parameter {
    name  = "tcp_keepalives_idle"
    value = "30" # s
  }

  parameter {
    name  = "tcp_keepalives_interval"
    value = "10" # s
  }

  parameter {
    name  = "tcp_keepalives_count"
    value = "3"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = "1000" # ms
  }

  parameter {
    name  = "log_lock_waits"
    value = "1"
  }

  # schema changes; what the statements of sessions hold stays out of the log
  parameter {
    name  = "log_statement"
    value = "ddl"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "this" {
  # checkov:skip=CKV_AWS_338:log_retention_days is a variable; what people write may be in logs, so a year is not the default
  for_each = toset(["postgresql", "upgrade"])

  # RDS makes these itself if they are not there, without an end and without a key
  name              = "/aws/rds/instance/${var.name}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.logs_key_arn
}

data "aws_iam_policy_document" "assume_monitoring" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["monitoring.rds.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "monitoring" {
  name               = "${var.name}-rds-monitoring"
  assume_role_policy = data.aws_iam_policy_document.assume_monitoring.json
}

data "aws_partition" "current" {}

resource "aws_iam_role_policy_attachment" "monitoring" {
  role       = aws_iam_role.monitoring.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}

resource "aws_db_instance" "this" {
  # checkov:skip=CKV_AWS_133:backup_retention_days is a variable, which takes no 0
  # checkov:skip=CKV_AWS_157:multi_az is a variable, true unless somebody chooses the small size without a standby
  identifier = var.name

  engine                     = "postgres"
  engine_version             = var.engine_version
  auto_minor_version_upgrade = true
  instance_class             = var.instance_class
  parameter_group_name       = aws_db_parameter_group.this.name

  db_name                             = var.database_name
  username                            = var.username
  password_wo                         = var.password
  password_wo_version                 = var.password_version
  iam_database_authentication_enabled = true

  storage_type          = "gp3"
  allocated_storage     = var.allocated_storage
  max_allocated_storage = var.max_allocated_storage
  storage_encrypted     = true
  kms_key_id            = var.data_key_arn

  multi_az               = var.multi_az
  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [var.security_group_id]
  publicly_accessible    = false

  backup_retention_period   = var.backup_retention_days
  backup_window             = "02:00-03:00"
  maintenance_window        = "sun:03:30-sun:04:30"
  copy_tags_to_snapshot     = true
  deletion_protection       = var.deletion_protection
  skip_final_snapshot       = !var.deletion_protection
  final_snapshot_identifier = var.deletion_protection ? "${var.name}-final" : null
  delete_automated_backups  = !var.deletion_protection

  monitoring_interval             = 60
  monitoring_role_arn             = aws_iam_role.monitoring.arn
  performance_insights_enabled    = true
  performance_insights_kms_key_id = var.data_key_arn
  enabled_cloudwatch_logs_exports = ["postgresql", "upgrade"]

  depends_on = [aws_cloudwatch_log_group.this, aws_iam_role_policy_attachment.monitoring]

  lifecycle {
    precondition {
      condition     = var.max_connections >= var.connections_needed
      error_message = "The tasks of a rolling update may open ${var.connections_needed} connections, and max_connections is ${var.max_connections}. Raise max_connections, or lower connection_budget, server_pool_size or the largest number of tasks (`holdfast sizing` shows the sum)."
    }

    precondition {
      condition     = var.max_connections <= local.sensible_connections
      error_message = "max_connections is ${var.max_connections}, and ${var.instance_class} has memory for ${local.sensible_connections}: take a larger instance_class or fewer connections."
    }
  }
}

# --- RDS Proxy, on demand ---------------------------------------------------------------------------------

data "aws_iam_policy_document" "assume_proxy" {
  count = var.proxy == null ? 0 : 1

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["rds.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "proxy" {
  count = var.proxy == null ? 0 : 1

  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [var.proxy.secret_arn]
  }

  statement {
    actions   = ["kms:Decrypt"]
    resources = [var.data_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${data.aws_region.current.name}.amazonaws.com"]
    }
  }
}

data "aws_region" "current" {}

resource "aws_iam_role" "proxy" {
  count = var.proxy == null ? 0 : 1

  name               = "${var.name}-rds-proxy"
  assume_role_policy = data.aws_iam_policy_document.assume_proxy[0].json
}

resource "aws_iam_role_policy" "proxy" {
  count = var.proxy == null ? 0 : 1

  name   = "read-the-password"
  role   = aws_iam_role.proxy[0].id
  policy = data.aws_iam_policy_document.proxy[0].json
}

resource "aws_db_proxy" "this" {
  count = var.proxy == null ? 0 : 1

  name                   = var.name
  engine_family          = "POSTGRESQL"
  role_arn               = aws_iam_role.proxy[0].arn
  require_tls            = true
  idle_client_timeout    = 1800 # s
  vpc_subnet_ids         = var.subnet_ids
  vpc_security_group_ids = [var.proxy.security_group_id]

  auth {
    auth_scheme               = "SECRETS"
    client_password_auth_type = "POSTGRES_SCRAM_SHA_256"
    iam_auth                  = "DISABLED"
    secret_arn                = var.proxy.secret_arn
  }
}

resource "aws_db_proxy_default_target_group" "this" {
  count = var.proxy == null ? 0 : 1

  db_proxy_name = aws_db_proxy.this[0].name

  connection_pool_config {
    # the rest is for people and for the proxy's own start
    max_connections_percent      = 90
    max_idle_connections_percent = 50
    connection_borrow_timeout    = 120 # s
  }
}

resource "aws_db_proxy_target" "this" {
  count = var.proxy == null ? 0 : 1

  db_proxy_name          = aws_db_proxy.this[0].name
  target_group_name      = aws_db_proxy_default_target_group.this[0].name
  db_instance_identifier = aws_db_instance.this.identifier
}
