output "log_groups" {
  description = "Log group of each service: its name and its ARN."
  value       = { for service, group in aws_cloudwatch_log_group.service : service => { name = group.name, arn = group.arn } }
}

output "queue_metrics" {
  description = "Where the depth of the queue is in CloudWatch."
  value = {
    namespace      = var.name
    pending_metric = local.pending_metric
    running_metric = local.running_metric
  }
}

output "alarm_topic_arn" {
  description = "Where alarms go, for other ways to be told than mail."
  value       = aws_sns_topic.alarms.arn
}

output "dashboard_name" {
  description = "The dashboard."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}
