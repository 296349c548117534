mock_provider "aws" {
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:cache" }
  }
}

variables {
  name              = "holdfast"
  subnet_ids        = ["subnet-a", "subnet-b"]
  security_group_id = "sg-1"
  node_type         = "cache.t4g.small"
  data_key_arn      = "arn:aws:kms:eu-central-1:123456789012:key/data"
  logs_key_arn      = "arn:aws:kms:eu-central-1:123456789012:key/logs"
}

run "tls_and_iam_and_failover" {
  assert {
    condition = (
      aws_elasticache_replication_group.this.transit_encryption_enabled &&
      aws_elasticache_replication_group.this.transit_encryption_mode == "required" &&
      aws_elasticache_replication_group.this.at_rest_encryption_enabled == "true" &&
      aws_elasticache_replication_group.this.automatic_failover_enabled &&
      aws_elasticache_replication_group.this.multi_az_enabled
    )
    error_message = "TLS, encryption and failover are on."
  }

  assert {
    condition     = aws_elasticache_replication_group.this.auth_token == null && aws_elasticache_user.this.passwords == null
    error_message = "There is no password that the state could hold."
  }

  assert {
    condition     = one(aws_elasticache_user.this.authentication_mode).type == "iam" && aws_elasticache_user.this.user_id == aws_elasticache_user.this.user_name
    error_message = "IAM authentication wants the same name and id."
  }

  assert {
    condition     = startswith(output.uri, "rediss://holdfast@") && endswith(output.uri, ":6379/0")
    error_message = "The URI has TLS and a user."
  }

  assert {
    condition     = output.node_ids == ["holdfast-001", "holdfast-002"]
    error_message = "Alarms are on the nodes as ElastiCache names them."
  }
}

run "one_node_has_nothing_to_fail_over_to" {
  command = plan

  variables {
    nodes = 1
  }

  assert {
    condition     = !aws_elasticache_replication_group.this.automatic_failover_enabled
    error_message = "ElastiCache refuses failover with one node."
  }
}

run "what_can_not_be" {
  command = plan

  variables {
    engine_version = "7.0"
    nodes          = 0
    node_type      = "t4g.small"
  }

  expect_failures = [var.engine_version, var.nodes, var.node_type]
}
