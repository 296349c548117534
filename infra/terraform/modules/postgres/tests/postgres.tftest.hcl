mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { name = "eu-central-1" }
  }
  # what the mock makes up may begin with a digit, which the provider does not take for a name
  mock_resource "aws_db_proxy_default_target_group" {
    defaults = { name = "default" }
  }
  mock_resource "aws_db_parameter_group" {
    defaults = { name = "holdfast-postgres17-1" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/rds" }
  }
}

variables {
  name               = "holdfast"
  subnet_ids         = ["subnet-a", "subnet-b"]
  security_group_id  = "sg-1"
  instance_class     = "db.t4g.medium"
  max_connections    = 200
  connections_needed = 200
  password           = "not-a-real-one"
  password_version   = 1
  data_key_arn       = "arn:aws:kms:eu-central-1:123456789012:key/data"
  logs_key_arn       = "arn:aws:kms:eu-central-1:123456789012:key/logs"
}

run "safe_by_default" {
  assert {
    condition = (
      aws_db_instance.this.multi_az &&
      aws_db_instance.this.storage_encrypted &&
      aws_db_instance.this.deletion_protection &&
      !aws_db_instance.this.skip_final_snapshot &&
      !aws_db_instance.this.publicly_accessible &&
      aws_db_instance.this.backup_retention_period == 14 &&
      aws_db_instance.this.monitoring_interval == 60
    )
    error_message = "Standby, encryption, backups and protection are on unless somebody turns them off."
  }

  assert {
    condition     = aws_db_instance.this.password == null && aws_db_instance.this.password_wo == null
    error_message = "The password is write-only."
  }

  assert {
    condition = alltrue([
      for name, value in { "rds.force_ssl" = "1", "max_connections" = "200", "log_statement" = "ddl" } :
      anytrue([for parameter in aws_db_parameter_group.this.parameter : parameter.name == name && parameter.value == value])
    ])
    error_message = "TLS is forced, and max_connections is what was asked for."
  }

  assert {
    condition     = length(aws_db_proxy.this) == 0 && output.host == aws_db_instance.this.address
    error_message = "There is no proxy unless one is asked for."
  }
}

run "behind_a_proxy" {
  variables {
    proxy = {
      secret_arn        = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:database"
      security_group_id = "sg-2"
    }
  }

  assert {
    condition     = output.host == aws_db_proxy.this[0].endpoint && aws_db_proxy.this[0].require_tls
    error_message = "Clients connect to the proxy, with TLS."
  }
}

run "too_many_connections" {
  command = plan

  variables {
    connections_needed = 201
  }

  expect_failures = [aws_db_instance.this]
}

run "more_connections_than_memory" {
  command = plan

  variables {
    instance_class     = "db.t4g.micro"
    max_connections    = 200
    connections_needed = 100
  }

  expect_failures = [aws_db_instance.this]
}

run "an_unknown_family_is_not_judged" {
  command = plan

  variables {
    instance_class  = "db.x2g.large"
    max_connections = 4000
  }
}

run "what_can_not_be" {
  command = plan

  variables {
    backup_retention_days = 0
    engine_version        = "17.2"
    instance_class        = "t4g.medium"
    allocated_storage     = 100
    max_allocated_storage = 100
    max_connections       = 10
    username              = "rdsadmin"
  }

  expect_failures = [
    var.backup_retention_days,
    var.engine_version,
    var.instance_class,
    var.max_allocated_storage,
    var.max_connections,
    var.username,
  ]
}
