resource "aws_elasticache_subnet_group" "this" {
  name        = var.name
  description = "Data subnets of ${var.name}"
  subnet_ids  = var.subnet_ids
}

resource "aws_elasticache_parameter_group" "this" {
  name        = "${var.name}-valkey${split(".", var.engine_version)[0]}"
  description = "Valkey ${var.engine_version} of ${var.name}"
  family      = "valkey${split(".", var.engine_version)[0]}"

  # a full cache refuses a write, which is tried again; it does not drop the signal that a run waits for
  parameter {
    name  = "maxmemory-policy"
    value = "noeviction"
  }
}

# Tasks log in with IAM tokens of 15 minutes (AGENT_REDIS_IAM_AUTH_PROVIDER=aws of LangGraph's server), so there is no
# password: nothing to keep out of the state, to leak or to rotate. Name and id have to be the same.
resource "aws_elasticache_user" "this" {
  user_id   = var.name
  user_name = var.name
  engine    = "valkey"
  # the cache is LangGraph's server's alone, and ElastiCache itself refuses what would administer the nodes
  access_string = "on ~* &* +@all"

  authentication_mode {
    type = "iam"
  }
}

resource "aws_elasticache_user_group" "this" {
  user_group_id = var.name
  engine        = "valkey"
  user_ids      = [aws_elasticache_user.this.user_id]
}

resource "aws_cloudwatch_log_group" "this" {
  # checkov:skip=CKV_AWS_338:log_retention_days is a variable; what people write may be in logs, so a year is not the default
  for_each = toset(["engine", "slow"])

  name              = "/${var.name}/cache-${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.logs_key_arn
}

resource "aws_elasticache_replication_group" "this" {
  # checkov:skip=CKV2_AWS_50:failover is on wherever there are two nodes, and nodes is a variable
  replication_group_id = var.name
  description          = "What passes between API and worker tasks of ${var.name}"

  engine               = "valkey"
  engine_version       = var.engine_version
  node_type            = var.node_type
  num_cache_clusters   = var.nodes
  parameter_group_name = aws_elasticache_parameter_group.this.name
  port                 = 6379

  automatic_failover_enabled = var.nodes > 1
  multi_az_enabled           = var.nodes > 1
  subnet_group_name          = aws_elasticache_subnet_group.this.name
  security_group_ids         = [var.security_group_id]

  transit_encryption_enabled = true
  transit_encryption_mode    = "required"
  at_rest_encryption_enabled = true
  kms_key_id                 = var.data_key_arn
  user_group_ids             = [aws_elasticache_user_group.this.user_group_id]

  snapshot_retention_limit   = var.snapshot_retention_days
  snapshot_window            = "01:00-02:00"
  maintenance_window         = "sun:04:30-sun:05:30"
  auto_minor_version_upgrade = true

  dynamic "log_delivery_configuration" {
    for_each = aws_cloudwatch_log_group.this

    content {
      destination      = log_delivery_configuration.value.name
      destination_type = "cloudwatch-logs"
      log_format       = "json"
      log_type         = "${log_delivery_configuration.key}-log"
    }
  }
}
