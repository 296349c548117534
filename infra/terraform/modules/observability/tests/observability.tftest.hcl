mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { name = "eu-central-1" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:holdfast-alarms" }
  }
}

variables {
  name                 = "holdfast"
  logs_key_arn         = "arn:aws:kms:eu-central-1:123456789012:key/logs"
  alarm_emails         = ["ops@example.org"]
  services             = ["api", "worker"]
  cluster_name         = "holdfast"
  load_balancer_suffix = "app/holdfast/1"
  target_group_suffix  = "targetgroup/holdfast-api/1"
  database             = { identifier = "holdfast", max_connections = 200, allocated_storage = 50 }
  cache_node_ids       = ["holdfast-001", "holdfast-002"]
}

run "everything_is_watched" {
  assert {
    condition = alltrue([
      for name in ["api-errors", "api-unhealthy", "queue", "outage", "database-cpu", "database-connections", "database-storage", "cache-memory-holdfast-002", "worker-memory"] :
      contains(keys(aws_cloudwatch_metric_alarm.this), name)
    ])
    error_message = "Each part has its alarm."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_actions == toset([aws_sns_topic.alarms.arn])])
    error_message = "Each alarm tells somebody."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["database-connections"].threshold == 160
    error_message = "Four fifths of the connections."
  }

  assert {
    condition     = alltrue([for group in aws_cloudwatch_log_group.service : group.kms_key_id == var.logs_key_arn && group.retention_in_days == 90])
    error_message = "Logs are encrypted and end."
  }

  assert {
    condition     = aws_cloudwatch_log_metric_filter.queue["pending_runs"].pattern == "{ $.pending_runs = * }" && one(aws_cloudwatch_log_metric_filter.queue["pending_runs"].metric_transformation).name == output.queue_metrics.pending_metric
    error_message = "The depth of the queue is read from the log of the API."
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 9
    error_message = "The dashboard shows all parts."
  }
}

run "what_can_not_be" {
  command = plan

  variables {
    alarm_emails       = ["nobody"]
    log_retention_days = 100
  }

  expect_failures = [var.alarm_emails, var.log_retention_days]
}
